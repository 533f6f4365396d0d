// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>

#include "analyze/report/number.h"

// Values and texts as the tables of the two first reports print them.
static void test_six_digits_are_those_of_the_reports(void **state) {
  (void)state;
  static const struct {
    double value;
    const char *text;
  } rows[] = {{1.44443, "1.44443"},
              {117.001, "117.001"},
              {0.872899, "0.872899"},
              {67.9250, "67.925"},
              {11.6289, "11.6289"},
              {163.62, "163.62"},
              {9657, "9657"},
              {0, "0"},
              {102.82, "102.82"},
              {10031, "10031"},
              {0.02, "0.02"},
              {1234567, "1234567"},
              {0.000123456789, "0.000123457"}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    assert_string_equal(number_six(rows[i].value).text, rows[i].text);
}

static void test_unknown_is_a_dash_and_never_nan(void **state) {
  (void)state;
  assert_string_equal(number_six(NAN).text, "\u2014");
  assert_string_equal(number_fixed(NAN, 2).text, "\u2014");
  assert_string_equal(number_percent(NAN).text, "\u2014");
  assert_string_equal(number_count(-1).text, "\u2014");
  assert_string_equal(number_six(INFINITY).text, "\u221e");
  assert_string_equal(number_fixed(-INFINITY, 2).text, "\u2212\u221e");
}

static void test_intervals_share_their_decimals(void **state) {
  (void)state;
  assert_string_equal(number_interval(0.34, 0.369, 3).text, "[0.340, 0.369]");
  assert_string_equal(number_interval(98.54, 101.23, 4).text, "[98.5, 101.2]");
  assert_string_equal(number_interval(381, 12345.6, 4).text, "[381, 12346]");
  assert_string_equal(number_interval(0.001, 500, 3).text, "[0.001, 500]");
  assert_string_equal(number_interval(0, 0, 3).text, "[0, 0]");
  assert_string_equal(number_interval(-2, 3, 2).text, "[-2.0, 3.0]");
}

static void test_an_open_end_is_infinite(void **state) {
  (void)state;
  assert_string_equal(number_interval(25.6, NAN, 3).text, "[25.6, \u221e)");
  assert_string_equal(number_interval(NAN, 31.4, 3).text, "(\u2212\u221e, 31.4]");
  assert_string_equal(number_interval(NAN, NAN, 3).text, "");
}

static void test_a_value_has_the_decimals_of_its_interval(void **state) {
  (void)state;
  assert_string_equal(number_with_interval(1, 0.96, 1.05, 3).text, "1.00 [0.96, 1.05]");
  assert_string_equal(number_with_interval(0.9, 0.5, NAN, 3).text, "0.900 [0.500, \u221e)");
  assert_string_equal(number_with_interval(2.21, 8.25e-06, 590128, 3).text, "2.21 [0, 590128]");
  assert_string_equal(number_with_interval(2.5, NAN, NAN, 3).text, "2.5");
  assert_string_equal(number_with_interval(NAN, NAN, NAN, 3).text, "\u2014");
  assert_string_equal(number_with_interval(NAN, 1, 2, 3).text, "\u2014 [1.00, 2.00]");
}

static void test_a_throughput_says_no_more_than_its_interval(void **state) {
  (void)state;
  assert_string_equal(number_throughput(387.139, 403.9).text, "387.14"); // as the first reports print it
  assert_string_equal(number_throughput(80.2079, 82.8).text, "80.21");
  assert_string_equal(number_throughput(27660.28, 28058).text, "27660");
  assert_string_equal(number_throughput(998.4, 1004).text, "998");
  assert_string_equal(number_throughput(0.012345, 0.01301).text, "0.01235");
  assert_string_equal(number_throughput(27660.28, NAN).text, "27660");
  assert_string_equal(number_throughput(387.139, NAN).text, "387.14");
  assert_string_equal(number_throughput(0, 0).text, "0.00");
  assert_string_equal(number_throughput(NAN, NAN).text, "\u2014");
}

static void test_percent_has_two_digits(void **state) {
  (void)state;
  assert_string_equal(number_percent(0.0207).text, "2.1");
  assert_string_equal(number_percent(0.5).text, "50");
  assert_string_equal(number_percent(1.0).text, "100");
  assert_string_equal(number_percent(0.0).text, "0");
  assert_string_equal(number_percent(1e-9).text, "0.0");
  assert_string_equal(number_percent(0.0996).text, "10");
}

static void test_no_locale_makes_it_a_comma(void **state) {
  (void)state;
  static const char *const names[] = {"ru_RU.UTF-8", "de_DE.UTF-8", "fr_FR.UTF-8", "ru_RU.utf8",
                                      "de_DE.utf8"};
  const char *set = NULL;
  for (size_t i = 0; i < sizeof names / sizeof names[0] && !set; i++)
    set = setlocale(LC_NUMERIC, names[i]);
  if (!set) {
    printf("no locale with a decimal comma is installed\n");
    skip();
  }
  struct number_text six = number_six(1.5), fixed = number_fixed(2.25, 2);
  setlocale(LC_NUMERIC, "C");
  assert_string_equal(six.text, "1.5");
  assert_string_equal(fixed.text, "2.25");
}

static void test_exact_digits_keep_their_zeros(void **state) {
  static const struct {
    double value;
    const char *text;
  } cases[] = {{45, "45.0"}, {3.5, "3.50"},   {99.96, "100"},        {9.996, "10.0"}, {0.4, "0.400"},
               {0, "0"},     {999.6, "1000"}, {NAN, NUMBER_UNKNOWN}, {-2.5, "-2.50"}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_string_equal(number_digits(cases[i].value, 3).text, cases[i].text);
}

static void test_commas_go_into_numbers_only(void **state) {
  (void)state;
  static const char *const words[][2] = {
      {"230.48 [223.3, 237.9]", "230,48 [223,3; 237,9]"},
      {"(\u2212\u221e, 3.2]", "(\u2212\u221e; 3,2]"},
      {"[342.1, \u221e)", "[342,1; \u221e)"},
      {"142.2\u2020, \u22120.4 %, +1.5%", "142,2\u2020, \u22120,4 %, +1,5%"},
      {"10 [8, 12], 11 [9, 13]", "10 [8; 12], 11 [9; 13]"},
      {"lambda = 45.2; p = 0.5.", "lambda = 45,2; p = 0,5."},
      {"ttft_p95=0.5s run.2.jsonl 127.0.0.1:80 8.5.0 v2.1",
       "ttft_p95=0.5s run.2.jsonl 127.0.0.1:80 8.5.0 v2.1"},
      {"14.1, 28.3, and 3.5, then", "14,1; 28,3, and 3,5, then"},
      {"", ""},
  };
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    struct buf out = {0};
    number_append_with_commas(&out, words[i][0]);
    assert_string_equal(buf_text(&out), words[i][1]);
    buf_free(&out);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_commas_go_into_numbers_only),
      cmocka_unit_test(test_exact_digits_keep_their_zeros),
      cmocka_unit_test(test_six_digits_are_those_of_the_reports),
      cmocka_unit_test(test_unknown_is_a_dash_and_never_nan),
      cmocka_unit_test(test_intervals_share_their_decimals),
      cmocka_unit_test(test_an_open_end_is_infinite),
      cmocka_unit_test(test_a_value_has_the_decimals_of_its_interval),
      cmocka_unit_test(test_a_throughput_says_no_more_than_its_interval),
      cmocka_unit_test(test_percent_has_two_digits),
      cmocka_unit_test(test_no_locale_makes_it_a_comma),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
