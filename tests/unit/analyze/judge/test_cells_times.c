// SPDX-License-Identifier: GPL-3.0-or-later
//
// Percentiles of a cell: what repeats is a batch or a session, not a request.
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

#include "analyze/input/load_reader.h"
#include "analyze/judge/cells_times.h"
#include "lib/base/clock.h"
#include "tests/unit/analyze/scenario.h"

enum { REQUESTS = 200 };

// Batches whose latencies are 1 ms times their own factor, each spread by 1 %.
static void fill(struct load_cell *cell, const double *factors, size_t count, bool managed) {
  for (size_t b = 0; b < count; b++) {
    struct load_times times = {0};
    for (int i = 0; i < REQUESTS; i++) {
      double spread = 1 + 0.01 * (i - REQUESTS / 2.0) / REQUESTS;
      assert_int_equal(times_add(&times.of[LOAD_LATENCY], (int64_t)(1e6 * factors[b] * spread)), STATUS_OK);
    }
    if (!managed) assert_int_equal(load_cell_add_batch(cell, &times), STATUS_OK);
    assert_int_equal(load_times_merge(&cell->current, &times), STATUS_OK);
    if (managed) assert_int_equal(load_cell_fold(cell), STATUS_OK);
    load_times_free(&times);
  }
  if (!managed) assert_int_equal(load_cell_fold(cell), STATUS_OK);
}

static struct estimate p50_of(const double *factors, size_t count, bool managed) {
  struct load_data data = LOAD_DATA;
  struct cell cell = {0};
  size_t index;
  assert_int_equal(load_cell_of(&data, 1, REQUESTS, &index), STATUS_OK);
  fill(&data.cells[index], factors, count, managed);
  cells_times_fill(&data.cells[index], 0.95, &cell);
  load_free(&data);
  return cell.latency_s.p50;
}

// t(0.975, 2) = 4.3027; the logarithms' standard deviation is log(1.1).
static void test_batches_that_differ_widen_the_interval(void **state) {
  static const double factors[] = {1 / 1.1, 1, 1.1};
  double half = exp(4.3027 * log(1.1) / sqrt(3));
  (void)state;
  struct estimate one = p50_of(factors + 1, 1, false), three = p50_of(factors, 3, false);
  assert_true(one.hi - one.lo < 2e-5);
  scenario_near("lower end", three.lo, 1e-3 / half, 1e-5);
  scenario_near("upper end", three.hi, 1e-3 * half, 1e-5);
  scenario_near("the estimate is that of all requests", three.estimate, 1e-3, 1e-5);
  struct estimate sessions = p50_of(factors, 3, true);
  scenario_near("sessions have the same", sessions.hi, 1e-3 * half, 1e-5);
}

static void test_equal_batches_are_no_surer_than_their_requests(void **state) {
  static const double factors[] = {1, 1, 1};
  (void)state;
  struct estimate one = p50_of(factors, 1, false), three = p50_of(factors, 3, false);
  assert_true(three.hi > three.estimate && three.lo < three.estimate);
  assert_true(three.hi - three.lo < one.hi - one.lo);
}

static void test_two_batches_far_apart_bound_nothing(void **state) {
  static const double factors[] = {1, 3};
  (void)state;
  struct estimate two = p50_of(factors, 2, false);
  assert_true(isnan(two.lo) && isnan(two.hi));
}

// 24 requests in each of three sessions: each session's p95 is its second largest, which says little of the
// percentile. 72 values bound it by their own ranks; their largest is the upper end at least.
static void test_a_percentile_of_few_requests_is_that_of_all(void **state) {
  struct load_data data = LOAD_DATA;
  struct cell cell = {0};
  size_t index;
  (void)state;
  assert_int_equal(load_cell_of(&data, 1, 24, &index), STATUS_OK);
  for (int i = 0; i < 72; i++) {
    assert_int_equal(times_add(&data.cells[index].current.of[LOAD_LATENCY], (i + 1) * INT64_C(1000000000)),
                     STATUS_OK);
    if (i % 24 == 23) assert_int_equal(load_cell_fold(&data.cells[index]), STATUS_OK);
  }
  cells_times_fill(&data.cells[index], 0.95, &cell);
  scenario_near("p95 is the 69th of 72", cell.latency_s.p95.estimate, 69, 1e-6);
  assert_true(cell.latency_s.p95.hi >= 72);
  assert_true(isnan(cell.latency_s.p99.hi));
  load_free(&data);
}

// ln 2 +- t(0.975; 1) sd / sqrt 2, with ln values ln 2 -+ 0.01.
static void test_several_sessions_have_a_t_interval_on_the_ln_scale(void **state) {
  (void)state;
  const double values[] = {2 * exp(-0.01), 2 * exp(0.01)};
  struct estimate over = cells_times_over(values, 2, 0.95);
  scenario_near("mean", over.estimate, 2, 1e-12);
  scenario_near("hi", log(over.hi / 2), 12.70620 * 0.01, 1e-6);
  scenario_near("lo", log(over.lo / 2), -12.70620 * 0.01, 1e-6);
}

static void test_no_or_one_session_and_useless_intervals_have_no_ends(void **state) {
  (void)state;
  const double one[] = {3}, wide[] = {1, 10};
  assert_true(isnan(cells_times_over(NULL, 0, 0.95).estimate));
  struct estimate single = cells_times_over(one, 1, 0.95);
  scenario_near("one", single.estimate, 3, 1e-12);
  assert_true(isnan(single.lo) && isnan(single.hi));
  struct estimate useless = cells_times_over(wide, 2, 0.95); // it would reach over orders of magnitude
  scenario_near("wide", useless.estimate, sqrt(10), 1e-12);
  assert_true(isnan(useless.lo) && isnan(useless.hi));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_batches_that_differ_widen_the_interval),
      cmocka_unit_test(test_equal_batches_are_no_surer_than_their_requests),
      cmocka_unit_test(test_two_batches_far_apart_bound_nothing),
      cmocka_unit_test(test_a_percentile_of_few_requests_is_that_of_all),
      cmocka_unit_test(test_several_sessions_have_a_t_interval_on_the_ln_scale),
      cmocka_unit_test(test_no_or_one_session_and_useless_intervals_have_no_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
