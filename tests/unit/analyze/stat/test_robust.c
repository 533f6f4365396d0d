// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/robust.h"
#include "tests/unit/analyze/stat/near.h"

static void test_robust_sd_is_the_scaled_median_deviation(void **state) {
  (void)state;
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
  (void)state;
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
      cmocka_unit_test(test_robust_sd_is_the_scaled_median_deviation),
      cmocka_unit_test(test_bisquare_fit_ignores_one_wild_point_and_says_so),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
