// SPDX-License-Identifier: GPL-3.0-or-later
//
// Blocks of bytes find what a loop over single bytes finds; test_json_skip_portable.c is the same without
// SSE2.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/json/json_skip.h"

enum { WIDTH = 40, TEXT = 3 * WIDTH };

static unsigned slow_plain(const char *at) {
  unsigned len = 0;
  while (len < JSON_SKIP_BLOCK && at[len] != '"' && at[len] != '\\' && (unsigned char)at[len] >= 0x20)
    len++;
  return len;
}

static unsigned slow_digits(const char *at) {
  unsigned len = 0;
  while (len < JSON_SKIP_BLOCK && at[len] >= '0' && at[len] <= '9')
    len++;
  return len;
}

static void test_every_byte_at_every_place_of_a_block(void **state) {
  (void)state;
  for (int byte = 0; byte < 256; byte++) {
    for (int place = 0; place < JSON_SKIP_BLOCK; place++) {
      char text[WIDTH], digits[WIDTH];
      memset(text, 'a', sizeof text);
      memset(digits, '7', sizeof digits);
      text[place] = digits[place] = (char)byte;
      text[JSON_SKIP_BLOCK - 1] = place % 2 ? '"' : text[JSON_SKIP_BLOCK - 1]; // one more behind the first
      uint64_t hits = json_skip_hits(text);
      assert_int_equal(hits ? json_skip_first(hits) : JSON_SKIP_BLOCK, slow_plain(text));
      assert_int_equal(json_skip_block_digits(digits), slow_digits(digits));
      assert_ptr_equal(json_skip_digits(digits, digits + place), digits + place);
    }
  }
}

static void test_a_string_of_every_length(void **state) {
  (void)state;
  char text[TEXT];
  for (size_t len = 0; len < TEXT - WIDTH; len++) {
    memset(text, 'x', sizeof text);
    text[0] = text[len + 1] = '"';
    const char *after = text + len + 2;
    assert_ptr_equal(json_skip_string(text, after), after);
    assert_null(json_skip_string(text, after - 1));
    assert_ptr_equal(json_skip_plain_string(text, text + sizeof text), after);
    const char *plain = json_skip_plain_string(text, after);
    assert_true(!plain || plain == after);
    if (len == 0) continue;
    text[len] = '\n';
    assert_null(json_skip_string(text, after));
    assert_null(json_skip_plain_string(text, text + sizeof text));
    text[len] = '\\'; // the quote is the string's own then
    assert_null(json_skip_string(text, after));
    assert_null(json_skip_plain_string(text, text + sizeof text));
  }
}

static void test_space_is_four_characters(void **state) {
  (void)state;
  for (int byte = 0; byte < 256; byte++) {
    char text[2] = {(char)byte, 'x'};
    bool space = byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
    assert_ptr_equal(json_skip_space(text, text + 2), text + space);
    assert_ptr_equal(json_skip_space(text, text), text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_byte_at_every_place_of_a_block),
      cmocka_unit_test(test_a_string_of_every_length),
      cmocka_unit_test(test_space_is_four_characters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
