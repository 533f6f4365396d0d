// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/llm/message.h"

static void test_words_of_the_bodies_that_servers_send(void **state) {
  (void)state;
  static const struct {
    const char *body, *expected;
  } rows[] = {
      {"{\"error\":{\"code\":401,\"message\":\"Invalid API Key\",\"type\":\"x\"}}", "Invalid API Key"},
      {"{\"error\":\"model 'absent' not found\"}", "model 'absent' not found"},
      {"{\"object\":\"error\",\"message\":\"too long\",\"code\":400}", "too long"},
      {"{\"detail\":\"Not Found\"}", "Not Found"},
      {"{\"detail\":[{\"msg\":\"field required\"}]}", "[{\"msg\":\"field required\"}]"},
      {"{\"error\":{\"error\":{\"message\":\"deep\"}}}", "deep"},
      {"{\"error\":{\"code\":7}}", "{\"code\":7}"},
      {"{\"error\":{}}", "{}"},
      {"{\"error\":\"a\\nb\\u00e9\\t\"}", "a bé"},
      {"404 page not found\n", "404 page not found"},
      {"<html>\r\n<b>Bad</b>\r\n</html>", "<html> <b>Bad</b> </html>"},
      {"{\"error\":", "{\"error\":"},
      {"[1]", "[1]"},
      {"", ""},
      {" \n ", ""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char out[64];
    message_of_body(out, sizeof out, rows[i].body, strlen(rows[i].body));
    assert_string_equal(out, rows[i].expected);
  }
}

static void test_words_cannot_drive_a_terminal_and_are_utf8(void **state) {
  (void)state;
  char out[64];
  message_copy(out, sizeof out, "\x1b[31mred\x07\x7f\0!", 12);
  assert_string_equal(out, "[31mred !");
  message_copy(out, sizeof out,
               "a\xC2\x9B"
               "1m\xC2\xA0z",
               8);
  assert_string_equal(out, "a 1m\xC2\xA0z");
  message_copy(out, sizeof out, "a\xFF\xC3", 3);
  assert_string_equal(out, "a\xEF\xBF\xBD\xEF\xBF\xBD");
}

static void test_words_are_cut_between_characters(void **state) {
  (void)state;
  char out[8];
  message_copy(out, sizeof out, "абвг", 8); // two bytes each: three fit beside the NUL
  assert_string_equal(out, "абв");
  message_copy(out, sizeof out, "abcdefghij", 10);
  assert_string_equal(out, "abcdefg");
  message_copy(out, 1, "abc", 3);
  assert_string_equal(out, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_words_of_the_bodies_that_servers_send),
      cmocka_unit_test(test_words_cannot_drive_a_terminal_and_are_utf8),
      cmocka_unit_test(test_words_are_cut_between_characters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
