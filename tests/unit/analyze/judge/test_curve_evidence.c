// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analyze/judge/curve.h"
#include "tests/unit/analyze/scenario.h"

// Two points at n = 2 and two at n = 4, exp(+-0.01) around 1 and exp(-fall): s^2 = 2e-4 with 2 df, the
// difference has the standard error 0.014142, t(0.95, 2) = 2.919986, so that 0.041295 is just shown.
static bool shows(double fall) {
  const struct fit_result fit = {.scale = STAT_SCALE_LN};
  struct curve_point points[] = {{.n = 2, .throughput = exp(0.01), .unit = -1},
                                 {.n = 2, .throughput = exp(-0.01), .unit = -1},
                                 {.n = 4, .throughput = exp(0.01 - fall), .unit = -1},
                                 {.n = 4, .throughput = exp(-0.01 - fall), .unit = -1}};
  return curve_shows_fall(points, 4, 2.2, &fit, 0.95);
}

static void test_a_fall_is_shown_by_the_points_at_two_n(void **state) {
  (void)state;
  assert_true(shows(0.0414));
  assert_false(shows(0.0412));
  assert_false(shows(-0.1));
}

// Units that differ by a third; the falls within them are what counts: 0.055 +- 0.005 is 11 standard errors,
// 0.065 +- 0.015 is 4.3, and t(0.95, 1) = 6.31.
static bool shows_over_units(double first, double second) {
  const struct fit_result fit = {.scale = STAT_SCALE_LN};
  struct curve_point points[] = {{.n = 2, .throughput = 1, .unit = 0},
                                 {.n = 2, .throughput = 1.3, .unit = 1},
                                 {.n = 4, .throughput = exp(-first), .unit = 0},
                                 {.n = 4, .throughput = 1.3 * exp(-second), .unit = 1}};
  return curve_shows_fall(points, 4, 2, &fit, 0.95);
}

static void test_what_a_unit_adds_is_no_fall(void **state) {
  (void)state;
  assert_true(shows_over_units(0.05, 0.06));
  assert_false(shows_over_units(0.05, 0.08));
}

// Each unit has its own curve, with peaks of 300 at 20 and of 360 at 24: ln n* spreads by ln(24/20)/sqrt(2),
// and t(0.975, 1) = 12.7062.
static void test_the_peak_varies_over_units(void **state) {
  static const double n[] = {4, 8, 16, 32, 64};
  struct curve_point points[10];
  struct ci place, height;
  (void)state;
  for (size_t i = 0; i < 10; i++) {
    double at = i % 2 ? 24 : 20, peak = i % 2 ? 360 : 300, x = n[i / 2];
    points[i] = (struct curve_point){
        .n = x, .throughput = peak * x / (at / 4 + x / 2 + x * x / (4 * at)), .unit = (int64_t)(i % 2)};
  }
  assert_true(curve_optimum_over_units(MODELS_USL, points, 10, STAT_SCALE_LN, 0.95, &place, &height));
  scenario_near("n*", place.estimate, sqrt(20.0 * 24), 1e-4);
  scenario_near("n* lo", place.lo, sqrt(20.0 * 24) * exp(-12.7062 * log(1.2) / 2), 1e-3);
  scenario_near("X* hi", height.hi, sqrt(300.0 * 360) * exp(12.7062 * log(1.2) / 2), 1e-1);
  for (size_t i = 0; i < 10; i++)
    points[i].unit = 0;
  assert_false(curve_optimum_over_units(MODELS_USL, points, 10, STAT_SCALE_LN, 0.95, &place, &height));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_fall_is_shown_by_the_points_at_two_n),
      cmocka_unit_test(test_what_a_unit_adds_is_no_fall),
      cmocka_unit_test(test_the_peak_varies_over_units),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
