// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
// clang-format on

#include "analyze/results/summary.h"
#include "lib/base/buf.h"

#define UNKNOWN                                                                                              \
  { NAN, NAN, NAN }
#define NO_TIMES                                                                                             \
  { UNKNOWN, UNKNOWN, UNKNOWN }

static void test_unknown_numbers_are_empty_fields_and_flags_are_joined(void **state) {
  struct cell cell = {.workers = 2,
                      .batch = 8,
                      .total_s = 2.5,
                      .mean_s = NAN,
                      .tokens = 100,
                      .reps = 1,
                      .requests = 8,
                      .failed = 1,
                      .tokens_per_s = {40, NAN, NAN},
                      .ttft_s = NO_TIMES,
                      .latency_s = {{0.5, NAN, NAN}, UNKNOWN, UNKNOWN},
                      .tpot_s = NO_TIMES,
                      .flags = CELL_COLD | CELL_UNREPLICATED,
                      .in_best_set = true};
  struct results results = {.cells = &cell, .cell_count = 1};
  struct buf out = {0};
  (void)state;
  assert_int_equal(summary_csv(&results, &out), STATUS_OK);
  const char *row = strchr(buf_text(&out), '\n') + 1;
  assert_string_equal(row, "2,8,2.5,,40,100,1,8,1,,,,,,0.5,,,,,,true,cold|unreplicated\n");
  // As many names as fields.
  size_t names = 1, fields = 1;
  for (const char *at = buf_text(&out); at < row; at++)
    names += *at == ',';
  for (const char *at = row; *at; at++)
    fields += *at == ',';
  assert_int_equal(names, fields);
  buf_free(&out);
}

static void test_the_rate_has_the_name_of_what_it_counts(void **state) {
  struct results results = {.measure = MEASURE_REQUESTS};
  struct buf out = {0};
  (void)state;
  assert_int_equal(summary_csv(&results, &out), STATUS_OK);
  assert_non_null(strstr(buf_text(&out), ",requests_per_s,"));
  assert_non_null(strstr(buf_text(&out), ",requests_per_s_lo,requests_per_s_hi,"));
  buf_free(&out);
}

static void test_a_curve_alone_is_its_points(void **state) {
  struct curve_point points[] = {{.n = 1, .throughput = 10.5, .fitted = true}, {.n = 2, .throughput = 20}};
  struct results results = {.curve = {.exists = true, .points = points, .point_count = 2}};
  struct buf out = {0};
  (void)state;
  assert_int_equal(summary_csv(&results, &out), STATUS_OK);
  assert_string_equal(buf_text(&out), "n,throughput,fitted\n1,10.5,true\n2,20,false\n");
  buf_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_unknown_numbers_are_empty_fields_and_flags_are_joined),
      cmocka_unit_test(test_the_rate_has_the_name_of_what_it_counts),
      cmocka_unit_test(test_a_curve_alone_is_its_points),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
