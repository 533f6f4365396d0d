// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include "tests/unit/capture/convert/converting.h"

static void test_columns_in_any_order_quoted_and_with_cr_lf(void **state) {
  (void)state;
  struct converted converted =
      converting("azure", "\xEF\xBB\xBFGeneratedTokens,\"note, quoted\",contexttokens,TIMESTAMP\r\n"
                          "5,\"a \"\"b\"\", c\",7,\"2023-11-16 18:17:03\"\r\n");
  assert_int_equal(converted_request(&converted, 0).input_tokens, 7);
  assert_int_equal(converted_request(&converted, 0).output_tokens, 5);
  converted_free(&converted);
}

// As spreadsheets save it: semicolons, a quoted cell of two lines, one of them blank, blank lines between.
static void test_a_spreadsheet_is_read_as_analyze_reads_it(void **state) {
  (void)state;
  struct converted converted =
      converting("azure", "\nTIMESTAMP;note;ContextTokens;GeneratedTokens\n\n"
                          "2023-11-16 18:17:03;\"two\n\nlines\";7;5\n;;;\n2023-11-16 18:17:04;;8;6\n");
  assert_int_equal(converted_request(&converted, 0).input_tokens, 7);
  assert_int_equal(converted_request(&converted, 1).output_tokens, 6);
  converted_free(&converted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_columns_in_any_order_quoted_and_with_cr_lf),
      cmocka_unit_test(test_a_spreadsheet_is_read_as_analyze_reads_it),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
