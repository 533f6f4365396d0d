// SPDX-License-Identifier: GPL-3.0-or-later
//
// client.reason of a batch record.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "lib/record/run_reason.h"

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

static void test_each_kind_comes_back_as_written(void **state) {
  (void)state;
  for (enum run_reason_kind kind = RUN_REASON_NONE; kind <= RUN_REASON_OTHER; kind++) {
    struct run_batch batch = {.total_ns = 1, .requests = 1, .reason = {.kind = kind}};
    if (kind == RUN_REASON_OTHER) batch.reason.text = (struct json_slice){"a \"text\"", 8};
    if (kind > RUN_REASON_NONE && kind < RUN_REASON_OTHER)
      batch.reason.seen = 0.0061, batch.reason.allowed = 0.005;
    struct buf line = {0};
    run_format_batch(&line, &batch);
    assert_int_equal(run_parse(line.data, line.len, &parsed, &scratch, &error), STATUS_OK);
    assert_reason(kind, batch.reason.seen, batch.reason.allowed);
    assert_int_equal(parsed.batch.reason.text.len, batch.reason.text.len);
    if (batch.reason.text.len > 0)
      assert_memory_equal(parsed.batch.reason.text.data, batch.reason.text.data, batch.reason.text.len);
    buf_free(&line);
  }
}

static void test_malformed_reasons_are_refused(void **state) {
  (void)state;
  static const char *const wrong[] = {"3",
                                      "[]",
                                      "{}",
                                      "{\"kind\":3}",
                                      "{\"kind\":\"lag\"}",
                                      "{\"kind\":\"lag\",\"seen_s\":\"1\",\"allowed_s\":1}"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    assert_int_equal(parse_reason(wrong[i]), STATUS_FORMAT);
    assert_non_null(strstr(error.text, "reason"));
  }
}

static int clean_up(void **state) {
  (void)state;
  buf_free(&scratch);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_kind_comes_back_as_written),
      cmocka_unit_test(test_malformed_reasons_are_refused),
  };
  return cmocka_run_group_tests_name("run reason", tests, NULL, clean_up);
}
