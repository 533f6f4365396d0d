// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the programs that write these formats do beside the formats' documents: byte order marks, empty times,
// other names for the same thing, and pages whose pictures cannot be read.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/record/trace.h"
#include "tests/unit/capture/convert/converting.h"

#define DATA "tests/data/import/"
#define MARK "\xEF\xBB\xBF"

static struct buf scratch;

static struct trace_record record_of(const struct converted *converted, const char *type, int number) {
  struct trace_record record;
  struct json_slice line = converted_line(converted, type, number);
  if (converted->status) fail_msg("%s", converted->error.text);
  assert_non_null(line.data);
  assert_int_equal(trace_parse(line.data, line.len, &record, &scratch, NULL), STATUS_OK);
  return record;
}
static struct trace_request request_of(const struct converted *converted, int number) {
  return record_of(converted, "\"type\":\"request\"", number).request;
}
static struct trace_response response_of(const struct converted *converted, int number) {
  return record_of(converted, "\"type\":\"response\"", number).response;
}

static void assert_messages(struct trace_request request, const char *want) {
  struct json_slice got = json_scan_get(request.body, "messages");
  if (!json_slice_is(got, want)) fail_msg("expected: %s\nseen:     %.*s", want, (int)got.len, got.data);
}

static void test_a_byte_order_mark_is_passed_over(void **state) {
  (void)state;
  struct converted converted = converting_file("har", DATA "fiddler.har", NULL);
  assert_int_equal(converted.status, STATUS_OK);
  assert_int_equal(converted.counts.requests, 5);
  converted_free(&converted);
  converted = converting("sharegpt", MARK
                         "[{\"id\":\"a\",\"conversations\":[{\"from\":\"human\",\"value\":\"Where?\"}]}]");
  assert_messages(request_of(&converted, 0), "[{\"role\":\"user\",\"content\":\"Where?\"}]");
  converted_free(&converted);
  converted = converting("sharegpt", MARK);
  assert_int_equal(converted.status, STATUS_FORMAT);
  converted_free(&converted);
  converted = converting("vegeta", MARK "{\"method\":\"GET\",\"url\":\"http://h/\"}\n");
  assert_int_equal(converted.counts.requests, 1);
  converted_free(&converted);
}

// The first entry has parts of a time and no time, the second a time without parts.
static void test_times_that_are_not_there_are_null(void **state) {
  (void)state;
  struct converted converted = converting_file("har", DATA "firefox.har", NULL);
  struct trace_response first = response_of(&converted, 0), second = response_of(&converted, 1);
  assert_int_equal(converted.counts.requests, 2);
  assert_int_equal(first.ttfb_ns, -1);
  assert_int_equal(first.latency_ns, -1);
  assert_int_equal(first.t_ns, -1);
  assert_int_equal(second.ttfb_ns, -1);
  assert_int_equal(second.latency_ns, 48000000);
  assert_int_equal(second.output_tokens, 1);
  converted_free(&converted);
}

#define CHAT                                                                                                 \
  "{\"startedDateTime\":\"2026-01-13T10:00:02Z\",\"time\":120,\"request\":{\"method\":\"POST\",\"url\":"     \
  "\"http://h/v1/chat/completions\",\"postData\":{\"text\":\"{\\\"messages\\\":[]}\"}}}"

static void test_an_entry_that_asks_no_model_stops_nothing(void **state) {
  (void)state;
  static const char *const others[] = {
      "{\"startedDateTime\":\"2026-01-13T10:00:01Z\",\"time\":5,\"request\":{\"method\":\"GET\",\"url\":"
      "\"http://h/logo.png\"},\"response\":{\"content\":{\"encoding\":\"base64\",\"text\":\"\\u0089PNG\"}}}",
      "{\"time\":5,\"request\":{\"method\":\"GET\",\"url\":\"http://h/c.js\"}}",
      "{\"startedDateTime\":\"2026-01-13T10:00:01Z\",\"time\":\"12 ms\",\"request\":{\"method\":\"GET\","
      "\"url\":\"http://h/e.js\"}}",
      "{\"startedDateTime\":\"now\",\"request\":{\"method\":\"GET\",\"url\":\"data:image/png;base64,AA\"}}",
      "{\"startedDateTime\":\"now\",\"request\":{\"method\":\"GET\",\"url\":\"http://h/\",\"headers\":7}}",
  };
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    char text[2048];
    snprintf(text, sizeof text, "{\"log\":{\"entries\":[%s,%s]}}", others[i], CHAT);
    struct converted converted = converting("har", text);
    if (converted.status) fail_msg("%s: %s", others[i], converted.error.text);
    assert_int_equal(converted.counts.requests, 1);
    assert_int_equal(converted.counts.left_out[IMPORT_BAD_UNRELATED], 1);
    assert_int_equal(import_left_out(&converted.counts), 1);
    assert_int_equal(converted.counts.bad, 0);
    converted_free(&converted);
  }
}

static void test_sharegpt_system_and_spellings(void **state) {
  (void)state;
  static const struct {
    const char *conversation, *messages;
  } rows[] = {
      {"{\"system\":\"Be short.\",\"conversations\":[{\"from\":\"human\",\"value\":\"Where?\"}]}",
       "[{\"role\":\"system\",\"content\":\"Be short.\"},{\"role\":\"user\",\"content\":\"Where?\"}]"},
      {"{\"system\":\"\",\"conversations\":[{\"from\":\"human\",\"value\":\"Where?\"}]}",
       "[{\"role\":\"user\",\"content\":\"Where?\"}]"},
      {"{\"system\":null,\"conversations\":[{\"from\":\"human\",\"value\":\"Where?\"}]}",
       "[{\"role\":\"user\",\"content\":\"Where?\"}]"},
      {"{\"conversations\":[{\"role\":\"system\",\"content\":\"Be short.\"},{\"role\":\"user\",\"content\":"
       "\"Where?\"},{\"role\":\"assistant\",\"content\":\"Up.\"}]}",
       "[{\"role\":\"system\",\"content\":\"Be short.\"},{\"role\":\"user\",\"content\":\"Where?\"}]"},
      {"{\"messages\":[{\"role\":\"user\",\"content\":\"Where?\"}]}",
       "[{\"role\":\"user\",\"content\":\"Where?\"}]"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char text[512];
    snprintf(text, sizeof text, "[%s,{\"conversations\":[{\"from\":\"gpt\",\"value\":\"Up.\"}]}]",
             rows[i].conversation);
    struct converted converted = converting("sharegpt", text);
    assert_messages(request_of(&converted, 0), rows[i].messages);
    assert_int_equal(converted.counts.requests, 1);
    assert_int_equal(converted.counts.left_out[IMPORT_NO_QUESTION], 1);
    converted_free(&converted);
  }
}

static int free_scratch(void **state) {
  buf_free(&scratch);
  return converting_teardown(state);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_byte_order_mark_is_passed_over),
      cmocka_unit_test(test_times_that_are_not_there_are_null),
      cmocka_unit_test(test_an_entry_that_asks_no_model_stops_nothing),
      cmocka_unit_test(test_sharegpt_system_and_spellings),
  };
  return cmocka_run_group_tests_name("what other programs write", tests, converting_setup, free_scratch);
}
