// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
// clang-format on

#include "analyze/input/load_reader.h"
#include "analyze/judge/loads_times.h"
#include "lib/base/clock.h"
#include "tests/unit/analyze/scenario.h"

enum { BLOCKS = 50 };

// 1, 2, ..., `count` s plus `shift_s`, in some order; requests that follow each other are `alike` times as
// uncertain as independent ones.
static struct load_open *repetition(int count, double shift_s, double alike) {
  struct load_open *open = calloc(1, sizeof *open);
  *open = (struct load_open){
      .total_s = 110, .start_s = 10, .served = count, .answered = count, .good = count / 2};
  for (int i = 0; i < count; i++)
    assert_int_equal(times_add(&open->pieces[0].times.of[LOAD_LATENCY],
                               clock_from_seconds(shift_s + 1 + (i * 37) % count)),
                     STATUS_OK);
  for (size_t p = 0; p < LOAD_PERCENTILES; p++)
    open->spread[LOAD_LATENCY][p] = (struct load_spread){
        alike * count * load_percentiles[p] * (1 - load_percentiles[p]), alike > 0 ? BLOCKS : 0};
  open->worth[LOAD_LATENCY] = alike > 0 ? 40 * count : 0;
  open->good_spread = (struct load_spread){alike * count / 4, BLOCKS};
  return open;
}

static void free_all(struct load_open **of, size_t count) {
  for (size_t i = 0; i < count; i++) {
    load_times_free(&of[i]->pieces[0].times);
    free(of[i]);
  }
}

// Type 1 quantiles are whole; R's binom.test ranks 40 and 61 of 100 hold the median at 95 %.
static void test_independent_requests_have_their_order_statistics(void **state) {
  (void)state;
  struct load_open *of[1] = {repetition(100, 0, 1)};
  struct loads_group group = {(const struct load_open *const *)of, 1};
  double needs[LOAD_PERCENTILES] = {0};
  struct percentiles p = loads_times_percentiles(&group, LOAD_LATENCY, 0.95, needs);
  scenario_near("p50", p.p50.estimate, 50, 0);
  scenario_near("p50 lo", p.p50.lo, 40, 0);
  scenario_near("p50 hi", p.p50.hi, 61, 0);
  scenario_near("p99", p.p99.estimate, 99, 0);
  assert_true(isnan(p.p99.hi) && isfinite(p.p99.lo));
  assert_true(needs[0] == 0 && needs[1] == 0);
  scenario_near("p99 needs 100 requests beyond it", needs[2] / (10 + 100 * 100), 1, 1e-6);
  p = loads_times_percentiles(&group, LOAD_TPOT, 0.95, needs);
  assert_true(isnan(p.p50.estimate) && isnan(p.p50.lo));
  free_all(of, 1);
}

// Four times as uncertain: as a quarter of the requests, and a little less for 50 degrees of freedom.
static void test_requests_that_wait_alike_are_worth_fewer(void **state) {
  (void)state;
  struct load_open *of[1] = {repetition(4000, 0, 4)};
  struct loads_group group = {(const struct load_open *const *)of, 1};
  double needs[LOAD_PERCENTILES] = {0};
  struct percentiles p = loads_times_percentiles(&group, LOAD_LATENCY, 0.95, needs);
  assert_true(p.p50.lo >= 1866 && p.p50.lo <= 1882 && p.p50.hi >= 2118 && p.p50.hi <= 2136);
  assert_true(p.p95.hi > 3820 && p.p95.hi < 3900 && needs[1] == 0);
  assert_true(isnan(p.p99.hi) && isfinite(p.p99.lo));
  scenario_near("p99 needs", needs[2] / (10 + 100 * 2.5), 1, 1e-6);
  // What one percentile shows holds for all.
  of[0]->spread[LOAD_LATENCY][0].variance *= 4;
  struct percentiles wider = loads_times_percentiles(&group, LOAD_LATENCY, 0.95, needs);
  assert_true(wider.p95.hi > p.p95.hi && wider.p95.lo < p.p95.lo);
  of[0]->worth[LOAD_LATENCY] = 100;
  wider = loads_times_percentiles(&group, LOAD_LATENCY, 0.95, needs);
  assert_true(wider.p50.lo < 1700 && isfinite(wider.p95.hi));
  of[0]->spread[LOAD_LATENCY][1].df = 0;
  p = loads_times_percentiles(&group, LOAD_LATENCY, 0.95, needs);
  assert_true(isnan(p.p95.lo) && isnan(p.p95.hi) && p.p95.estimate == 3800);
  assert_true(needs[1] >= 310);
  free_all(of, 1);
}

static void test_repetitions_add_up_unless_they_differ(void **state) {
  (void)state;
  struct load_open *alike[3] = {repetition(100, 0, 1), repetition(100, 1, 1), repetition(100, 2, 1)},
                   *apart[3] = {repetition(100, 0, 1), repetition(100, 30, 1), repetition(100, 60, 1)};
  struct loads_group one = {(const struct load_open *const *)alike, 1},
                     three = {(const struct load_open *const *)alike, 3},
                     far = {(const struct load_open *const *)apart, 3};
  double needs[LOAD_PERCENTILES] = {0};
  struct estimate single = loads_times_percentiles(&one, LOAD_LATENCY, 0.95, needs).p50,
                  pooled = loads_times_percentiles(&three, LOAD_LATENCY, 0.95, needs).p50,
                  wide = loads_times_percentiles(&far, LOAD_LATENCY, 0.95, needs).p50;
  assert_true(pooled.hi - pooled.lo < 0.7 * (single.hi - single.lo));
  assert_true(isnan(wide.lo) || wide.hi - wide.lo > 2 * (pooled.hi - pooled.lo));
  free_all(alike, 3);
  free_all(apart, 3);
}

static void test_the_share_of_good_requests_is_as_uncertain_as_they_are_alike(void **state) {
  (void)state;
  struct load_open *of[2] = {repetition(400, 0, 1), repetition(400, 0, 4)};
  struct loads_group sure = {(const struct load_open *const *)of, 1},
                     less = {(const struct load_open *const *)of + 1, 1};
  struct estimate one = loads_times_good(&sure, 0.95), other = loads_times_good(&less, 0.95);
  scenario_near("share", one.estimate, 0.5, 0);
  scenario_near("Clopper-Pearson of 200 in 400", one.lo, 0.4499, 1e-3);
  assert_true(other.hi - other.lo > 1.9 * (one.hi - one.lo));
  of[0]->good = -1;
  assert_true(isnan(loads_times_good(&sure, 0.95).estimate));
  free_all(of, 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_independent_requests_have_their_order_statistics),
      cmocka_unit_test(test_requests_that_wait_alike_are_worth_fewer),
      cmocka_unit_test(test_repetitions_add_up_unless_they_differ),
      cmocka_unit_test(test_the_share_of_good_requests_is_as_uncertain_as_they_are_alike),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
