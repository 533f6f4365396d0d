// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include "tests/unit/capture/convert/converting.h"

#define MOONCAKE "{\"timestamp\":0,\"input_length\":9,\"output_length\":1,\"hash_ids\":[0]}\n"

static void test_bad_lines_are_skipped_and_counted_when_asked(void **state) {
  (void)state;
  static const char text[] = MOONCAKE "{}\n" MOONCAKE "nonsense\n" MOONCAKE "{\"timestamp\":0,\"input_len";
  struct import_options options = {.skip_bad = true};
  struct converted converted = converting_text("mooncake", text, sizeof text - 1, &options);
  assert_int_equal(converted.status, STATUS_OK);
  assert_int_equal(converted.counts.requests, 3);
  assert_int_equal(converted.counts.bad, 3); // two lines, and the torn end
  assert_string_equal(converted.counts.first_bad.text, "line 2: \"timestamp\" is missing");
  assert_int_equal(converted_count(&converted, "\"type\":\"request\""), 3);
  converted_free(&converted);
}

static void test_nothing_but_bad_lines_is_no_success(void **state) {
  (void)state;
  struct import_options options = {.skip_bad = true};
  struct converted converted = converting_text("mooncake", "{}\n{}\n", 6, &options);
  assert_int_equal(converted.status, STATUS_FORMAT);
  assert_string_equal(converted.error.text, "no request in it: line 1: \"timestamp\" is missing");
  converted_free(&converted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bad_lines_are_skipped_and_counted_when_asked),
      cmocka_unit_test(test_nothing_but_bad_lines_is_no_success),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
