// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include "tests/unit/capture/convert/converting.h"

#define HEADER "{\"type\":\"trace\",\"version\":1,\"start_unix_s\":100}\n"
#define REQUEST "{\"type\":\"request\",\"seq\":0,\"t_s\":0,\"input_tokens\":600,\"output_tokens\":3}\n"

static void test_the_formats_are_found_by_name(void **state) {
  (void)state;
  static const char *const names[] = {"mooncake", "vegeta", "openai-batch"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    assert_ptr_equal(export_find(names[i]), &export_formats[i]);
  assert_null(export_formats[sizeof names / sizeof names[0]].name);
  assert_null(export_find("har"));
}

static void test_a_request_that_a_format_cannot_express_is_counted(void **state) {
  (void)state;
  struct converted converted = converting_export_text("openai-batch", HEADER REQUEST, NULL);
  assert_int_equal(converted.counts.left_out[IMPORT_SIZE_ONLY], 1);
  assert_int_equal(converted.lines.len, 0);
  assert_string_equal(converted.error.text,
                      "no request in it: all were left out (1: known only by size, without a body)");
  converted_free(&converted);
}

static void test_what_is_no_trace_is_rejected(void **state) {
  (void)state;
  struct converted converted = converting_export_text("mooncake", REQUEST, NULL);
  assert_int_equal(converted.status, STATUS_FORMAT);
  converted_free(&converted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_formats_are_found_by_name),
      cmocka_unit_test(test_a_request_that_a_format_cannot_express_is_counted),
      cmocka_unit_test(test_what_is_no_trace_is_rejected),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
