// SPDX-License-Identifier: GPL-3.0-or-later
//
// The grammar of RFC 8259, by the scanner and by the cursor, which must agree on every text.
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

#include <cjson/cJSON.h>

#include "lib/json/json_cursor.h"
#include "lib/json/json_scan.h"

static struct json_slice slice(const char *text) {
  return (struct json_slice){text, strlen(text)};
}

// Walks the whole text by the cursor.
static void walk(struct json_cursor *cursor) {
  struct json_slice key;
  if (json_cursor_kind(cursor) == JSON_OBJECT) {
    if (!json_cursor_object(cursor)) return;
    while (json_cursor_member(cursor, &key))
      walk(cursor);
  } else if (json_cursor_kind(cursor) == JSON_ARRAY) {
    if (!json_cursor_array(cursor)) return;
    while (json_cursor_element(cursor))
      walk(cursor);
  } else {
    json_cursor_skip(cursor);
  }
}

// Whether scanner and cursor accept the text, which stands in memory of its own size; they must agree.
static bool both_accept(const char *text, size_t len) {
  char *copy = malloc(len ? len : 1);
  assert_non_null(copy);
  memcpy(copy, text, len);
  struct json_slice value;
  bool valid = json_scan_text(copy, len, &value, NULL) == STATUS_OK;
  struct json_cursor cursor = json_cursor_start(copy, len);
  walk(&cursor);
  bool walked = json_cursor_finish(&cursor);
  if (walked != valid) fail_msg("'%.*s': scanner %d, cursor %d", (int)len, text, valid, walked);
  free(copy);
  return valid;
}

// The same; the text as a value among others too, where blocks of bytes are read at once.
static bool accepted(const char *text, size_t len) {
  struct buf among = BUF_LIMIT(0);
  buf_append_text(&among, "{\"before\":");
  buf_append(&among, text, len);
  buf_append_text(&among, ",\"after, more than sixteen\":[\"more than sixteen bytes\",");
  buf_append(&among, text, len);
  buf_append_text(&among, ",\"more than sixteen bytes\"]}");
  assert_int_equal(among.status, STATUS_OK);
  bool valid_among = both_accept(among.data, among.len), valid = both_accept(text, len);
  if (valid && len < JSON_SCAN_DEPTH - 2 && !valid_among)
    fail_msg("'%.*s' is refused among others", (int)len, text);
  buf_free(&among);
  return valid;
}

static const char *const good[] = {
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1",
    "-12",
    "0.5",
    "1e5",
    "1E+5",
    "1.25e-7",
    "123456789012345678901234567890",
    "\"\"",
    "\"a\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
    "\"\\uD834\\uDD1E\"",
    "\"\\udead\"",
    "\"é🌊\x7f\"",
    "[]",
    "[ ]",
    "[1]",
    "[1,2]",
    "[[],{}]",
    "{}",
    "{ }",
    "{\"a\":1}",
    "{\"a\":1,\"b\":[true,null]}",
    "{\"a\":1,\"a\":2}",
    "{\"\":0}",
    " \t\r\n1 \t\r\n",
    " { \"a\" : [ 1 , 2 ] , \"b\" : { } } ",
    "\"12345678\"",
    "\"1234567\\n\"",
    "\"123456789012345\\\"\"",
};

static const char *const bad[] = {
    "",
    " ",
    "nul",
    "nulll",
    "True",
    "truefalse",
    "01",
    "-",
    "-a",
    "+1",
    ".5",
    "1.",
    "1.e5",
    "1e",
    "1e+",
    "1.5.5",
    "0x1",
    "00",
    "-01",
    "Infinity",
    "NaN",
    "1 2",
    "1,",
    "\"",
    "\"a",
    "'a'",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\\u12G4\"",
    "\"\\\"",
    "\"a\nb\"",
    "\"a\tb\"",
    "\"\x01\"",
    "\"12345678\n\"",
    "\"1234567\x1f\"",
    "\"\\",
    "\"\\u",
    "[",
    "]",
    "[1",
    "[1,",
    "[1,]",
    "[,1]",
    "[,]",
    "[1 2]",
    "[1;2]",
    "[1}",
    "{",
    "}",
    "{\"a\"",
    "{\"a\":",
    "{\"a\":1",
    "{\"a\":1,",
    "{\"a\":1,}",
    "{,}",
    "{\"a\"}",
    "{\"a\" 1}",
    "{a:1}",
    "{1:2}",
    "{\"a\":1 \"b\":2}",
    "{\"a\":,\"b\":2}",
    "{\"a\"::1}",
    "{null:1}",
    "{\"a\":1]",
    "[\"a\":1]",
    "{\"a\":1}}",
    "[]]",
    "{} {}",
    "// c\n1",
    "/* c */1",
    "[1,/**/2]",
    ("\xEF\xBB\xBF"
     "1"),
    "a",
    ("\x0c"
     "1"),
    "-\"a\"",
    "{\"a\":tru}",
    "[nul]",
    "[-]",
    "{\"a\":\"b}",
};

static void test_json_scan_accepts_what_rfc_8259_allows(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    if (!accepted(good[i], strlen(good[i]))) fail_msg("refused: %s", good[i]);
  }
}

static void test_json_scan_refuses_what_rfc_8259_does_not_allow(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    if (accepted(bad[i], strlen(bad[i]))) fail_msg("accepted: %s", bad[i]);
  }
  assert_false(accepted("1\0", 2));
  assert_false(accepted("\"a\0b\"", 5));
  assert_false(accepted("\"1234567\0\"", 10));
}

// A text that ends early is never a value, unless it is a number that is already whole.
static void test_json_scan_refuses_every_start_of_a_text(void **state) {
  (void)state;
  static const char text[] = "{\"a\":[1.5e3,\"b\\u00e9\\n\",true,{\"c\":null}],\"longer than a word\":false}";
  for (size_t len = 0; len < sizeof text - 1; len++)
    assert_false(accepted(text, len));
  assert_true(accepted(text, sizeof text - 1));
}

// One control character, quote or backslash at each place of strings of each length: the eight-byte steps
// and the rest.
static void test_json_scan_sees_every_byte_of_a_string(void **state) {
  (void)state;
  char text[64];
  for (size_t len = 1; len < 40; len++) {
    for (size_t at = 1; at <= len; at++) {
      for (unsigned c = 0; c < 256; c++) {
        memset(text, 'x', sizeof text);
        text[0] = text[len + 1] = '"';
        text[at] = (char)c;
        bool last = at == len;
        bool expected = c >= 0x20 && c != '"' && c != '\\';
        if (c == '\\' && !last) expected = false; // \x
        if (accepted(text, len + 2) != expected) fail_msg("byte %u at %zu of %zu", c, at, len);
      }
    }
  }
}

static void test_json_scan_nesting_is_bounded(void **state) {
  (void)state;
  char text[2 * JSON_SCAN_DEPTH + 4];
  for (size_t depth = JSON_SCAN_DEPTH - 1; depth <= JSON_SCAN_DEPTH + 1; depth++) {
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    assert_int_equal(accepted(text, 2 * depth), depth <= JSON_SCAN_DEPTH);
  }
  char *deep = malloc(1000000);
  assert_non_null(deep);
  memset(deep, '[', 1000000);
  assert_false(accepted(deep, 1000000));
  free(deep);
}

static void test_json_scan_value_is_without_the_space_around_it(void **state) {
  (void)state;
  struct json_slice value;
  assert_int_equal(json_scan_text(" \n[1, 2]\t ", 10, &value, NULL), STATUS_OK);
  assert_true(json_slice_is(value, "[1, 2]"));
}

static void test_json_scan_error_says_where_and_leaves_the_value_alone(void **state) {
  (void)state;
  struct json_slice value = {"x", 1};
  struct error error = {.text = ""};
  assert_int_equal(json_scan_text("  {\"a\":}", 8, &value, &error), STATUS_FORMAT);
  assert_true(json_slice_is(value, "x"));
  assert_string_equal(error.text, "malformed JSON value (value at byte 2 of 8)");
  assert_int_equal(json_scan_text("{} 7", 4, &value, &error), STATUS_FORMAT);
  assert_string_equal(error.text, "more text after the JSON value (value at byte 3 of 4)");
  assert_int_equal(json_scan_text(NULL, 0, &value, &error), STATUS_FORMAT);
}

static void test_json_scan_walks_objects_and_arrays(void **state) {
  (void)state;
  struct json_slice root, key, value;
  static const char text[] = "{\"a\" : 1 , \"b\":[ true,\"x\" ,{} ],\"a\":2, \"c\\n\":null}";
  assert_int_equal(json_scan_text(text, sizeof text - 1, &root, NULL), STATUS_OK);
  struct json_scan scan = json_scan_start(root);
  static const char *const members[][2] = {
      {"a", "1"}, {"b", "[ true,\"x\" ,{} ]"}, {"a", "2"}, {"c\\n", "null"}};
  for (size_t i = 0; i < 4; i++) {
    assert_true(json_scan_member(&scan, &key, &value));
    assert_true(json_slice_is(key, members[i][0]));
    assert_true(json_slice_is(value, members[i][1]));
  }
  assert_false(json_scan_member(&scan, &key, &value));
  assert_false(json_scan_member(&scan, &key, &value));
  assert_true(json_slice_is(json_scan_get(root, "a"), "1")); // the first of that name
  assert_true(json_slice_is(json_scan_at(json_scan_get(root, "b"), 1), "\"x\""));
  assert_null(json_scan_at(json_scan_get(root, "b"), 3).data);
  assert_null(json_scan_get(root, "x").data);
  assert_null(json_scan_get(json_scan_get(root, "a"), "x").data); // of a number
  assert_null(json_scan_at(root, 0).data);                        // of an object
}

static void test_json_scan_readers_take_only_their_own_kind(void **state) {
  (void)state;
  static const char *const values[] = {"", "null", "false", "true", "1", "\"1\"", "[1]", "{\"a\":1}"};
  static const enum json_kind kinds[] = {JSON_NONE,   JSON_NULL,   JSON_FALSE, JSON_TRUE,
                                         JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT};
  for (size_t i = 0; i < 8; i++) {
    struct json_slice value = slice(values[i]), element;
    struct buf text = {0};
    double number = -7;
    int64_t whole = -7;
    bool truth = false;
    assert_int_equal(json_scan_kind(value), kinds[i]);
    assert_int_equal(json_scan_number(value, &number), kinds[i] == JSON_NUMBER);
    assert_int_equal(json_scan_int64(value, &whole), kinds[i] == JSON_NUMBER);
    assert_int_equal(json_scan_bool(value, &truth), kinds[i] == JSON_TRUE || kinds[i] == JSON_FALSE);
    assert_int_equal(json_scan_string(value, &text), kinds[i] == JSON_STRING);
    assert_int_equal(json_scan_has_text(value), kinds[i] == JSON_STRING);
    assert_int_equal(json_scan_raw_string(value).data != NULL, kinds[i] == JSON_STRING);
    assert_true(kinds[i] == JSON_NUMBER ? number == 1 && whole == 1 : number == -7 && whole == -7);
    struct json_scan scan = json_scan_start(value);
    bool container = kinds[i] == JSON_ARRAY || kinds[i] == JSON_OBJECT;
    assert_int_equal(json_scan_element(&scan, &element), container);
    buf_free(&text);
  }
  assert_false(json_scan_has_text(slice("\"\"")));
}

static void test_json_scan_int64_table(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool valid;
    int64_t expected;
  } rows[] = {
      {"0", true, 0},
      {"-0", true, 0},
      {"42", true, 42},
      {"-42", true, -42},
      {"1.0", true, 1},
      {"1e3", true, 1000},
      {"1.5e1", true, 15},
      {"9223372036854775807", true, INT64_MAX},
      {"-9223372036854775808", true, INT64_MIN},
      {"9223372036854775808", false, 0},
      {"-9223372036854775809", false, 0},
      {"1.5", false, 0},
      {"1e300", false, 0},
      {"1e-1", false, 0},
      {"99999999999999999999999", false, 0},
      {"9007199254740992.0", true, 9007199254740992},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int64_t out = -7;
    bool valid = json_scan_int64(slice(rows[i].text), &out);
    if (valid != rows[i].valid || out != (valid ? rows[i].expected : -7)) fail_msg("%s", rows[i].text);
  }
}

// The C library is the judge; texts of all lengths, and those that are hard to round.
static void test_json_scan_numbers_are_what_strtod_reads(void **state) {
  (void)state;
  static const char *const hard[] = {"0.1",
                                     "0.3",
                                     "1e22",
                                     "1e23",
                                     "123456789012345",
                                     "1234567890123456",
                                     "0.000001",
                                     "9007199254740993",
                                     "1.7976931348623157e308",
                                     "2.2250738585072014e-308",
                                     "5e-324",
                                     "2.4703282292062328e-324",
                                     "0.00000000000000000000001",
                                     "6.02214076e23",
                                     "8.98846567431158e307",
                                     "0.5000000000000000000000000000000000000000000000001",
                                     "7205759403792793.5",
                                     "-0.0",
                                     "0e999",
                                     "1e-400"};
  for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
    double out;
    assert_true(json_scan_number(slice(hard[i]), &out));
    assert_true(out == strtod(hard[i], NULL));
  }
  uint64_t random = 88172645463325252U; // xorshift64, Marsaglia 2003
  for (int i = 0; i < 200000; i++) {
    char text[64];
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    snprintf(text, sizeof text, "%s%llu.%llu", random & 1 ? "-" : "",
             (unsigned long long)(random >> (20 + random % 40)), (unsigned long long)(random % 1000003));
    double out;
    assert_true(json_scan_number(slice(text), &out));
    if (out != strtod(text, NULL)) fail_msg("%s: %.17g", text, out);
  }
  double out = -7;
  assert_false(json_scan_number(slice("1e999"), &out));
  assert_true(out == -7);
}

static void test_json_scan_strings_are_unescaped(void **state) {
  (void)state;
  static const struct {
    const char *text, *expected;
  } rows[] = {
      {"\"\"", ""},
      {"\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\"", "a\"\\/\b\f\n\r\tz"},
      {"\"\\u0041\\u00e9\\u20AC\"", "Aé€"},
      {"\"\\uD834\\uDD1E\"", "\xF0\x9D\x84\x9E"}, // RFC 8259, 7: the G clef
      {"\"\\ud83c\\udf0a\"", "🌊"},
      {"\"\\uD834\"", "\xEF\xBF\xBD"},
      {"\"\\uDD1Ex\"", "\xEF\xBF\xBDx"},
      {"\"\\uD834\\u0041\"", "\xEF\xBF\xBD"
                             "A"},
      {"\"\\uD834\\uD834\\uDD1E\"", "\xEF\xBF\xBD\xF0\x9D\x84\x9E"},
      {"\"\\uFFFF\"", "\xEF\xBF\xBF"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct buf out = {0};
    assert_true(json_scan_string(slice(rows[i].text), &out));
    assert_string_equal(buf_text(&out), rows[i].expected);
    buf_free(&out);
  }
  struct buf nul = {0}, small = BUF_LIMIT(2);
  assert_true(json_scan_string(slice("\"a\\u0000b\""), &nul));
  assert_int_equal(nul.len, 3);
  assert_memory_equal(nul.data, "a\0b", 3);
  assert_false(json_scan_string(slice("\"abc\""), &small));
  buf_free(&nul);
  buf_free(&small);
}

// Every text that the scanner takes, cJSON takes, and both see the same.
static void same(struct json_slice value, const cJSON *node) {
  struct json_slice key, inner;
  struct json_scan scan = json_scan_start(value);
  const cJSON *child = node->child;
  double number = NAN;
  bool truth = false;
  struct buf text = {0};
  switch (json_scan_kind(value)) {
  case JSON_NUMBER:
    assert_true(cJSON_IsNumber(node) && json_scan_number(value, &number));
    assert_true(number == node->valuedouble);
    break;
  case JSON_STRING:
    assert_true(cJSON_IsString(node) && json_scan_string(value, &text));
    assert_string_equal(buf_text(&text), node->valuestring);
    break;
  case JSON_OBJECT:
    assert_true(cJSON_IsObject(node));
    for (; json_scan_member(&scan, &key, &inner); child = child->next)
      same(inner, child);
    assert_null(child);
    break;
  case JSON_ARRAY:
    assert_true(cJSON_IsArray(node));
    for (; json_scan_element(&scan, &inner); child = child->next)
      same(inner, child);
    assert_null(child);
    break;
  case JSON_NULL: assert_true(cJSON_IsNull(node)); break;
  default:
    assert_true(json_scan_bool(value, &truth));
    assert_true(truth ? cJSON_IsTrue(node) : cJSON_IsFalse(node));
  }
  buf_free(&text);
}

static void test_json_scan_sees_what_cjson_sees(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    struct json_slice value;
    assert_int_equal(json_scan_text(good[i], strlen(good[i]), &value, NULL), STATUS_OK);
    cJSON *document = cJSON_ParseWithLength(value.data, value.len);
    if (document) {
      same(value, document);
    } else {
      assert_non_null(strcasestr(good[i], "\\ud")); // cJSON takes no half of a surrogate pair
    }
    cJSON_Delete(document);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_json_scan_accepts_what_rfc_8259_allows),
      cmocka_unit_test(test_json_scan_refuses_what_rfc_8259_does_not_allow),
      cmocka_unit_test(test_json_scan_refuses_every_start_of_a_text),
      cmocka_unit_test(test_json_scan_sees_every_byte_of_a_string),
      cmocka_unit_test(test_json_scan_nesting_is_bounded),
      cmocka_unit_test(test_json_scan_value_is_without_the_space_around_it),
      cmocka_unit_test(test_json_scan_error_says_where_and_leaves_the_value_alone),
      cmocka_unit_test(test_json_scan_walks_objects_and_arrays),
      cmocka_unit_test(test_json_scan_readers_take_only_their_own_kind),
      cmocka_unit_test(test_json_scan_int64_table),
      cmocka_unit_test(test_json_scan_numbers_are_what_strtod_reads),
      cmocka_unit_test(test_json_scan_strings_are_unescaped),
      cmocka_unit_test(test_json_scan_sees_what_cjson_sees),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
