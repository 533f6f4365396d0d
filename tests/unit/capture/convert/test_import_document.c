// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <string.h>

#include "tests/unit/capture/convert/converting.h"

#define TURN "{\"conversations\":[{\"from\":\"human\",\"value\":\"Where?\"}]}"

static void expect(const char *text, size_t len, const char *message) {
  struct converted converted = converting_text("sharegpt", text, len, NULL);
  assert_int_equal(converted.status, STATUS_FORMAT);
  if (!strstr(converted.error.text, message))
    fail_msg("expected: %s\nseen:     %s", message, converted.error.text);
  converted_free(&converted);
}

static void test_a_document_is_one_json_text(void **state) {
  (void)state;
  static const char two[] = "[" TURN "] []", torn[] = "[" TURN;
  expect(two, sizeof two - 1, "");
  expect(torn, sizeof torn - 1, "");
  expect("", 0, "");
  struct converted converted = converting("sharegpt", " [" TURN "," TURN "]\n");
  assert_int_equal(converted.status, STATUS_OK);
  assert_int_equal(converted.counts.requests, 2);
  converted_free(&converted);
}

static void test_a_bad_element_is_named_by_its_line_and_number(void **state) {
  (void)state;
  static const char text[] = "[" TURN ",\n" TURN ",\n\n7]";
  expect(text, sizeof text - 1, "line 4: conversation 3: ");
}

static void test_a_gzip_file_that_is_not_whole_is_named(void **state) {
  (void)state;
  // The head of a gzip file, and one with a method that does not exist.
  static const char cut[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", bad[] = "\x1f\x8b\x07\x00nonsense";
  expect(cut, sizeof cut - 1, "its end is cut off");
  expect(bad, sizeof bad - 1, "it is no whole gzip file");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_document_is_one_json_text),
      cmocka_unit_test(test_a_bad_element_is_named_by_its_line_and_number),
      cmocka_unit_test(test_a_gzip_file_that_is_not_whole_is_named),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
