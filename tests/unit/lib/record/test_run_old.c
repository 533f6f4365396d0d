// SPDX-License-Identifier: GPL-3.0-or-later
//
// What earlier versions wrote in place of today's members.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <math.h>

#include "lib/record/run_old.h"

static struct run_record parsed;
static struct buf scratch;
static struct error error;

static enum status parse_reason(const char *reason) {
  struct buf line = {0};
  buf_printf(&line,
             "{\"type\":\"batch\",\"session\":0,\"total_s\":1,\"requests\":1,\"client\":{\"reason\":%s}}",
             reason);
  enum status status = run_parse(line.data, line.len, &parsed, &scratch, &error);
  struct run_reason *found = &parsed.batch.reason;
  if (found->kind == RUN_REASON_OTHER && found->text.data >= line.data &&
      found->text.data < line.data + line.len)
    found->text.data = "in the line, which is gone";
  buf_free(&line);
  return status;
}

static void assert_reason(enum run_reason_kind kind, double seen, double allowed) {
  assert_int_equal(parsed.batch.reason.kind, kind);
  assert_true(fabs(parsed.batch.reason.seen - seen) < 1e-12);
  assert_true(fabs(parsed.batch.reason.allowed - allowed) < 1e-12);
}

static void test_sentences_of_earlier_versions_are_the_same_data(void **state) {
  (void)state;
  assert_int_equal(parse_reason("\"requests were sent late: lag p99 6.1 ms, allowed 5 ms\""), STATUS_OK);
  assert_reason(RUN_REASON_LAG, 0.0061, 0.005);
  assert_int_equal(parse_reason("\"the event loop stalled for 1.2e+03 ms, allowed 20 ms\""), STATUS_OK);
  assert_reason(RUN_REASON_STALL, 1.2, 0.02);
  assert_int_equal(parse_reason("\"the client used 0.97 of a core, allowed 0.90\""), STATUS_OK);
  assert_reason(RUN_REASON_CPU, 0.97, 0.9);
  static const char *const others[] = {"\"too busy\"", "\"\"", "\"the client used - of a core, allowed 1\"",
                                       "{\"kind\":\"moon phase\",\"seen_s\":3}"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    assert_int_equal(parse_reason(others[i]), STATUS_OK);
    assert_reason(RUN_REASON_OTHER, 0, 0);
  }
  assert_int_equal(parse_reason("null"), STATUS_OK);
  assert_reason(RUN_REASON_NONE, 0, 0);
}

static int64_t limit_of(const char *header_rest) {
  struct buf line = {0};
  buf_printf(&line, "{\"type\":\"run\",\"version\":1,\"start_unix_s\":1%s}", header_rest);
  assert_int_equal(run_parse(line.data, line.len, &parsed, &scratch, &error), STATUS_OK);
  buf_free(&line);
  return parsed.header.max_tokens;
}

static void test_the_limit_of_an_earlier_version_is_in_its_arguments(void **state) {
  (void)state;
  assert_int_equal(limit_of(""), -1);
  assert_int_equal(limit_of(",\"arguments\":[\"replay\",\"--max-tokens\",\"1k\"]"), 1000);
  assert_int_equal(limit_of(",\"arguments\":[\"replay\",\"--max-tokens=64\",\"t\"]"), 64);
  assert_int_equal(limit_of(",\"arguments\":[\"--max-tokens\",\"1\",\"--max-tokens=2\"]"),
                   2); // the last counts
  assert_int_equal(limit_of(",\"arguments\":[\"--max-tokens\"]"), -1);
  assert_int_equal(limit_of(",\"arguments\":[\"--max-tokens\",\"many\"]"), -1);
  assert_int_equal(limit_of(",\"max_tokens\":12,\"arguments\":[\"--max-tokens\",\"13\"]"), 12);
}

static int clean_up(void **state) {
  (void)state;
  buf_free(&scratch);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sentences_of_earlier_versions_are_the_same_data),
      cmocka_unit_test(test_the_limit_of_an_earlier_version_is_in_its_arguments),
  };
  return cmocka_run_group_tests_name("old members", tests, NULL, clean_up);
}
