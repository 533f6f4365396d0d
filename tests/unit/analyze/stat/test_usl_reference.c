// SPDX-License-Identifier: GPL-3.0-or-later
//
// USL fits against the reference values of ../shared/data/usl/expected.csv (computed in R): linear scale, six
// digits.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analyze/stat/models.h"
#include "analyze/stat/optimum.h"
#include "analyze/stat/profile.h"
#include "tests/unit/analyze/stat/table.h"

#define FOLDER "../shared/data/usl/"

struct points {
  double n[TABLE_MAX_ROWS];
  double throughput[TABLE_MAX_ROWS];
  size_t count;
};

static bool read_points(const char *dataset, struct table *table, struct points *points) {
  char path[128];
  size_t name_length = strcspn(dataset, "_"); // "raytracer_1-6" is the first six rows of raytracer
  snprintf(path, sizeof path, FOLDER "%.*s.csv", (int)name_length, dataset);
  if (!table_read(table, path)) return false;
  points->count = table->rows;
  if (dataset[name_length]) points->count = 6;
  bool oracle = strcmp(dataset, "oracledb") == 0; // txn_rate by db_time, as in the package's demo
  for (size_t i = 0; i < points->count; i++) {
    points->n[i] = table_number(table, i, oracle ? 1 : 0);
    points->throughput[i] = table_number(table, i, oracle ? 6 : 1);
  }
  return true;
}

static void assert_near(const char *what, double actual, double expected, double tolerance) {
  if (!(fabs(actual - expected) <= tolerance))
    fail_msg("%s: %.10g, the reference says %.10g", what, actual, expected);
}

static void assert_six_digits(const char *what, double actual, double expected) {
  assert_near(what, actual, expected, 1e-6 * fabs(expected));
}

// USL with one parameter fixed, written out here so that a limit can be judged without the code that found
// it.
struct fixed {
  size_t parameter;
  double value;
};

static bool usl_with_one_fixed(const double *x, const double *theta, double *value, double *gradient,
                               const void *context) {
  const struct fixed *fixed = context;
  double all[3], n = x[0];
  for (size_t i = 0, j = 0; i < 3; i++)
    all[i] = i == fixed->parameter ? fixed->value : theta[j++];
  double divisor = 1 + all[1] * (n - 1) + all[2] * n * (n - 1);
  *value = all[0] * n / divisor;
  double slopes[3] = {n / divisor, -*value * (n - 1) / divisor, -*value * n * (n - 1) / divisor};
  for (size_t i = 0, j = 0; gradient && i < 3; i++) {
    if (i != fixed->parameter) gradient[j++] = slopes[i];
  }
  return divisor > 0;
}

static void assert_on_the_limit(const struct fit_data *data, const struct fit_result *fit, size_t parameter,
                                double value) {
  struct fixed fixed = {parameter, value};
  struct fit_model model = {"usl with one fixed", 2, NULL, usl_with_one_fixed};
  struct fit_data with_context = *data;
  struct fit_result held;
  struct error error = {0};
  double start[2];
  for (size_t i = 0, j = 0; i < 3; i++) {
    double slope = fit->covariance[i * 3 + parameter] / fit->covariance[parameter * 3 + parameter];
    if (i != parameter) start[j++] = fit->theta[i] + slope * (value - fit->theta[parameter]);
  }
  with_context.context = &fixed;
  assert_int_equal(fit_run(&model, &with_context, fit->scale, start, &held, &error), STATUS_OK);
  double t = stat_t_multiplier(0.95, (double)fit->df);
  assert_six_digits("RSS at a profile limit", held.rss, fit->rss * (1 + t * t / (double)fit->df));
}

static void assert_reference_row(const struct table *expected, size_t row, const struct points *points) {
  struct fit_data data = {.x = points->n, .y = points->throughput, .count = points->count};
  struct fit_result fit;
  struct error error = {0};
  struct ci profile;
  size_t parameter = row % 3; // the file lists lambda, sigma, kappa of each set
  assert_int_equal(models_fit(MODELS_USL, points->n, points->throughput, NULL, points->count,
                              STAT_SCALE_LINEAR, &fit, &error),
                   STATUS_OK);
  assert_true(fit.converged);
  assert_string_equal(models_get(MODELS_USL)->parameter_names[parameter], expected->text[row][2]);
  double se = table_number(expected, row, 4);
  assert_six_digits("estimate", fit.theta[parameter], table_number(expected, row, 3));
  assert_six_digits("standard error", fit.se[parameter], se);
  assert_six_digits("residual sd", fit.residual_sd, table_number(expected, row, 9));
  assert_six_digits("RSS", fit.rss, table_number(expected, row, 10));
  double half = stat_t_multiplier(0.95, (double)fit.df) * fit.se[parameter];
  assert_near("Wald lo", fit.theta[parameter] - half, table_number(expected, row, 5),
              1e-6 * fabs(table_number(expected, row, 5)));
  assert_near("Wald hi", fit.theta[parameter] + half, table_number(expected, row, 6),
              1e-6 * fabs(table_number(expected, row, 6)));
  assert_int_equal(profile_interval(models_get(MODELS_USL), &data, &fit, parameter, 0.95, &profile, &error),
                   STATUS_OK);
  assert_six_digits("profile lo", profile.lo, table_number(expected, row, 7));
  assert_six_digits("profile hi", profile.hi, table_number(expected, row, 8));
  assert_on_the_limit(&data, &fit, parameter, profile.lo);
  assert_on_the_limit(&data, &fit, parameter, profile.hi);
}

static void test_estimates_errors_and_limits_agree_with_r(void **state) {
  struct table expected, table;
  struct points points = {0};
  (void)state;
  if (!table_read(&expected, FOLDER "expected.csv")) skip();
  assert_int_equal(expected.rows, 12);
  for (size_t row = 0; row < expected.rows; row++) {
    assert_true(read_points(expected.text[row][0], &table, &points));
    assert_int_equal(points.count, (size_t)table_number(&expected, row, 1));
    assert_reference_row(&expected, row, &points);
  }
}

static void test_optimum_and_its_profile_agree_with_r(void **state) {
  struct table expected, table;
  struct points points = {0};
  struct fit_result fit;
  struct error error = {0};
  struct optimum optimum;
  enum optimum_kind kind;
  (void)state;
  if (!table_read(&expected, FOLDER "expected.csv")) skip();
  for (size_t row = 0; row < expected.rows; row += 3) {
    assert_true(read_points(expected.text[row][0], &table, &points));
    assert_int_equal(models_fit(MODELS_USL, points.n, points.throughput, NULL, points.count,
                                STAT_SCALE_LINEAR, &fit, &error),
                     STATUS_OK);
    assert_int_equal(optimum_find(MODELS_USL, points.n, points.throughput, NULL, points.count, &fit, 0.95,
                                  &kind, &optimum, &error),
                     STATUS_OK);
    if (table_is_na(&expected, row,
                    11)) { // kappa came out negative: no optimum, but "at least" is still said
      assert_int_equal(kind, OPTIMUM_OPEN);
      assert_true(isinf(optimum.n.estimate) && isinf(optimum.n.hi) && isfinite(optimum.n.lo));
      assert_false(optimum.established);
      continue;
    }
    assert_int_equal(kind, OPTIMUM_PEAK);
    assert_six_digits("n*", optimum.n.estimate, table_number(&expected, row, 11));
    assert_six_digits("lo of n*", optimum.n.lo, table_number(&expected, row, 12));
    assert_six_digits("hi of n*", optimum.n.hi, table_number(&expected, row, 13));
    assert_six_digits("X*", optimum.throughput.estimate, table_number(&expected, row, 14));
    assert_true(optimum.throughput.lo < optimum.throughput.estimate);
    assert_true(optimum.throughput.hi > optimum.throughput.estimate && isfinite(optimum.throughput.hi));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_estimates_errors_and_limits_agree_with_r),
      cmocka_unit_test(test_optimum_and_its_profile_agree_with_r),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
