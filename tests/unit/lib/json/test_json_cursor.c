// SPDX-License-Identifier: GPL-3.0-or-later
//
// test_json_scan.c walks every text with a cursor too, and compares what both accept.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/json/json_cursor.h"

static void test_a_cursor_hands_out_values_in_one_pass(void **state) {
  (void)state;
  static const char text[] = " {\"a\":{\"b\":[1,2]},\"c\":\"x\",\"d\":7} ";
  struct json_cursor cursor = json_cursor_start(text, sizeof text - 1);
  struct json_slice key;
  assert_int_equal(json_cursor_kind(&cursor), JSON_OBJECT);
  assert_true(json_cursor_object(&cursor));
  assert_true(json_cursor_member(&cursor, &key));
  assert_true(json_slice_is(key, "a"));
  assert_false(json_cursor_array(&cursor)); // of another kind: passed over
  assert_true(json_cursor_member(&cursor, &key));
  assert_true(json_slice_is(json_cursor_value(&cursor), "\"x\""));
  assert_true(json_cursor_member(&cursor, &key));
  assert_int_equal(json_cursor_kind(&cursor), JSON_NUMBER);
  json_cursor_skip(&cursor);
  assert_false(json_cursor_finish(&cursor)); // still inside
  assert_false(json_cursor_member(&cursor, &key));
  assert_true(json_cursor_finish(&cursor));
}

static void test_a_malformed_text_stays_failed(void **state) {
  (void)state;
  struct json_cursor cursor = json_cursor_start("{\"a\":x,\"b\":1}", 13);
  struct json_slice key;
  assert_true(json_cursor_object(&cursor));
  assert_true(json_cursor_member(&cursor, &key));
  assert_null(json_cursor_value(&cursor).data);
  assert_false(json_cursor_member(&cursor, &key));
  assert_false(json_cursor_element(&cursor));
  assert_false(json_cursor_object(&cursor));
  assert_false(json_cursor_array(&cursor));
  assert_false(json_cursor_finish(&cursor));
}

// The elements of every array and the values of every object, depth first.
static void walk(struct json_cursor *cursor, struct buf *out) {
  struct json_slice key;
  if (json_cursor_kind(cursor) == JSON_OBJECT) {
    if (!json_cursor_object(cursor)) return;
    while (json_cursor_member(cursor, &key)) {
      buf_append(out, key.data, key.len);
      buf_append_char(out, ':');
      walk(cursor, out);
    }
  } else if (json_cursor_kind(cursor) == JSON_ARRAY) {
    if (!json_cursor_array(cursor)) return;
    while (json_cursor_element(cursor))
      walk(cursor, out);
  } else {
    struct json_slice value = json_cursor_value(cursor);
    buf_append(out, value.data, value.len);
    buf_append_char(out, ' ');
  }
}

static void test_empty_nested_and_spaced_containers_are_walked(void **state) {
  (void)state;
  static const struct {
    const char *text, *walked; // NULL: malformed
  } cases[] = {
      {"[]", ""},
      {" [ ] ", ""},
      {"{}", ""},
      {"[[],{},[1]]", "1 "},
      {"{\"a\" : [ 1 , \"x]\" ] ,\n\"b\\u0041\":{\"c\":null}}", "a:1 \"x]\" b\\u0041:c:null "},
      {"true", "true "},
      {"[1,]", NULL},
      {"[,1]", NULL},
      {"[1 2]", NULL},
      {"{\"a\":1,}", NULL},
      {"{\"a\"}", NULL},
      {"{a:1}", NULL},
      {"{\"a\":1]", NULL},
      {"[1}", NULL},
      {"[1", NULL},
      {"[1] 2", NULL},
      {"", NULL},
      {" ", NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct buf out = {0};
    struct json_cursor cursor = json_cursor_start(cases[i].text, strlen(cases[i].text));
    walk(&cursor, &out);
    bool whole = json_cursor_finish(&cursor);
    if (whole != (cases[i].walked != NULL)) fail_msg("%s", cases[i].text);
    if (whole) assert_string_equal(buf_text(&out), cases[i].walked);
    buf_free(&out);
  }
}

static void test_nesting_deeper_than_the_limit_is_malformed(void **state) {
  (void)state;
  for (int depth = JSON_SCAN_DEPTH; depth <= JSON_SCAN_DEPTH + 1; depth++) {
    struct buf text = {0}, out = {0};
    for (int i = 0; i < depth; i++)
      buf_append_char(&text, '[');
    for (int i = 0; i < depth; i++)
      buf_append_char(&text, ']');
    struct json_cursor cursor = json_cursor_start(text.data, text.len);
    walk(&cursor, &out);
    assert_int_equal(json_cursor_finish(&cursor), depth == JSON_SCAN_DEPTH);
    buf_free(&text);
    buf_free(&out);
  }
}

static void test_no_bytes_are_an_empty_text(void **state) {
  (void)state;
  struct json_cursor cursor = json_cursor_start(NULL, 0);
  assert_int_equal(json_cursor_kind(&cursor), JSON_NONE);
  assert_false(json_cursor_object(&cursor));
  assert_false(json_cursor_finish(&cursor));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_cursor_hands_out_values_in_one_pass),
      cmocka_unit_test(test_a_malformed_text_stays_failed),
      cmocka_unit_test(test_empty_nested_and_spaced_containers_are_walked),
      cmocka_unit_test(test_nesting_deeper_than_the_limit_is_malformed),
      cmocka_unit_test(test_no_bytes_are_an_empty_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
