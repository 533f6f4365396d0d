// SPDX-License-Identifier: GPL-3.0-or-later
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/json/json_write.h"

static void test_json_write_puts_commas_where_they_belong(void **state) {
  (void)state;
  struct buf out = {0};
  struct json_writer w = JSON_WRITER(&out);
  json_write_object(&w);
  json_member_string(&w, "type", "request");
  json_member_string(&w, "error", NULL);
  json_member_int(&w, "seq", -7);
  json_member_number(&w, "cpu", 0.25);
  json_member_seconds(&w, "t_s", 1500000000);
  json_member_duration(&w, "ttft_s", -1);
  json_member_duration(&w, "latency_s", 1);
  json_member_bool(&w, "valid", true);
  json_member_raw(&w, "body", (struct json_slice){"{ }", 3});
  json_member_raw(&w, "none", (struct json_slice){NULL, 0});
  json_member_text(&w, "path", (struct json_slice){"/a\"b", 4});
  json_member_text(&w, "query", (struct json_slice){NULL, 0});
  json_write_key(&w, "list");
  json_write_array(&w);
  json_write_int(&w, 1);
  json_write_array(&w);
  json_write_array_end(&w);
  json_write_object(&w);
  json_write_object_end(&w);
  json_write_null(&w);
  json_write_array_end(&w);
  json_write_object_end(&w);
  json_write_bool(&w, false);
  assert_string_equal(buf_text(&out),
                      "{\"type\":\"request\",\"error\":null,\"seq\":-7,\"cpu\":0.25,"
                      "\"t_s\":1.5,\"ttft_s\":null,\"latency_s\":0.000000001,\"valid\":true,\"body\":{ },"
                      "\"none\":null,\"path\":\"/a\\\"b\",\"query\":null,\"list\":[1,[],{},null]},false");
  buf_free(&out);
}

static void check_number(double value) {
  struct buf out = {0};
  struct json_writer w = JSON_WRITER(&out);
  struct json_slice slice;
  double back;
  json_write_number(&w, value);
  assert_int_equal(json_scan_text(out.data, out.len, &slice, NULL), STATUS_OK);
  if (isfinite(value)) {
    assert_true(json_scan_number(slice, &back));
    if (back != value) fail_msg("%.17g: %s", value, buf_text(&out));
    char shorter[40]; // whatever fewer digits would do is not longer than ours
    for (int digits = 1; digits <= 16 && fabs(value) < 1e15; digits++) {
      int len = snprintf(shorter, sizeof shorter, "%.*g", digits, value);
      if (strtod(shorter, NULL) == value && (size_t)len < out.len && value != floor(value))
        fail_msg("%s would do for %s", shorter, buf_text(&out));
    }
  } else {
    assert_string_equal(buf_text(&out), "null");
  }
  buf_free(&out);
}

static void test_json_write_numbers_read_back_the_same(void **state) {
  (void)state;
  static const double values[] = {0,
                                  -0.0,
                                  1,
                                  -1,
                                  0.1,
                                  1.0 / 3,
                                  5e-324,
                                  2.2250738585072014e-308,
                                  1.7976931348623157e308,
                                  1e15,
                                  1e16,
                                  1e21,
                                  9007199254740991.0,
                                  9007199254740992.0,
                                  999999999999999.9,
                                  1e-7,
                                  NAN,
                                  INFINITY,
                                  -INFINITY};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++)
    check_number(values[i]);
  uint64_t random = 88172645463325252U; // xorshift64, Marsaglia 2003: every bit pattern is as likely
  for (int i = 0; i < 100000; i++) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    double value;
    memcpy(&value, &random, sizeof value);
    check_number(value);
    check_number((double)(random >> 11) * 0x1p-53); // and the common ones
  }
}

static void test_json_write_whole_numbers_have_no_point(void **state) {
  (void)state;
  static const struct {
    double value;
    const char *expected;
  } rows[] = {{3, "3"},     {-17, "-17"}, {0, "0"}, {100000000000000, "100000000000000"},
              {0.5, "0.5"}, {0.1, "0.1"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct buf out = {0};
    struct json_writer w = JSON_WRITER(&out);
    json_write_number(&w, rows[i].value);
    assert_string_equal(buf_text(&out), rows[i].expected);
    buf_free(&out);
  }
}

static void test_json_write_numbers_have_no_comma_in_any_locale(void **state) {
  (void)state;
  static const char *const locales[] = {"de_DE.UTF-8", "ru_RU.UTF-8", "fr_FR.UTF-8"};
  bool tried = false;
  for (size_t i = 0; i < 3 && !tried; i++)
    tried = setlocale(LC_NUMERIC, locales[i]) != NULL;
  if (!tried) {
    printf("SKIPPED: no locale with a decimal comma is installed\n");
    skip();
  }
  struct buf out = {0};
  struct json_writer w = JSON_WRITER(&out);
  json_write_number(&w, 1.0 / 3);
  setlocale(LC_NUMERIC, "C");
  assert_true(memcmp(out.data, "0.3333", 6) == 0);
  assert_true(strtod(buf_text(&out), NULL) == 1.0 / 3);
  buf_free(&out);
}

static void test_json_write_integers_and_seconds_are_exact(void **state) {
  (void)state;
  static const struct {
    int64_t value;
    const char *integer, *seconds;
  } rows[] = {
      {0, "0", "0"},
      {1, "1", "0.000000001"},
      {-1, "-1", "-0.000000001"},
      {1000000000, "1000000000", "1"},
      {1050000000, "1050000000", "1.05"},
      {-2500000000, "-2500000000", "-2.5"},
      {INT64_MAX, "9223372036854775807", "9223372036.854775807"},
      {INT64_MIN, "-9223372036854775808", "-9223372036.854775808"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct buf out = {0};
    struct json_writer w = JSON_WRITER(&out);
    json_write_int(&w, rows[i].value);
    assert_string_equal(buf_text(&out), rows[i].integer);
    buf_clear(&out);
    w = JSON_WRITER(&out);
    json_write_seconds(&w, rows[i].value);
    assert_string_equal(buf_text(&out), rows[i].seconds);
    buf_free(&out);
  }
}

static void test_json_write_escapes_text(void **state) {
  (void)state;
  struct buf out = {0}, back = {0};
  struct json_writer w = JSON_WRITER(&out);
  char all[128];
  for (size_t i = 0; i < sizeof all; i++)
    all[i] = (char)i;
  json_write_text(&w, all, sizeof all);
  struct json_slice slice;
  assert_int_equal(json_scan_text(out.data, out.len, &slice, NULL), STATUS_OK);
  assert_true(json_scan_string(slice, &back));
  assert_int_equal(back.len, sizeof all);
  assert_memory_equal(back.data, all, sizeof all);
  buf_clear(&out);
  w = JSON_WRITER(&out);
  json_write_string(&w, "a\n\"\\\x01é🌊/");
  assert_string_equal(buf_text(&out), "\"a\\n\\\"\\\\\\u0001é🌊/\"");
  buf_free(&out);
  buf_free(&back);
}

// Kuhn, "UTF-8 decoder capability and stress test", sections 2 to 4, and the table of RFC 3629, 4.
static void test_json_write_makes_utf8_of_any_bytes(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    bool valid;
  } rows[] = {
      {"", true},
      {"plain", true},
      {"\xC2\x80", true},
      {"\xDF\xBF", true},
      {"\xE0\xA0\x80", true},
      {"\xED\x9F\xBF", true},
      {"\xEE\x80\x80", true},
      {"\xEF\xBF\xBF", true},
      {"\xF0\x90\x80\x80", true},
      {"\xF4\x8F\xBF\xBF", true},
      {"\x80", false},
      {"\xBF", false},
      {"\xC3", false},
      {"\xC3(", false},
      {"\xC0\xAF", false}, // overlong
      {"\xC1\xBF", false},
      {"\xE0\x80\xAF", false},
      {"\xE0\x9F\xBF", false},
      {"\xF0\x80\x80\xAF", false},
      {"\xF0\x8F\xBF\xBF", false},
      {"\xED\xA0\x80", false}, // surrogates
      {"\xED\xBF\xBF", false},
      {"\xF4\x90\x80\x80", false}, // above U+10FFFF
      {"\xF5\x80\x80\x80", false},
      {"\xE2\x82", false},
      {"\xF0\x9F\x8C", false},
      {"\xFE", false},
      {"\xFF", false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char text[16];
    snprintf(text, sizeof text, "a%sz", rows[i].bytes);
    if (json_is_utf8(text, strlen(text)) != rows[i].valid) fail_msg("row %zu", i);
    struct buf out = {0}, back = {0};
    struct json_writer w = JSON_WRITER(&out);
    struct json_slice slice;
    json_write_string(&w, text);
    assert_int_equal(json_scan_text(out.data, out.len, &slice, NULL), STATUS_OK);
    assert_true(json_is_utf8(out.data, out.len));
    assert_true(json_scan_string(slice, &back));
    assert_int_equal(strcmp(buf_text(&back), text) == 0, rows[i].valid);
    assert_int_equal(strstr(buf_text(&back), "\xEF\xBF\xBD") != NULL, !rows[i].valid);
    assert_int_equal(back.data[0], 'a');
    assert_int_equal(back.data[back.len - 1], 'z'); // nothing after the bad byte is lost
    buf_free(&out);
    buf_free(&back);
  }
}

static void test_json_write_compact_drops_space_between_tokens_only(void **state) {
  (void)state;
  static const char text[] = " {\r\n \"a b\\\" \" :\t[ 1 , \" \\\\\" , { } ] }\n";
  struct buf out = {0};
  json_write_compact(&out, (struct json_slice){text, sizeof text - 1});
  assert_string_equal(buf_text(&out), "{\"a b\\\" \":[1,\" \\\\\",{}]}");
  buf_clear(&out);
  struct json_writer w = JSON_WRITER(&out);
  json_write_object(&w);
  json_member_compact(&w, "body", (struct json_slice){"[ 1 ]", 5});
  json_member_compact(&w, "none", (struct json_slice){NULL, 0});
  json_write_object_end(&w);
  assert_string_equal(buf_text(&out), "{\"body\":[1],\"none\":null}");
  buf_free(&out);
}

static void test_json_write_failure_sticks(void **state) {
  (void)state;
  struct buf out = BUF_LIMIT(8);
  struct json_writer w = JSON_WRITER(&out);
  json_write_object(&w);
  json_member_string(&w, "a", "much too long");
  json_write_object_end(&w);
  assert_int_equal(out.status, STATUS_LIMIT);
  buf_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_json_write_puts_commas_where_they_belong),
      cmocka_unit_test(test_json_write_numbers_read_back_the_same),
      cmocka_unit_test(test_json_write_whole_numbers_have_no_point),
      cmocka_unit_test(test_json_write_numbers_have_no_comma_in_any_locale),
      cmocka_unit_test(test_json_write_integers_and_seconds_are_exact),
      cmocka_unit_test(test_json_write_escapes_text),
      cmocka_unit_test(test_json_write_makes_utf8_of_any_bytes),
      cmocka_unit_test(test_json_write_compact_drops_space_between_tokens_only),
      cmocka_unit_test(test_json_write_failure_sticks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
