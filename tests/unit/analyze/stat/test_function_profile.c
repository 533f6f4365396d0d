// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/fit.h"
#include "analyze/stat/function_profile.h"
#include "analyze/stat/profile.h"
#include "tests/unit/analyze/stat/near.h"

static const double X[] = {1, 2, 3, 4, 5, 6}, Y[] = {2.1, 3.9, 6.2, 7.8, 10.1, 12.2};

static bool line(const double *x, const double *theta, double *value, double *gradient, const void *context) {
  (void)context;
  *value = theta[0] + theta[1] * x[0];
  if (gradient) gradient[0] = 1, gradient[1] = x[0];
  return true;
}

static const struct fit_model MODEL = {"line", 2, NULL, line};
static const struct fit_data DATA = {.x = X, .y = Y, .count = 6};

static struct fit_result fit_line(void) {
  struct fit_result fit;
  struct error error;
  assert_int_equal(fit_run(&MODEL, &DATA, STAT_SCALE_LINEAR, (const double[]){0, 0}, &fit, &error),
                   STATUS_OK);
  return fit;
}

static bool at_x(const void *context, const double *theta, double *value) {
  *value = theta[0] + theta[1] * *(const double *)context;
  return true;
}

// A value that is linear in the parameters of a linear model has the textbook interval of a prediction.
static void test_a_prediction_of_a_straight_line_has_its_t_interval(void **state) {
  (void)state;
  struct fit_result fit = fit_line();
  struct error error;
  const double places[] = {0, 3.5, 10};
  for (size_t i = 0; i < COUNT_OF(places); i++) {
    double value, se;
    struct ci ci;
    assert_int_equal(fit_predict(&MODEL, &fit, &places[i], NULL, &value, &se, &error), STATUS_OK);
    assert_int_equal(function_profile_interval(&MODEL, &DATA, &fit, at_x, &places[i], 0.95, &ci, &error),
                     STATUS_OK);
    double half = stat_t_multiplier(0.95, 4) * se;
    assert_interval(ci, value, value - half, value + half, 1e-3 * half);
  }
}

static bool where_it_is_0(const void *context, const double *theta, double *value) {
  (void)context;
  *value = -theta[0] / theta[1];
  return theta[1] != 0;
}

// Fieller's interval of the ratio of two estimates (Finney, Statistical Method in Biological Assay, 2.5).
static void test_a_ratio_has_fiellers_interval(void **state) {
  (void)state;
  struct fit_result fit = fit_line();
  struct error error;
  struct ci ci;
  double t = stat_t_multiplier(0.95, 4), a = -fit.theta[0], b = fit.theta[1];
  double vaa = fit.covariance[0], vab = -fit.covariance[1], vbb = fit.covariance[3];
  double p = b * b - t * t * vbb, q = a * b - t * t * vab, r = a * a - t * t * vaa,
         root = sqrt(q * q - p * r);
  assert_int_equal(function_profile_interval(&MODEL, &DATA, &fit, where_it_is_0, NULL, 0.95, &ci, &error),
                   STATUS_OK);
  assert_interval(ci, a / b, (q - root) / p, (q + root) / p, 1e-3 * root / p);
}

static bool nowhere(const void *context, const double *theta, double *value) {
  (void)context, (void)theta;
  *value = 1;
  return false;
}

static bool constant(const void *context, const double *theta, double *value) {
  (void)context, (void)theta;
  *value = 1;
  return true;
}

static void test_what_does_not_exist_or_depend_on_the_fit_is_refused(void **state) {
  (void)state;
  struct fit_result fit = fit_line();
  struct error error;
  struct ci ci;
  assert_refused(STATUS_NUMERIC,
                 function_profile_interval(&MODEL, &DATA, &fit, nowhere, NULL, 0.95, &ci, &error));
  assert_refused(STATUS_NUMERIC,
                 function_profile_interval(&MODEL, &DATA, &fit, constant, NULL, 0.95, &ci, &error));
  fit.df = 0;
  assert_refused(STATUS_NUMERIC, function_profile_interval(&MODEL, &DATA, &fit, at_x, X, 0.95, &ci, &error));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_prediction_of_a_straight_line_has_its_t_interval),
      cmocka_unit_test(test_a_ratio_has_fiellers_interval),
      cmocka_unit_test(test_what_does_not_exist_or_depend_on_the_fit_is_refused),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
