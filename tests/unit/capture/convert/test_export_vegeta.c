// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include "tests/unit/capture/convert/converting.h"

#define HEADER                                                                                               \
  "{\"type\":\"trace\",\"version\":1,\"start_unix_s\":100,\"upstream\":\"http://10.0.0.1:8000\"}\n"
#define CHAT "\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"api\":\"openai.chat\""

static void test_vegeta_targets_go_to_the_upstream_or_where_told(void **state) {
  static const char text[] = HEADER
      "{\"type\":\"request\",\"seq\":0,\"t_s\":0," CHAT
      ",\"headers\":{\"accept\":\"a\\\"b\"},\"body\":{\"a\":1}}\n"
      "{\"type\":\"request\",\"seq\":1,\"t_s\":0,\"method\":\"POST\",\"path\":\"/"
      "x?y=1\",\"body_text\":\"fo\\u006f\"}\n"
      "{\"type\":\"request\",\"seq\":2,\"t_s\":0,\"method\":\"PUT\",\"path\":\"/"
      "x\",\"body_base64\":\"AP8=\"}\n"
      "{\"type\":\"request\",\"seq\":3,\"t_s\":0,\"method\":\"GET\",\"path\":\"/v1/models\"}\n"
      "{\"type\":\"request\",\"seq\":4,\"t_s\":0,\"method\":\"POST\",\"path\":\"/"
      "x\",\"body_truncated\":true}\n"
      "{\"type\":\"request\",\"seq\":5,\"t_s\":0,\"method\":\"POST\",\"path\":\"/x\",\"input_tokens\":9}\n";
  (void)state;
  struct converted converted = converting_export_text("vegeta", text, NULL);
  assert_int_equal(import_left_out(&converted.counts), 2);
  assert_int_equal(converted.counts.left_out[IMPORT_CUT_BODY], 1);
  assert_int_equal(converted.counts.left_out[IMPORT_SIZE_ONLY], 1);
  // base64 of {"a":1} and foo: RFC 4648's digits, by coreutils' base64
  assert_converted(
      &converted,
      "{\"method\":\"POST\",\"url\":\"http://10.0.0.1:8000/v1/chat/completions\",\"body\":\"eyJhIjoxfQ==\","
      "\"header\":{\"accept\":[\"a\\\"b\"]}}\n"
      "{\"method\":\"POST\",\"url\":\"http://10.0.0.1:8000/x?y=1\",\"body\":\"Zm9v\"}\n"
      "{\"method\":\"PUT\",\"url\":\"http://10.0.0.1:8000/x\",\"body\":\"AP8=\"}\n"
      "{\"method\":\"GET\",\"url\":\"http://10.0.0.1:8000/v1/models\"}\n");
  converted = converting_export_text("vegeta", text, "https://other/base/");
  assert_int_equal(converted_count(&converted, "\"url\":\"https://other/base/x\""), 1);
  converted_free(&converted);
}

static void test_vegeta_without_any_address_is_refused(void **state) {
  (void)state;
  struct converted converted = converting_export_text(
      "vegeta",
      "{\"type\":\"trace\",\"version\":1,\"start_unix_s\":0}\n"
      "{\"type\":\"request\",\"seq\":3,\"t_s\":0,\"method\":\"GET\",\"path\":\"/v1/models\"}\n",
      NULL);
  assert_int_equal(converted.status, STATUS_USAGE);
  assert_string_equal(converted.error.text, "the trace names no upstream: give --upstream URL");
  converted_free(&converted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_vegeta_targets_go_to_the_upstream_or_where_told),
      cmocka_unit_test(test_vegeta_without_any_address_is_refused),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
