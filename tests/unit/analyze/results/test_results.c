// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
// clang-format on

#include "analyze/results/results.h"

static void test_a_cell_is_found_by_workers_and_batch(void **state) {
  struct cell cells[] = {{.workers = 1, .batch = 4}, {.workers = 2, .batch = 2}, {.workers = 2, .batch = 8}};
  struct results results = {.cells = cells, .cell_count = 3};
  (void)state;
  for (size_t i = 0; i < 3; i++)
    assert_int_equal(results_find(&results, cells[i].workers, cells[i].batch), i);
  assert_true(results_find(&results, 2, 4) == SIZE_MAX);
  assert_true(results_find(&(struct results){0}, 2, 4) == SIZE_MAX);
}

static void test_a_load_offers_its_rate_or_what_original_times_come_to(void **state) {
  struct load loads[] = {{.rate = 5, .sent_per_s = 4.9}, {.rate = NAN, .sent_per_s = 3}};
  struct results results = {.loads = loads, .load_count = 2};
  (void)state;
  assert_true(results_offered(&results, 0) == 5);
  assert_true(results_offered(&results, 1) == 3);
  assert_true(isnan(results_offered(&results, 2)) && isnan(results_offered(&results, SIZE_MAX)));
}

static void test_the_value_of_a_limit_is_its_time_and_percentile(void **state) {
  struct cell cell = {.ttft_s.p95.estimate = 1,
                      .tpot_s.p50.estimate = 2,
                      .latency_s.p99.estimate = 3,
                      .good_share.estimate = 0.5};
  struct results results = {.limits = {{RESULTS_TTFT, 95, 9},
                                       {RESULTS_TPOT, 50, 9},
                                       {RESULTS_LATENCY, 99, 9},
                                       {RESULTS_TTFT, 0, 9}},
                            .limit_count = 4};
  static const double expected[] = {1, 2, 3, 0.5};
  (void)state;
  for (cell.slo_limit = 0; cell.slo_limit < 4; cell.slo_limit++)
    assert_true(results_limit_value(&results, &cell)->estimate == expected[cell.slo_limit]);
  assert_true(isnan(results_limit_value(&results, &cell)->estimate)); // no fifth one
}

static void test_freeing_leaves_all_zero(void **state) {
  static const struct results zero;
  struct results results = {
      .title = strdup("title"), .cells = calloc(1, sizeof *results.cells), .cell_count = 1};
  (void)state;
  results_free(&results);
  assert_memory_equal(&results, &zero, sizeof zero);
  results_free(&results); // takes it again
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_cell_is_found_by_workers_and_batch),
      cmocka_unit_test(test_a_load_offers_its_rate_or_what_original_times_come_to),
      cmocka_unit_test(test_the_value_of_a_limit_is_its_time_and_percentile),
      cmocka_unit_test(test_freeing_leaves_all_zero),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
