// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/models.h"
#include "analyze/stat/profile.h"
#include "tests/unit/analyze/stat/near.h"

// A linear model's profile is its t interval (Bates & Watts 6.1.1).
static bool line(const double *x, const double *theta, double *value, double *gradient, const void *context) {
  (void)context;
  *value = theta[0] + theta[1] * x[0];
  if (gradient) {
    gradient[0] = 1;
    gradient[1] = x[0];
  }
  return true;
}

static void test_profile_of_a_straight_line_is_its_t_interval(void **state) {
  (void)state;
  const struct fit_model model = {"line", 2, NULL, line};
  const double x[] = {1, 2, 3, 4, 5, 6}, y[] = {2.1, 3.9, 6.2, 7.8, 10.1, 12.2};
  struct fit_data data = {.x = x, .y = y, .count = 6};
  struct fit_result fit;
  struct ci profile;
  struct error error;
  (void)state;
  assert_int_equal(fit_run(&model, &data, STAT_SCALE_LINEAR, (const double[]){0, 0}, &fit, &error),
                   STATUS_OK);
  for (size_t j = 0; j < 2; j++) {
    double half = stat_t_multiplier(0.95, (double)fit.df) * fit.se[j];
    assert_int_equal(profile_interval(&model, &data, &fit, j, 0.95, &profile, &error), STATUS_OK);
    assert_interval(profile, fit.theta[j], fit.theta[j] - half, fit.theta[j] + half, 1e-8);
  }
  assert_refused(STATUS_USAGE, profile_interval(&model, &data, &fit, 2, 0.95, &profile, &error));
  assert_refused(STATUS_USAGE, profile_interval(&model, &data, &fit, 0, 0, &profile, &error));
  data.count = 2;
  assert_int_equal(fit_run(&model, &data, STAT_SCALE_LINEAR, (const double[]){0, 0}, &fit, &error),
                   STATUS_OK);
  assert_refused(STATUS_NUMERIC, profile_interval(&model, &data, &fit, 0, 0.95, &profile, &error));
}

static bool square(void *context, double held, double *rss) {
  const double *exists_up_to = context;
  *rss = 1 + (held - 2) * (held - 2);
  return held <= *exists_up_to;
}

static bool levels_off(void *context, double held, double *rss) {
  (void)context;
  *rss = 2 - 1 / (1 + fabs(held));
  return true;
}

static void test_an_edge_is_where_the_rss_passes_its_limit_in_either_direction(void **state) {
  double end = INFINITY;
  (void)state;
  assert_near(profile_edge(square, &end, 2, 0.3, 10), 5, 1e-6);
  assert_near(profile_edge(square, &end, 2, -0.3, 10), -1, 1e-6);
  end = 4; // there is none beyond, and 4 is inside still
  assert_true(profile_edge(square, &end, 2, 0.3, 10) == INFINITY);
  assert_true(profile_edge(levels_off, NULL, 0, 1, 3) == INFINITY);
  assert_true(profile_edge(levels_off, NULL, 0, -1, 3) == -INFINITY);
}

static void test_the_limit_of_rss_is_that_of_f(void **state) {
  struct fit_result fit = {.parameters = 2, .rss = 8, .df = 4};
  struct error error;
  double limit;
  (void)state;
  assert_int_equal(profile_limit(&fit, 0.95, &limit, &error), STATUS_OK);
  assert_near(limit, 8 * (1 + 7.708647 / 4), 1e-5); // F(0.95; 1, 4)
  fit.df = 0;
  assert_refused(STATUS_NUMERIC, profile_limit(&fit, 0.95, &limit, &error));
}

static void test_a_fit_without_any_residual_has_an_interval_of_width_0(void **state) {
  const struct fit_model model = {"line", 2, NULL, line};
  const double x[] = {1, 2, 3, 4}, y[] = {3, 5, 7, 9};
  struct fit_data data = {.x = x, .y = y, .count = 4};
  struct fit_result fit;
  struct ci profile;
  struct error error;
  (void)state;
  assert_int_equal(fit_run(&model, &data, STAT_SCALE_LINEAR, (const double[]){1, 2}, &fit, &error),
                   STATUS_OK);
  assert_int_equal(profile_interval(&model, &data, &fit, 1, 0.95, &profile, &error), STATUS_OK);
  assert_interval(profile, 2, 2, 2, 1e-9);
}

static void test_an_asymptote_that_the_data_do_not_reach_has_no_upper_end(void **state) {
  const double n[] = {1, 2, 4, 8, 12, 16, 24, 32, 40, 48};
  const double deviations[] = {0.008, -0.011, 0.004, 0.012, -0.009, -0.006, 0.010, -0.004, -0.010, 0.006};
  double throughput[10];
  struct fit_data data = {.x = n, .y = throughput, .count = 10};
  struct fit_result fit;
  struct ci profile;
  struct error error;
  (void)state;
  for (size_t i = 0; i < 10; i++) // a straight line as far as tested
    throughput[i] = 1e6 * n[i] / (25000 + n[i]) * exp(2 * deviations[i]);
  assert_int_equal(models_fit(MODELS_HYPERBOLIC, n, throughput, NULL, 10, STAT_SCALE_LN, &fit, &error),
                   STATUS_OK);
  assert_int_equal(profile_interval(models_get(MODELS_HYPERBOLIC), &data, &fit, 0, 0.95, &profile, &error),
                   STATUS_OK);
  assert_true(profile.hi == INFINITY && isfinite(profile.lo));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_profile_of_a_straight_line_is_its_t_interval),
      cmocka_unit_test(test_an_edge_is_where_the_rss_passes_its_limit_in_either_direction),
      cmocka_unit_test(test_the_limit_of_rss_is_that_of_f),
      cmocka_unit_test(test_a_fit_without_any_residual_has_an_interval_of_width_0),
      cmocka_unit_test(test_an_asymptote_that_the_data_do_not_reach_has_no_upper_end),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
