// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is said of whole workers levels and runs: capacity, cliffs, imported tables, drift, points that do not
// belong.
#include "analyze/stat/capacity.h"
#include "analyze/stat/cliff.h"
#include "analyze/stat/drift.h"
#include "analyze/stat/pseudo_replicates.h"
#include "analyze/stat/robust.h"
#include "tests/unit/analyze/stat/near.h"

static void test_capacity_finds_the_line_that_made_the_times(void **state) {
  const double tokens[] = {1600, 3200, 4800, 6400};
  double total_s[4];
  struct capacity capacity;
  struct error error;
  (void)state;
  for (size_t i = 0; i < 4; i++)
    total_s[i] = 1.5 + tokens[i] / 240 + (i % 2 ? 1e-4 : -1e-4);
  assert_int_equal(capacity_fit(tokens, total_s, 4, 0.95, &capacity, &error), STATUS_OK);
  assert_near(capacity.xinf.estimate, 240, 0.01);
  assert_near(capacity.t0.estimate, 1.5, 0.001);
  assert_true(capacity.xinf.lo < 240 && capacity.xinf.hi > 240 && capacity.stands);
  assert_int_equal(capacity.df, 2);
}

static void test_capacity_that_scatters_or_lacks_points_does_not_stand(void **state) {
  const double tokens[] = {1600, 3200, 4800, 6400};
  struct capacity capacity;
  struct error error;
  (void)state;
  assert_int_equal(capacity_fit(tokens, (const double[]){8, 13, 24, 26}, 4, 0.95, &capacity, &error),
                   STATUS_OK);
  assert_true(capacity.residual_sd > 0.03 && !capacity.stands);
  assert_int_equal(capacity_fit(tokens, (const double[]){8, 14.7, 21.4}, 3, 0.95, &capacity, &error),
                   STATUS_OK);
  assert_false(capacity.stands); // one degree of freedom
  assert_refused(STATUS_NUMERIC, capacity_fit(tokens, (const double[]){8, 14}, 2, 0.95, &capacity, &error));
  assert_refused(STATUS_NUMERIC,
                 capacity_fit(tokens, (const double[]){8, 7, 6, 5}, 4, 0.95, &capacity, &error));
  assert_refused(STATUS_NUMERIC,
                 capacity_fit(tokens, (const double[]){8, 0, 6, 5}, 4, 0.95, &capacity, &error));
  assert_refused(STATUS_NUMERIC,
                 capacity_fit(tokens, (const double[]){8, NAN, 6, 5}, 4, 0.95, &capacity, &error));
  assert_refused(STATUS_NUMERIC, capacity_fit((const double[]){9, 9, 9}, (const double[]){1, 2, 3}, 3, 0.95,
                                              &capacity, &error));
}

static void test_cliff_pairs_only_batches_where_both_levels_are_near_their_best(void **state) {
  const double from_b[] = {1, 4, 8, 16, 24, 32}, from_x[] = {40, 100, 180, 200, 190, 200};
  const double to_b[] = {1, 4, 8, 16, 24, 48}, to_x[] = {39, 95, 90, 100, 60, 100};
  struct cliff_level from = {10, from_b, from_x, 6}, to = {15, to_b, to_x, 6};
  struct cliff_step cliff;
  struct error error;
  (void)state;
  assert_int_equal(cliff_ratio(&from, &to, 0.95, &cliff, &error), STATUS_OK);
  assert_int_equal(cliff.pairs, 2); // 8 and 16: at 1, 4 and 24 one of them is far below its best
  assert_near(cliff.ratio.estimate, 0.5, 1e-12);
  assert_true(cliff.is_cliff);
  assert_true(cliff.ratio.lo == -INFINITY); // both ratios are 0.5 exactly: nothing to judge the interval by
}

static void test_cliff_without_anything_to_compare_is_refused(void **state) {
  const double b[] = {8, 16}, x[] = {100, 110}, other_b[] = {4, 32}, bad[] = {100, 0};
  struct cliff_level good = {10, b, x, 2}, apart = {15, other_b, x, 2}, empty = {20, NULL, NULL, 0},
                     wrong = {15, b, bad, 2};
  struct cliff_level unsorted[2] = {apart, good};
  struct cliff_step cliff, cliffs[1];
  struct error error;
  size_t found;
  (void)state;
  assert_refused(STATUS_NUMERIC, cliff_ratio(&good, &apart, 0.95, &cliff, &error));
  assert_refused(STATUS_NUMERIC, cliff_ratio(&good, &wrong, 0.95, &cliff, &error));
  assert_refused(STATUS_USAGE, cliff_ratio(&empty, &good, 0.95, &cliff, &error));
  assert_refused(STATUS_USAGE, cliff_scan(unsorted, 2, 0.95, cliffs, &found, &error));
  assert_int_equal(cliff_ratio(&good, &empty, 0.95, &cliff, &error), STATUS_OK);
  assert_true(cliff.is_cliff && cliff.ratio.estimate == 0);
}

static void test_cold_means_growing_faster_than_the_batch(void **state) {
  (void)state;
  assert_true(pseudo_replicates_is_cold(1, 40, 2, 81));
  assert_false(pseudo_replicates_is_cold(1, 40, 2, 80));
  assert_true(pseudo_replicates_is_cold(4, 40, 16, 161));
  assert_false(pseudo_replicates_is_cold(4, 40, 16, 150));
  assert_false(pseudo_replicates_is_cold(2, 40, 1, 100));
  assert_false(pseudo_replicates_is_cold(1, 0, 2, 100));
  assert_false(pseudo_replicates_is_cold(1, NAN, 2, 100));
}

static void test_pseudo_replicates_are_alike_cells_of_other_workers(void **state) {
  const struct pseudo_replicates_cell cells[] = {
      {8, 4, 10, true},   {16, 4, 12, true}, {8, 8, 30, true},
      {16, 8, 34, true},  {24, 8, 32, true}, {4, 8, 99, true}, // two waves
      {24, 4, 99, false}, {16, 2, 99, true},                   // not usable; too small a batch
  };
  struct ci_spread spread;
  struct error error;
  (void)state;
  assert_int_equal(pseudo_replicates_spread(cells, COUNT_OF(cells), STAT_SCALE_LINEAR, &spread, &error),
                   STATUS_OK);
  assert_near(spread.df, 3, 0);
  assert_near(spread.sd, sqrt((2 + 8) / 3.0), 1e-12); // {10, 12}: 2 around 11; {30, 34, 32}: 8 around 32
  assert_refused(STATUS_NUMERIC, pseudo_replicates_spread(cells, 1, STAT_SCALE_LN, &spread, &error));
  assert_refused(STATUS_NUMERIC, pseudo_replicates_spread(cells, 0, STAT_SCALE_LN, &spread, &error));
  const struct pseudo_replicates_cell bad[] = {{8, 4, -1, true}, {16, 4, 12, true}};
  assert_refused(STATUS_NUMERIC, pseudo_replicates_spread(bad, 2, STAT_SCALE_LN, &spread, &error));
}

// Anscombe's first set (American Statistician 27, 1973): slope 0.50009, standard error 0.11791, p = 0.00217
// on 9 df.
static void test_drift_is_the_regression_that_anscombe_published(void **state) {
  const double x[] = {10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5};
  const double y[] = {8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68};
  struct drift drift;
  struct error error;
  (void)state;
  assert_int_equal(drift_test(y, x, 11, 0, 0.95, &drift, &error), STATUS_OK);
  assert_near(drift.slope.estimate, 0.50009, 0.000005);
  assert_near(drift.slope.hi - drift.slope.estimate, 2.262157 * 0.11791, 0.00002);
  assert_near(drift.p, 0.00217, 0.000005);
  assert_near(drift.over_run.estimate, 10 * 0.50009, 0.00005);
  assert_int_equal(drift_test(y, x, 11, 5, 0.95, &drift, &error), STATUS_OK);
  assert_near(drift.slope.hi - drift.slope.estimate, 2.570582 * 0.11791 * sqrt(9.0 / 5),
              0.00002); // 5 df are left
  assert_refused(STATUS_NUMERIC, drift_test(y, x, 2, 0, 0.95, &drift, &error));
  assert_refused(STATUS_NUMERIC, drift_test(y, x, 11, 10, 0.95, &drift, &error));
  assert_refused(STATUS_NUMERIC, drift_test(y, (const double[]){1, 1, 1, 1}, 4, 0, 0.95, &drift, &error));
  assert_refused(STATUS_NUMERIC, drift_test((const double[]){1, 1, 1, 1}, x, 4, 0, 0.95, &drift, &error));
  assert_refused(STATUS_NUMERIC, drift_test((const double[]){1, NAN, 1, 1}, x, 4, 0, 0.95, &drift, &error));
}

static void test_robust_sd_is_the_scaled_median_deviation(void **state) {
  const double values[] = {1, 2, 3, 4, 1000};
  double sd;
  bool flags[5];
  size_t flagged;
  struct error error;
  (void)state;
  assert_int_equal(robust_sd(values, 5, &sd, &error), STATUS_OK);
  assert_near(sd, 1.4826, 1e-4); // deviations from 3: 2 1 0 1 997
  assert_int_equal(robust_flags((const double[]){-0.1, 0.1, 0, 0.1, 9}, 5, flags, &flagged, &error),
                   STATUS_OK);
  assert_int_equal(flagged, 1);
  assert_true(flags[4] && !flags[0]);
  assert_int_equal(robust_flags((const double[]){0, 0, 0, 0, 9}, 5, flags, &flagged, &error), STATUS_OK);
  assert_int_equal(flagged, 0);
  assert_refused(STATUS_NUMERIC, robust_sd(values, 1, &sd, &error));
  assert_refused(STATUS_NUMERIC, robust_sd((const double[]){1, NAN}, 2, &sd, &error));
}

static void test_bisquare_fit_ignores_one_wild_point_and_says_so(void **state) {
  const double n[] = {1, 2, 4, 6, 8, 12, 16, 24, 32, 40, 48}, truth[] = {39, 0.043, 0.0012};
  const double deviations[] = {0.004, -0.006, 0.005, -0.002, 0.003, -0.007, 0, 0.006, -0.003, 0.002, -0.002};
  double throughput[11], weights[11];
  struct fit_result plain, robust;
  struct error error;
  (void)state;
  for (size_t i = 0; i < 11; i++)
    throughput[i] = models_value(MODELS_USL, truth, n[i]) * exp(deviations[i]);
  throughput[6] *= 0.6; // a stalled batch
  assert_int_equal(models_fit(MODELS_USL, n, throughput, NULL, 11, STAT_SCALE_LN, &plain, &error), STATUS_OK);
  assert_int_equal(robust_fit(MODELS_USL, n, throughput, 11, STAT_SCALE_LN, weights, &robust, &error),
                   STATUS_OK);
  assert_near(weights[6], 0, 0);
  assert_near(robust.theta[0] / 39, 1, 0.01);
  assert_near(robust.theta[2] / 0.0012, 1, 0.05);
  assert_true(fabs(plain.theta[2] / 0.0012 - 1) > 0.05);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_capacity_finds_the_line_that_made_the_times),
      cmocka_unit_test(test_capacity_that_scatters_or_lacks_points_does_not_stand),
      cmocka_unit_test(test_cliff_pairs_only_batches_where_both_levels_are_near_their_best),
      cmocka_unit_test(test_cliff_without_anything_to_compare_is_refused),
      cmocka_unit_test(test_cold_means_growing_faster_than_the_batch),
      cmocka_unit_test(test_pseudo_replicates_are_alike_cells_of_other_workers),
      cmocka_unit_test(test_drift_is_the_regression_that_anscombe_published),
      cmocka_unit_test(test_robust_sd_is_the_scaled_median_deviation),
      cmocka_unit_test(test_bisquare_fit_ignores_one_wild_point_and_says_so),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
