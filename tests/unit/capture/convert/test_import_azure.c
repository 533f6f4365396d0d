// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include "tests/unit/capture/convert/converting.h"

#define DATA "tests/data/import/"
#define AZURE "TIMESTAMP,ContextTokens,GeneratedTokens\n"
#define AZURE_GOOD "2023-11-16 18:17:03.9799600,4808,10\n"

static void test_azure_keeps_a_ten_millionth_of_a_second_over_leap_days(void **state) {
  (void)state;
  struct converted converted = converting_file("azure", DATA "azure.csv", NULL);
  struct trace_request request = converted_request(&converted, 1);
  assert_int_equal(converted.counts.requests, 3);
  assert_int_equal(request.t_ns, 200); // 23:59:59.9999999 to 00:00:00.0000001
  assert_int_equal(request.input_tokens, 17);
  assert_int_equal(request.output_tokens, 8);
  assert_slice(request.api, "openai.chat");
  // 2024-02-28 23:59:59.9999999 to 2024-03-01 00:00:00.5: a day, 0.5 s and the rest of a second
  assert_int_equal(converted_request(&converted, 2).t_ns, INT64_C(86400500000100));
  // date -u -d '2024-02-29' +%s
  double start_unix_s = converted_record(&converted, "\"type\":\"trace\"", 0).header.start_unix_s;
  assert_true(start_unix_s > 1709164799.9999 && start_unix_s <= 1709164800);
  converted_free(&converted);
}

static void test_azure_names_the_line_and_what_is_wrong(void **state) {
  static const struct converting_bad cases[] = {
      {"", "no request in it: it is empty"},
      {AZURE, "no request in it: it is empty"},
      {AZURE_GOOD, "line 1 names no column 'TIMESTAMP'"},
      {"TIMESTAMP,ContextTokens\n2023-11-16 18:17:03,1\n", "line 1 names no column 'GeneratedTokens'"},
      {AZURE "yesterday,1,2\n", "line 2: TIMESTAMP 'yesterday' is no YYYY-MM-DD HH:MM:SS.FFFFFFF"},
      {AZURE "2023-02-29 00:00:00,1,2\n",
       "line 2: TIMESTAMP '2023-02-29 00:00:00' is no YYYY-MM-DD HH:MM:SS.FFFFFFF"},
      {AZURE AZURE_GOOD "2023-11-16 18:17:04.,1,2\n",
       "line 3: TIMESTAMP '2023-11-16 18:17:04.' is no YYYY-MM-DD HH:MM:SS.FFFFFFF"},
      {AZURE AZURE_GOOD "2023-11-16 18:17:04,-1,2\n",
       "line 3: ContextTokens is not a whole number from 0 to 2^53"},
      {AZURE AZURE_GOOD "\n2023-11-16 18:17:04,1,2.5\n",
       "line 4: GeneratedTokens is not a whole number from 0 to 2^53"},
      {AZURE AZURE_GOOD "2023-11-16 18:17:04,1\n", "line 3: no field 'GeneratedTokens'"},
      {AZURE AZURE_GOOD "2023-11-16 18:17:03.9799599,1,2\n",
       "line 3: its time is before that of the first request"},
      {AZURE "\"2023-11-16 18:17:04,1,2\n", "line 2: quotes are never closed"},
      {"\n" AZURE "\n\"2023-11-16 18:17:04,1,2\n\n", "line 4: quotes are never closed"},
      {AZURE "\"2023-11-16 18:17:04\"x,1,2\n", "line 2: text after the closing quote"},
  };
  (void)state;
  CONVERTING_REJECTS("azure", cases);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_azure_keeps_a_ten_millionth_of_a_second_over_leap_days),
      cmocka_unit_test(test_azure_names_the_line_and_what_is_wrong),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
