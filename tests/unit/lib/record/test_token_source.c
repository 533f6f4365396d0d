// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/record/token_source.h"

static void test_every_source_has_a_name_that_reads_back(void **state) {
  (void)state;
  static const char *const names[] = {
      [TOKENS_USAGE] = "usage", [TOKENS_TIMINGS] = "timings", [TOKENS_EVENTS] = "events"};
  for (int i = TOKENS_USAGE; i <= TOKENS_EVENTS; i++) {
    enum token_source back = TOKENS_NONE;
    assert_string_equal(token_source_name((enum token_source)i), names[i]);
    assert_true(token_source_from_name((struct json_slice){names[i], strlen(names[i])}, &back));
    assert_int_equal(back, i);
  }
}

static void test_no_source_has_no_name_and_other_names_are_none(void **state) {
  (void)state;
  enum token_source source = TOKENS_TIMINGS;
  assert_null(token_source_name(TOKENS_NONE));
  assert_false(token_source_from_name((struct json_slice){"usage2", 6}, &source));
  assert_false(token_source_from_name((struct json_slice){NULL, 0}, &source));
  assert_int_equal(source, TOKENS_TIMINGS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_source_has_a_name_that_reads_back),
      cmocka_unit_test(test_no_source_has_no_name_and_other_names_are_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
