// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>

#include "analyze/stat/stat.h"
#include "tests/unit/analyze/stat/near.h"

static void test_t_multipliers_agree_with_printed_tables(void **state) {
  (void)state;
  // Two-sided 95 % and 99 % points of Student's t (NIST e-Handbook 1.3.6.7.2).
  const double table[][3] = {{1, 12.706, 63.657}, {2, 4.303, 9.925},  {4, 2.776, 4.604},
                             {10, 2.228, 3.169},  {30, 2.042, 2.750}, {100, 1.984, 2.626}};
  (void)state;
  for (size_t i = 0; i < COUNT_OF(table); i++) {
    assert_near(stat_t_multiplier(0.95, table[i][0]), table[i][1], 0.0006);
    assert_near(stat_t_multiplier(0.99, table[i][0]), table[i][2], 0.0006);
  }
  assert_near(stat_t_multiplier(0.95, INFINITY), 1.959964, 1e-6);
  // With one degree of freedom t is Cauchy: tan(pi (confidence / 2)).
  assert_near(stat_t_multiplier(0.95, 1), tan(M_PI * 0.475), 1e-9);
}

static void test_f_points_agree_with_printed_tables(void **state) {
  (void)state; // 5 % points of F (NIST e-Handbook 1.3.6.7.3)
  assert_near(stat_f_quantile(0.95, 1, 3), 10.128, 0.0006);
  assert_near(stat_f_quantile(0.95, 4, 10), 3.478, 0.0006);
  assert_near(stat_f_quantile(0.99, 5, 20), 4.103, 0.0006);
  assert_near(stat_f_upper_tail(3.478, 4, 10), 0.05, 0.00002);
}

// For a, b whole: P(Beta(a, b) <= x) is P(Binomial(a + b - 1, x) >= a); for a = b = 1/2 it is arcsine.
static void test_beta_tails_have_their_closed_forms(void **state) {
  (void)state;
  assert_near(stat_beta_lower_tail(0.3, 1, 1), 0.3, 1e-12);
  assert_near(stat_beta_lower_tail(0.3, 2, 1), 0.09, 1e-12);
  assert_near(stat_beta_lower_tail(0.3, 2, 3), 1 - pow(0.7, 4) - 4 * 0.3 * pow(0.7, 3), 1e-12);
  assert_near(stat_beta_lower_tail(0.3, 0.5, 0.5), 2 / M_PI * asin(sqrt(0.3)), 1e-9);
  assert_near(stat_beta_lower_tail(0, 3, 4), 0, 0);
  assert_near(stat_beta_lower_tail(1, 3, 4), 1, 0);
}

static void test_beta_quantiles_undo_the_tail_also_for_large_parameters(void **state) {
  (void)state;
  const double parameters[][2] = {{1, 1}, {2, 9}, {0.5, 40}, {3000, 1000}, {2e5, 3e5}, {1e9, 1e9}};
  const double probabilities[] = {0.001, 0.025, 0.5, 0.975, 0.999};
  for (size_t i = 0; i < COUNT_OF(parameters); i++) {
    for (size_t j = 0; j < COUNT_OF(probabilities); j++) {
      double x = stat_beta_quantile(probabilities[j], parameters[i][0], parameters[i][1]);
      assert_near(stat_beta_lower_tail(x, parameters[i][0], parameters[i][1]), probabilities[j], 1e-6);
    }
  }
  assert_near(stat_beta_quantile(0.5, 1e9, 1e9), 0.5, 1e-9);
}

static void test_checks_take_no_nan_and_no_infinity(void **state) {
  (void)state;
  const double good[] = {1, 0.5}, zero[] = {1, 0}, open[] = {1, INFINITY}, none[] = {NAN, 1};
  struct error error;
  assert_true(stat_all_finite(good, 2) && stat_all_positive(good, 2));
  assert_true(stat_all_finite(zero, 2) && !stat_all_positive(zero, 2));
  assert_false(stat_all_finite(open, 2) || stat_all_positive(open, 2));
  assert_false(stat_all_finite(none, 2) || stat_all_positive(none, 2));
  assert_true(stat_all_finite(none, 0) && stat_all_positive(none, 0));
  assert_int_equal(stat_check_confidence(0.95, &error), STATUS_OK);
  assert_refused(STATUS_USAGE, stat_check_confidence(0, &error));
  assert_refused(STATUS_USAGE, stat_check_confidence(1, &error));
  assert_refused(STATUS_USAGE, stat_check_confidence(NAN, &error));
}

static void test_scales_undo_themselves_and_doubles_sort(void **state) {
  (void)state;
  double values[] = {3, -1, 2, -1};
  assert_near(stat_to_scale(STAT_SCALE_LN, 1), 0, 0);
  assert_near(stat_from_scale(STAT_SCALE_LN, stat_to_scale(STAT_SCALE_LN, 42)), 42, 1e-12);
  assert_near(stat_from_scale(STAT_SCALE_LINEAR, stat_to_scale(STAT_SCALE_LINEAR, 42)), 42, 0);
  qsort(values, 4, sizeof *values, stat_compare_doubles);
  assert_true(values[0] == -1 && values[1] == -1 && values[2] == 2 && values[3] == 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_t_multipliers_agree_with_printed_tables),
      cmocka_unit_test(test_f_points_agree_with_printed_tables),
      cmocka_unit_test(test_beta_tails_have_their_closed_forms),
      cmocka_unit_test(test_beta_quantiles_undo_the_tail_also_for_large_parameters),
      cmocka_unit_test(test_checks_take_no_nan_and_no_infinity),
      cmocka_unit_test(test_scales_undo_themselves_and_doubles_sort),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
