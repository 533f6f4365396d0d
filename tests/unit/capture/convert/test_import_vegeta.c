// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <string.h>

#include "tests/unit/capture/convert/converting.h"

#define DATA "tests/data/import/"
#define VEGETA(members) "{\"method\":\"POST\",\"url\":\"http://h/x\"" members "}\n"

static void test_vegeta_bodies_and_headers_without_secrets(void **state) {
  (void)state;
  struct converted converted = converting_file("vegeta", DATA "vegeta.jsonl", NULL);
  struct trace_request request = converted_request(&converted, 0);
  assert_slice(request.path, "/v1/chat/completions");
  assert_slice(request.body,
               "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Gr\xC3\xBC\xC3\x9F"
               "e?\"}],\"stream\":true}");
  assert_slice(request.headers,
               "{\"content-type\":\"application/json\",\"accept\":\"text/event-stream, */*\"}");
  assert_slice(request.api, "openai.chat");
  assert_slice(request.model, "m");
  assert_true(request.stream);
  assert_null(memmem(converted.lines.data, converted.lines.len, "sk-secret", 9));
  assert_slice(converted_request(&converted, 1).method, "GET");
  assert_int_equal(converted_request(&converted, 1).body_kind, TRACE_BODY_NONE);
  request = converted_request(&converted, 2);
  assert_int_equal(request.body_kind, TRACE_BODY_BASE64);
  assert_slice(request.body, "AP/+AQ==");
  assert_slice(request.api, "http");
  converted_free(&converted);
}

static void test_vegeta_names_the_line_and_what_is_wrong(void **state) {
  static const struct converting_bad cases[] = {
      {"", "no request in it: it is empty"},
      {"GET http://h/\n", "line 1: malformed JSON value (value at byte 0 of 13)"},
      {"{\"method\":\"POST\"}\n", "line 1: \"url\" is missing"},
      {"{\"url\":\"http://h/x\"}\n", "line 1: \"method\" is missing"},
      {"{\"method\":\"PO ST\",\"url\":\"http://h/x\"}\n", "line 1: its method is no HTTP method"},
      {"{\"method\":\"\",\"url\":\"http://h/x\"}\n", "line 1: its method is no HTTP method"},
      {"{\"method\":\"GET\",\"url\":\"ftp://h/x\"}\n",
       "line 1: its URL is neither http, nor https, nor a path"},
      {"{\"method\":\"GET\",\"url\":\"/a b\"}\n", "line 1: its URL is neither http, nor https, nor a path"},
      {VEGETA("") VEGETA(",\"body\":\"a\""), "line 2: \"body\" is no base64"},
      {VEGETA(",\"body\":\"YW=J\""), "line 1: \"body\" is no base64"},
      {VEGETA(",\"body\":{}"), "line 1: \"body\" is not a string"},
      {VEGETA(",\"header\":[]"), "line 1: \"header\" is not an object"},
      {VEGETA(",\"header\":{\"Accept\":\"x\"}"), "line 1: \"header\" does not hold arrays of strings"},
  };
  (void)state;
  CONVERTING_REJECTS("vegeta", cases);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_vegeta_bodies_and_headers_without_secrets),
      cmocka_unit_test(test_vegeta_names_the_line_and_what_is_wrong),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
