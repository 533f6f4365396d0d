// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a reader makes of run records that somebody else wrote.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record/run.h"

#define LARGEST_COUNT (INT64_C(1) << 53)

static struct run_record parsed;
static struct buf scratch;
static struct error error;

static enum status parse(const char *line) {
  error.text[0] = '\0';
  return run_parse(line, strlen(line), &parsed, &scratch, &error);
}

static void assert_text(struct json_slice got, const char *want) {
  assert_int_equal(got.len, strlen(want));
  assert_memory_equal(got.data, want, got.len);
}

static void test_members_in_any_order_and_unknown_ones(void **state) {
  (void)state;
  assert_int_equal(
      parse(" { \"seq\" : 4 , \"nested\":{\"session\":[{\"a\":1}]}, \"intended_s\":1.5,\"session\":2,"
            "\"x\":null,\"type\":\"request\",\"batch\":null , \"status\":1e2 } "),
      STATUS_OK);
  assert_int_equal(parsed.kind, RUN_REQUEST);
  assert_int_equal(parsed.request.seq, 4);
  assert_int_equal(parsed.request.session, 2);
  assert_int_equal(parsed.request.batch, -1);
  assert_int_equal(parsed.request.status, 100);
  assert_int_equal(parsed.request.intended_ns, 1500000000);
}

static void test_record_of_a_later_version_is_other(void **state) {
  (void)state;
  assert_int_equal(parse("{\"type\":\"weather\",\"session\":\"x\"}"), STATUS_OK);
  assert_int_equal(parsed.kind, RUN_OTHER);
  assert_int_equal(parse("{}"), STATUS_OK);
  assert_int_equal(parsed.kind, RUN_OTHER);
  assert_int_equal(parse("{\"type\":7}"), STATUS_OK);
  assert_int_equal(parsed.kind, RUN_OTHER);
}

static void test_seconds_become_nanoseconds_exactly(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t ns;
  } cases[] = {
      {"0", 0},
      {"0.000000001", 1},
      {"1e-9", 1},
      {"123456789.123456789", 123456789123456789},
      {"0.1", 100000000},
      {"0.12345678949", 123456789},
      {"0.1234567895", 123456790},
      {"0.9999999999", 1000000000},
      {"1E3", 1000000000000},
      {"-0", 0},
      {"9200000000.000000001", INT64_C(9200000000000000001)},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char line[200];
    snprintf(line, sizeof line, "{\"type\":\"request\",\"session\":0,\"intended_s\":%s}", cases[i].text);
    assert_int_equal(parse(line), STATUS_OK);
    if (parsed.request.intended_ns != cases[i].ns)
      fail_msg("%s became %lld", cases[i].text, (long long)parsed.request.intended_ns);
  }
}

static void test_escaped_texts_stay_in_place_while_scratch_grows(void **state) {
  (void)state;
  // The second text is far longer than what scratch has at first.
  struct buf line = {0}, small = {0};
  buf_append_text(
      &line, "{\"type\":\"request\",\"session\":0,\"intended_s\":0,\"finish\":\"a\\u00e9\\ud83d\\ude00\","
             "\"token_source\":\"plain\",\"error_text\":\"");
  for (int i = 0; i < 5000; i++)
    buf_append_text(&line, "\\n");
  buf_append_text(&line, "\"}");
  assert_int_equal(run_parse(line.data, line.len, &parsed, &small, &error), STATUS_OK);
  assert_text(parsed.request.finish, "a\xC3\xA9\xF0\x9F\x98\x80");
  assert_text(parsed.request.token_source, "plain");
  assert_int_equal(parsed.request.error_text.len, 5000);
  assert_int_equal(parsed.request.error_text.data[4999], '\n');
  struct buf capped = BUF_LIMIT(100);
  assert_int_equal(run_parse(line.data, line.len, &parsed, &capped, &error), STATUS_LIMIT);
  buf_free(&capped);
  buf_free(&small);
  buf_free(&line);
}

static void test_malformed_records_are_refused_by_name(void **state) {
  (void)state;
  static const struct {
    const char *members, *word; // the word that the error must hold
  } cases[] = {
      {"\"session\":-1", "session"},
      {"\"session\":1.5", "session"},
      {"\"session\":\"1\"", "session"},
      {"\"session\":[1]", "session"},
      {"\"session\":null", "session"},
      {"\"seq\":9007199254740993", "seq"},
      {"\"seq\":1e300", "seq"},
      {"\"seq\":99999999999999999999", "seq"},
      {"\"intended_s\":-0.5", "intended_s"},
      {"\"intended_s\":1e11", "intended_s"},
      {"\"intended_s\":99999999999999", "intended_s"},
      {"\"ttft_s\":true", "ttft_s"},
      {"\"ttft_s\":\"0.5\"", "ttft_s"},
      {"\"warmup\":1", "warmup"},
      {"\"finish\":7", "finish"},
      {"\"itl_s\":[]", "itl_s"},
      {"\"itl_s\":{\"p50\":-1}", "p50"},
      {"\"error\":\"bad luck\"", "error"},
      {"\"error\":7", "error"},
      {"\"seq\":NaN", "malformed"},
      {"\"seq\":01", "malformed"},
      {"\"seq\":1,", "malformed"},
      {"\"seq\" 1", "malformed"},
      {"\"seq\":1 \"index\":2", "malformed"},
      {"\"finish\":\"\\x\"", "malformed"},
      {"\"finish\":\"a\tb\"", "malformed"},
      {"\"itl_s\":{\"p50\":1", "malformed"},
      {"\"unknown\":{", "malformed"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char line[300];
    snprintf(line, sizeof line, "{\"type\":\"request\",\"session\":0,\"intended_s\":0,%s}", cases[i].members);
    struct run_record before = parsed;
    if (parse(line) != STATUS_FORMAT) fail_msg("accepted: %s", line);
    if (!strstr(error.text, cases[i].word)) fail_msg("%s: %s", line, error.text);
    assert_memory_equal(&before, &parsed, sizeof before);
  }
}

static void test_lines_that_are_no_record_are_refused(void **state) {
  (void)state;
  static const char *const lines[] = {"",           " ",
                                      "null",       "[]",
                                      "7",          "\"",
                                      "{",          "{\"type\"",
                                      "{\"type\":", "{\"type\":\"end\"",
                                      "}",          "{\"a\":1}x",
                                      "not a line", "{\"type\":\"end\"} {}"};
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    if (parse(lines[i]) != STATUS_FORMAT) fail_msg("accepted: %s", lines[i]);
    assert_true(strlen(error.text) > 0);
  }
}

static void test_missing_members_are_named(void **state) {
  (void)state;
  assert_int_equal(parse("{\"type\":\"batch\",\"session\":1,\"requests\":3}"), STATUS_FORMAT);
  assert_non_null(strstr(error.text, "total_s"));
  assert_int_equal(parse("{\"type\":\"run\",\"start_unix_s\":1}"), STATUS_FORMAT);
  assert_non_null(strstr(error.text, "version"));
  assert_int_equal(parse("{\"type\":\"run\",\"start_unix_s\":1,\"version\":2}"), STATUS_FORMAT);
  assert_non_null(strstr(error.text, "newer"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_members_in_any_order_and_unknown_ones),
      cmocka_unit_test(test_record_of_a_later_version_is_other),
      cmocka_unit_test(test_seconds_become_nanoseconds_exactly),
      cmocka_unit_test(test_escaped_texts_stay_in_place_while_scratch_grows),
      cmocka_unit_test(test_malformed_records_are_refused_by_name),
      cmocka_unit_test(test_lines_that_are_no_record_are_refused),
      cmocka_unit_test(test_missing_members_are_named),
  };
  int failed = cmocka_run_group_tests_name("run read", tests, NULL, NULL);
  buf_free(&scratch);
  return failed;
}
