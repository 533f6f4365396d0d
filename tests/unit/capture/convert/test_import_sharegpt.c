// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <stdio.h>

#include "tests/unit/capture/convert/converting.h"

#define DATA "tests/data/import/"
#define TURNS(turns) "[\n{\"id\":\"a\",\"conversations\":[" turns "]}]"

static void test_sharegpt_makes_a_request_of_every_human_turn_with_its_history(void **state) {
  (void)state;
  struct converted converted = converting_file("sharegpt", DATA "sharegpt.json", NULL);
  assert_int_equal(converted.counts.requests, 4);
  assert_slice(converted_request(&converted, 0).body,
               "{\"messages\":[{\"role\":\"user\",\"content\":\"Hello \\\"there\\\".\"}],\"stream\":true}");
  struct trace_request request = converted_request(&converted, 1);
  assert_slice(request.body,
               "{\"messages\":[{\"role\":\"user\",\"content\":\"Hello \\\"there\\\".\"},{\"role\":"
               "\"assistant\",\"content\":\"Hi.\"},{\"role\":\"user\",\"content\":\"And\\nthen?\"}],"
               "\"stream\":true}");
  assert_slice(request.session, "abc_0");
  assert_true(request.stream);
  request = converted_request(&converted, 2);
  assert_slice(request.session, "7");
  assert_slice(request.body,
               "{\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\","
               "\"content\":\"Why?\"}],\"stream\":true}");
  assert_slice(converted_request(&converted, 3).session, "s3"); // a conversation without an id
  converted_free(&converted);
}

static void test_sharegpt_names_the_line_and_what_is_wrong(void **state) {
  static const struct converting_bad cases[] = {
      {"", "no JSON value (value at byte 0 of 0)"},
      {"[", "malformed JSON value (value at byte 0 of 1)"},
      {"[]", "no request in it: it is empty"},
      {"{}", "it is no JSON array of conversations"},
      {"[7]", "line 1: conversation 1: no JSON object"},
      {"[{\"id\":\"a\"}]", "line 1: conversation 1: \"conversations\" is missing"},
      {"[{\"conversations\":{}}]", "line 1: conversation 1: \"conversations\" is not an array"},
      {TURNS("{\"value\":\"x\"}"), "line 2: conversation 1: turn 1: \"from\" is missing"},
      {TURNS("{\"from\":\"human\"}"), "line 2: conversation 1: turn 1: \"value\" is missing"},
      {TURNS("{\"from\":\"human\",\"value\":\"x\"},{\"from\":\"cat\",\"value\":\"x\"}"),
       "line 2: conversation 1: turn 2: \"from\" is none of human, gpt and system"},
      {TURNS("{\"from\":\"human\",\"value\":[]}"),
       "line 2: conversation 1: turn 1: \"value\" is not a string"},
      {TURNS("{\"from\":\"gpt\",\"value\":\"x\"}"),
       "no request in it: all were left out (1: no message of a user)"},
      {TURNS("{\"role\":\"user\",\"content\":5}"),
       "line 2: conversation 1: turn 1: \"content\" is not a string"},
      {"[{\"system\":5,\"conversations\":[]}]", "line 1: conversation 1: \"system\" is not a string"},
      {TURNS("{\"from\":\"human\",\"value\":\"x\"}") "]",
       "more text after the JSON value (value at byte 60 of 61)"},
  };
  (void)state;
  CONVERTING_REJECTS("sharegpt", cases);
}

static void test_a_bad_conversation_is_skipped_whole(void **state) {
  (void)state;
  static const char text[] =
      "[{\"conversations\":[{\"from\":\"human\",\"value\":\"kept?\"},{\"from\":\"cat\",\"value\":"
      "\"x\"}]},{\"conversations\":[{\"from\":\"human\",\"value\":\"kept!\"}]}]";
  struct import_options options = {.skip_bad = true};
  struct converted converted = converting_text("sharegpt", text, sizeof text - 1, &options);
  assert_int_equal(converted.status, STATUS_OK);
  assert_int_equal(converted.counts.bad, 1);
  assert_int_equal(converted_count(&converted, "kept?"), 0);
  assert_int_equal(converted_count(&converted, "kept!"), 1);
  converted_free(&converted);
}

static void assert_messages(struct trace_request request, const char *want) {
  struct json_slice got = json_scan_get(request.body, "messages");
  if (!json_slice_is(got, want)) fail_msg("expected: %s\nseen:     %.*s", want, (int)got.len, got.data);
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
    assert_messages(converted_request(&converted, 0), rows[i].messages);
    assert_int_equal(converted.counts.requests, 1);
    assert_int_equal(converted.counts.left_out[IMPORT_NO_QUESTION], 1);
    converted_free(&converted);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sharegpt_makes_a_request_of_every_human_turn_with_its_history),
      cmocka_unit_test(test_sharegpt_names_the_line_and_what_is_wrong),
      cmocka_unit_test(test_a_bad_conversation_is_skipped_whole),
      cmocka_unit_test(test_sharegpt_system_and_spellings),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
