// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/status.h"

static void test_status_fail_is_the_status_and_writes_the_line(void **state) {
  (void)state;
  struct error error = {.text = ""};
  assert_int_equal(status_fail(&error, STATUS_IO, "%s: %d", "file", 7), STATUS_IO);
  assert_string_equal(error.text, "file: 7");
  assert_int_equal(status_prefix(&error, STATUS_IO, "--%s", "output"), STATUS_IO);
  assert_string_equal(error.text, "--output: file: 7");
}

static void test_status_takes_no_error_buffer(void **state) {
  (void)state;
  assert_int_equal(status_fail(NULL, STATUS_LIMIT, "%s", "x"), STATUS_LIMIT);
  assert_int_equal(status_prefix(NULL, STATUS_LIMIT, "%s", "x"), STATUS_LIMIT);
}

static void test_status_cuts_a_long_line(void **state) {
  (void)state;
  struct error error;
  char text[1000];
  memset(text, 'a', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  assert_int_equal(status_fail(&error, STATUS_IO, "%s", text), STATUS_IO);
  assert_int_equal(strlen(error.text), sizeof error.text - 1);
  assert_int_equal(status_prefix(&error, STATUS_IO, "b"), STATUS_IO);
  assert_int_equal(strlen(error.text), sizeof error.text - 1);
  assert_memory_equal(error.text, "b: aaa", 6);
  assert_int_equal(status_prefix(&error, STATUS_IO, "%s", text), STATUS_IO);
  assert_int_equal(strlen(error.text), sizeof error.text - 1);
}

static void test_status_names_are_all_there_and_different(void **state) {
  (void)state;
  for (int i = STATUS_OK; i <= STATUS_MEMORY; i++) {
    assert_string_not_equal(status_name((enum status)i), "unknown status");
    for (int other = STATUS_OK; other < i; other++)
      assert_string_not_equal(status_name((enum status)i), status_name((enum status)other));
  }
  assert_string_equal(status_name((enum status)(STATUS_MEMORY + 1)), "unknown status");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_status_fail_is_the_status_and_writes_the_line),
      cmocka_unit_test(test_status_takes_no_error_buffer),
      cmocka_unit_test(test_status_cuts_a_long_line),
      cmocka_unit_test(test_status_names_are_all_there_and_different),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
