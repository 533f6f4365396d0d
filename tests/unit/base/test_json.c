// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/json.h"

static struct json *parse(const char *text) {
  struct json *document = NULL;
  struct error error = {.text = ""};
  if (json_parse(text, strlen(text), &document, &error)) fail_msg("%s: %s", text, error.text);
  return document;
}

static void check_print(const struct json *document, const char *expected) {
  struct buf out = {0};
  assert_int_equal(json_print(document, &out), STATUS_OK);
  assert_string_equal(buf_text(&out), expected);
  buf_free(&out);
}

// RFC 7396, appendix A; a NULL result: our merge takes objects only and says so.
static void test_json_merge_does_what_rfc_7396_appendix_a_says(void **state) {
  (void)state;
  static const struct {
    const char *original, *patch, *result;
  } rows[] = {
      {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
      {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
      {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
      {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
      {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
      {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
      {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
      {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
      {"[\"a\",\"b\"]", "[\"c\",\"d\"]", NULL},
      {"{\"a\":\"b\"}", "[\"c\"]", NULL},
      {"{\"a\":\"foo\"}", "null", NULL},
      {"{\"a\":\"foo\"}", "\"bar\"", NULL},
      {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
      {"[1,2]", "{\"a\":\"b\",\"c\":null}", NULL},
      {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct json *original = parse(rows[i].original), *patch = parse(rows[i].patch);
    assert_int_equal(json_merge(original, patch), rows[i].result ? STATUS_OK : STATUS_FORMAT);
    check_print(original, rows[i].result ? rows[i].result : rows[i].original);
    check_print(patch, rows[i].patch);
    json_free(original);
    json_free(patch);
  }
}

// The example of RFC 7396, 3.
static void test_json_merge_example_of_rfc_7396(void **state) {
  (void)state;
  struct json *original =
      parse("{\"title\":\"Goodbye!\",\"author\":{\"givenName\":\"John\",\"familyName\":\"Doe\"},"
            "\"tags\":[\"example\",\"sample\"],\"content\":\"This will be unchanged\"}");
  struct json *patch = parse("{\"title\":\"Hello!\",\"phoneNumber\":\"+01-123-456-7890\","
                             "\"author\":{\"familyName\":null},\"tags\":[\"example\"]}");
  assert_int_equal(json_merge(original, patch), STATUS_OK);
  check_print(original, "{\"title\":\"Hello!\",\"author\":{\"givenName\":\"John\"},\"tags\":[\"example\"],"
                        "\"content\":\"This will be unchanged\",\"phoneNumber\":\"+01-123-456-7890\"}");
  json_free(original);
  json_free(patch);
}

static void test_json_prints_what_it_read(void **state) {
  (void)state;
  static const char *const texts[] = {"null",
                                      "[]",
                                      "{}",
                                      "\"\"",
                                      "-1.5",
                                      "9007199254740991",
                                      "0.1",
                                      "[1,[2,{\"a\":null}],true,false]",
                                      "{\"a\":\"\\\"\\\\\\n\\u0001é\",\"b\\\"\\n\":1,\"\":2}",
                                      "1e+300",
                                      "\"🌊\""};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct json *document = parse(texts[i]), *copy = json_copy(document);
    check_print(document, texts[i]);
    json_free(document);
    check_print(copy, texts[i]);
    json_free(copy);
  }
}

static void test_json_refuses_what_cjson_would_take(void **state) {
  (void)state;
  static const char *const texts[] = {"01",         "[1,]",           "\"a\nb\"", "1 2",  "",
                                      "{\"a\":1}x", "\xEF\xBB\xBF{}", "nul",      "[1 2]"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct json *document = NULL;
    struct error error = {.text = ""};
    assert_int_equal(json_parse(texts[i], strlen(texts[i]), &document, &error), STATUS_FORMAT);
    assert_null(document);
    assert_string_not_equal(error.text, "");
  }
}

static void test_json_takes_what_cjson_refuses(void **state) {
  (void)state;
  static const struct {
    const char *text, *expected;
  } rows[] = {
      {"[\"cut \\ud83c\",\"\\udf0a low\",\"\\ud83c\\ud83c\\udf0a\",\"\\\\ud83c\"]",
       "[\"cut \xEF\xBF\xBD\",\"\xEF\xBF\xBD low\",\"\xEF\xBF\xBD🌊\",\"\\\\ud83c\"]"},
      {"[\"\\ud83cA\",\"\\ud83c\\n\"]", "[\"\xEF\xBF\xBD"
                                        "A\",\"\xEF\xBF\xBD\\n\"]"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct json *document = parse(rows[i].text);
    check_print(document, rows[i].expected);
    json_free(document);
  }
}

static void test_json_set_replaces_in_place_and_adds_at_the_end(void **state) {
  (void)state;
  struct json *document = parse("{\"a\":1,\"b\":2,\"c\":3}");
  assert_int_equal(json_set_string(document, "b", "x\"y"), STATUS_OK);
  assert_int_equal(json_set_number(document, "d", 0.5), STATUS_OK);
  assert_int_equal(json_set_bool(document, "a", true), STATUS_OK);
  check_print(document, "{\"a\":true,\"b\":\"x\\\"y\",\"c\":3,\"d\":0.5}");
  json_remove(document, "c");
  json_remove(document, "c");
  assert_int_equal(json_set(document, "B", json_new_object()), STATUS_OK); // another name than b
  check_print(document, "{\"a\":true,\"b\":\"x\\\"y\",\"d\":0.5,\"B\":{}}");
  assert_int_equal(json_change_text(json_get(document, "b"), "a longer text than before"), STATUS_OK);
  assert_string_equal(json_text(json_get(document, "b")), "a longer text than before");
  assert_int_equal(json_change_text(json_get(document, "a"), "x"), STATUS_FORMAT);
  json_free(document);
}

static void test_json_set_takes_objects_only(void **state) {
  (void)state;
  struct json *array = parse("[1]");
  assert_int_equal(json_set_number(array, "a", 1), STATUS_FORMAT);
  assert_int_equal(json_set(array, "a", json_new_object()), STATUS_FORMAT); // and frees what it was given
  assert_int_equal(json_set(array, "a", NULL), STATUS_MEMORY);
  check_print(array, "[1]");
  json_remove(array, "a");
  json_free(array);
}

static void test_json_readers_take_null_and_other_kinds(void **state) {
  (void)state;
  struct json *document = parse("{\"a\":[1,\"x\",null,true],\"b\":{\"c\":2}}");
  const struct json *array = json_get(document, "a");
  assert_int_equal(json_count(array), 4);
  assert_int_equal(json_count(document), 2);
  assert_int_equal(json_count(json_at(array, 0)), 0);
  assert_true(json_number(json_at(array, 0), -7) == 1);
  assert_true(json_number(json_at(array, 1), -7) == -7);
  assert_string_equal(json_text(json_at(array, 1)), "x");
  assert_null(json_text(json_at(array, 0)));
  assert_true(json_bool(json_at(array, 3), false));
  assert_true(json_bool(json_at(array, 2), true));
  assert_null(json_at(array, 4));
  assert_null(json_get(array, "a"));
  assert_null(json_get(document, "A"));
  assert_string_equal(json_key(json_next(json_first(document))), "b");
  assert_int_equal(json_kind_of(json_at(array, 2)), JSON_NULL);
  assert_int_equal(json_kind_of(NULL), JSON_NONE);
  assert_null(json_get(NULL, "a"));
  assert_null(json_first(NULL));
  assert_null(json_next(NULL));
  assert_null(json_text(NULL));
  assert_null(json_key(NULL));
  assert_true(json_number(NULL, 3) == 3);
  assert_true(json_bool(NULL, true));
  json_free(document);
  json_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_json_merge_does_what_rfc_7396_appendix_a_says),
      cmocka_unit_test(test_json_merge_example_of_rfc_7396),
      cmocka_unit_test(test_json_prints_what_it_read),
      cmocka_unit_test(test_json_refuses_what_cjson_would_take),
      cmocka_unit_test(test_json_takes_what_cjson_refuses),
      cmocka_unit_test(test_json_set_replaces_in_place_and_adds_at_the_end),
      cmocka_unit_test(test_json_set_takes_objects_only),
      cmocka_unit_test(test_json_readers_take_null_and_other_kinds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
