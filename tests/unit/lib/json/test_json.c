// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/json/json.h"

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
    struct json *document = parse(texts[i]);
    check_print(document, texts[i]);
    json_free(document);
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

static void test_json_readers_take_null_and_other_kinds(void **state) {
  (void)state;
  struct json *document = parse("{\"a\":[1,\"x\",null,true],\"b\":{\"c\":2}}");
  const struct json *array = json_get(document, "a");
  assert_non_null(json_at(array, 3));
  assert_null(json_first(json_at(array, 0)));
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
      cmocka_unit_test(test_json_prints_what_it_read),
      cmocka_unit_test(test_json_refuses_what_cjson_would_take),
      cmocka_unit_test(test_json_takes_what_cjson_refuses),
      cmocka_unit_test(test_json_readers_take_null_and_other_kinds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
