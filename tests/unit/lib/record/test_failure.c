// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/record/failure.h"

static void test_every_class_has_a_name_that_reads_back(void **state) {
  (void)state;
  for (int i = FAILURE_NONE + 1; i < FAILURE_COUNT; i++) {
    const char *name = failure_name((enum failure)i);
    enum failure back = FAILURE_NONE;
    assert_non_null(name);
    assert_true(failure_from_name((struct json_slice){name, strlen(name)}, &back));
    assert_int_equal(back, i);
  }
}

static void test_no_failure_has_no_name_and_other_names_are_none(void **state) {
  (void)state;
  enum failure failure = FAILURE_RESET;
  assert_null(failure_name(FAILURE_NONE));
  assert_false(failure_from_name((struct json_slice){"Timeout", 7}, &failure));
  assert_false(failure_from_name((struct json_slice){"", 0}, &failure));
  assert_int_equal(failure, FAILURE_RESET);
}

static void test_the_class_of_an_http_status(void **state) {
  (void)state;
  static const struct {
    int status;
    enum failure failure;
  } rows[] = {{200, FAILURE_NONE},     {204, FAILURE_NONE},     {299, FAILURE_NONE},
              {429, FAILURE_HTTP_429}, {400, FAILURE_HTTP_4XX}, {428, FAILURE_HTTP_4XX},
              {499, FAILURE_HTTP_4XX}, {500, FAILURE_HTTP_5XX}, {599, FAILURE_HTTP_5XX},
              {101, FAILURE_PROTOCOL}, {302, FAILURE_PROTOCOL}, {600, FAILURE_PROTOCOL},
              {0, FAILURE_PROTOCOL},   {-1, FAILURE_PROTOCOL}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (failure_of_status(rows[i].status) != rows[i].failure) fail_msg("%d", rows[i].status);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_class_has_a_name_that_reads_back),
      cmocka_unit_test(test_no_failure_has_no_name_and_other_names_are_none),
      cmocka_unit_test(test_the_class_of_an_http_status),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
