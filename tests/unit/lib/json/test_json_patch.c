// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/json/json_patch.h"

struct example {
  const char *target, *patch, *result;
};

static void check(const struct example *examples, size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct json_slice target, patch;
    struct buf out = {0};
    assert_int_equal(json_scan_text(examples[i].target, strlen(examples[i].target), &target, NULL),
                     STATUS_OK);
    assert_int_equal(json_scan_text(examples[i].patch, strlen(examples[i].patch), &patch, NULL), STATUS_OK);
    assert_int_equal(json_patch(target, patch, &out), STATUS_OK);
    assert_string_equal(buf_text(&out), examples[i].result);
    buf_free(&out);
  }
}

static void test_the_examples_of_rfc_7396_appendix_a(void **state) {
  (void)state;
  static const struct example examples[] = {
      {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
      {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
      {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
      {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
      {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
      {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
      {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
      {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
      {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
      {"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
      {"{\"a\":\"foo\"}", "null", "null"},
      {"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
      {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
      {"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
      {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
  };
  check(examples, sizeof examples / sizeof examples[0]);
}

static void test_what_is_not_named_stays_byte_for_byte(void **state) {
  (void)state;
  static const struct example examples[] = {
      {"{\"seed\":123456789012345678901234567890,\"x\":1.0,\"t\":\"\\u0000 \\ud800 \\/\"}", "{\"m\":1}",
       "{\"seed\":123456789012345678901234567890,\"x\":1.0,\"t\":\"\\u0000 \\ud800 \\/\",\"m\":1}"},
      {"{ \"a\" : [1, 2] , \"b\":3}", "{\"b\":4}", "{\"a\":[1, 2],\"b\":4}"},
      {"{\"o\":{\"n\":1e400,\"k\":2}}", "{\"o\":{\"k\":3}}", "{\"o\":{\"n\":1e400,\"k\":3}}"},
  };
  check(examples, sizeof examples / sizeof examples[0]);
}

static void test_a_member_that_stands_twice_is_left_once(void **state) {
  (void)state;
  static const struct example examples[] = {
      {"{\"model\":\"a\",\"x\":1,\"model\":\"b\"}", "{\"model\":\"c\"}", "{\"model\":\"c\",\"x\":1}"},
      {"{\"model\":\"a\",\"model\":\"b\"}", "{\"model\":null}", "{}"},
      {"{\"x\":1,\"x\":2}", "{\"y\":3}", "{\"x\":1,\"x\":2,\"y\":3}"},
  };
  check(examples, sizeof examples / sizeof examples[0]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_examples_of_rfc_7396_appendix_a),
      cmocka_unit_test(test_what_is_not_named_stays_byte_for_byte),
      cmocka_unit_test(test_a_member_that_stands_twice_is_left_once),
  };
  return cmocka_run_group_tests_name("json_patch", tests, NULL, NULL);
}
