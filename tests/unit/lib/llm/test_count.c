// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/llm/count.h"

static int64_t count_of(const char *text) {
  int64_t count = 77;
  count_parse((struct json_slice){text, strlen(text)}, &count);
  return count;
}

static void test_whole_numbers_from_zero_to_the_limit_are_counts(void **state) {
  (void)state;
  assert_int_equal(count_of("0"), 0);
  assert_int_equal(count_of("1000000000"), COUNT_MAX);
}

static void test_what_is_no_count_leaves_what_is_known(void **state) {
  (void)state;
  static const char *const none[] = {"-1",   "1000000001", "1.5", "\"5\"", "null",
                                     "true", "[5]",        "{}",  "",      "1e400"};
  for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
    if (count_of(none[i]) != 77) fail_msg("%s", none[i]);
  }
  int64_t count = 77;
  count_parse((struct json_slice){NULL, 0}, &count);
  assert_int_equal(count, 77);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_whole_numbers_from_zero_to_the_limit_are_counts),
      cmocka_unit_test(test_what_is_no_count_leaves_what_is_known),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
