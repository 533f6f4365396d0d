// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/http/base64.h"

static struct json_slice slice(const char *text) {
  return (struct json_slice){text, strlen(text)};
}

// RFC 4648, section 10.
static void test_base64_vectors(void **state) {
  (void)state;
  static const struct {
    const char *bytes, *text;
  } cases[] = {{"", ""},
               {"f", "Zg=="},
               {"fo", "Zm8="},
               {"foo", "Zm9v"},
               {"foob", "Zm9vYg=="},
               {"fooba", "Zm9vYmE="},
               {"foobar", "Zm9vYmFy"}};
  struct buf out = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    buf_clear(&out);
    base64_encode(slice(cases[i].bytes), &out);
    assert_string_equal(buf_text(&out), cases[i].text);
    buf_clear(&out);
    assert_true(base64_decode(slice(cases[i].text), &out));
    assert_string_equal(buf_text(&out), cases[i].bytes);
  }
  buf_free(&out);
}

static void test_padding_line_ends_and_the_digits_of_urls_are_free(void **state) {
  (void)state;
  static const char *const texts[] = {"+/+/Zg==", "-_-_Zg==", "+/-_Zg", "\n+/+/\r\nZg=\r\n=\n"};
  struct buf out = {0};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    buf_clear(&out);
    assert_true(base64_decode(slice(texts[i]), &out));
    assert_int_equal(out.len, 4);
    assert_memory_equal(out.data,
                        "\xFB\xFF\xBF"
                        "f",
                        4);
  }
  buf_free(&out);
}

static void test_what_is_no_base64_is_refused(void **state) {
  (void)state;
  static const char *const bad[] = {
      "Z", "Zg=", "Zg===", "Zm9v=", "Zm8=Zm8=", "Zm!v", "Zm9vY", "Zm9v Zg==", "=", "=="};
  struct buf out = {0};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    if (base64_decode(slice(bad[i]), &out)) fail_msg("%s", bad[i]);
  }
  buf_free(&out);
}

static void test_every_byte_comes_back_at_every_length(void **state) {
  (void)state;
  char bytes[256];
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (char)(255 - i);
  for (size_t len = 0; len <= sizeof bytes; len++) {
    struct buf text = {0}, out = {0};
    base64_encode((struct json_slice){bytes, len}, &text);
    assert_int_equal(text.len, (len + 2) / 3 * 4);
    assert_true(base64_decode((struct json_slice){text.data, text.len}, &out));
    assert_int_equal(out.len, len);
    if (len) assert_memory_equal(out.data, bytes, len);
    buf_free(&text);
    buf_free(&out);
  }
}

static void test_a_full_buffer_fails(void **state) {
  (void)state;
  struct buf out = BUF_LIMIT(3);
  base64_encode(slice("f"), &out);
  assert_int_equal(out.status, STATUS_LIMIT);
  buf_clear(&out);
  assert_false(base64_decode(slice("Zm9vYg=="), &out));
  buf_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_base64_vectors),
      cmocka_unit_test(test_padding_line_ends_and_the_digits_of_urls_are_free),
      cmocka_unit_test(test_what_is_no_base64_is_refused),
      cmocka_unit_test(test_every_byte_comes_back_at_every_length),
      cmocka_unit_test(test_a_full_buffer_fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
