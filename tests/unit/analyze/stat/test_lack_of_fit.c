// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/lack_of_fit.h"

#include <gsl/gsl_randist.h>

#include "tests/unit/analyze/stat/near.h"

static bool line(const double *x, const double *theta, double *value, double *gradient, const void *context) {
  (void)context;
  *value = theta[0] + theta[1] * x[0];
  if (gradient) {
    gradient[0] = 1;
    gradient[1] = x[0];
  }
  return true;
}

static const struct fit_model LINE = {"line", 2, NULL, line};

// Neter, Kutner, Nachtsheim & Wasserman, Applied Linear Statistical Models, "Bank example": gift value and
// new accounts at eleven branches; F* = 14.80 on 4 and 5 degrees of freedom, P = .006.
static void test_bank_example_of_the_textbook(void **state) {
  const double size[] = {125, 100, 200, 75, 150, 175, 75, 175, 125, 200, 100};
  const double accounts[] = {160, 112, 124, 28, 152, 156, 42, 124, 150, 104, 136};
  struct fit_data data = {.x = size, .y = accounts, .count = 11};
  struct fit_result fit;
  struct lack_of_fit test;
  struct error error;
  (void)state;
  assert_int_equal(fit_run(&LINE, &data, STAT_SCALE_LINEAR, (const double[]){0, 1}, &fit, &error), STATUS_OK);
  assert_near(fit.rss, 14741.6, 0.05);
  assert_int_equal(lack_of_fit_test(&LINE, &data, &fit, &test, &error), STATUS_OK);
  assert_near(test.f, 14.80, 0.005);
  assert_int_equal(test.df_lack, 4);
  assert_int_equal(test.df_pure, 5);
  assert_near(test.pure_error_sd, sqrt(1148.0 / 5), 1e-9);
  assert_near(test.p, 0.006, 0.0005);
  assert_true(test.rejected);
}

static void test_fit_without_replicates_cannot_be_tested(void **state) {
  const double x[] = {1, 2, 3, 4}, y[] = {1, 2, 3, 5}, twice[] = {1, 1, 2, 2, 3, 3},
               equal[] = {1, 1, 3, 3, 4, 4};
  struct fit_data data = {.x = x, .y = y, .count = 4};
  struct fit_result fit;
  struct lack_of_fit test;
  struct error error;
  (void)state;
  assert_int_equal(fit_run(&LINE, &data, STAT_SCALE_LINEAR, (const double[]){0, 1}, &fit, &error), STATUS_OK);
  assert_refused(STATUS_NUMERIC, lack_of_fit_test(&LINE, &data, &fit, &test, &error));
  data = (struct fit_data){.x = twice, .y = equal, .count = 6}; // replicates, but all alike
  assert_int_equal(fit_run(&LINE, &data, STAT_SCALE_LINEAR, (const double[]){0, 1}, &fit, &error), STATUS_OK);
  assert_refused(STATUS_NUMERIC, lack_of_fit_test(&LINE, &data, &fit, &test, &error));
  data.count = 4; // two different x for two parameters: nothing to spare
  assert_refused(STATUS_NUMERIC, lack_of_fit_test(&LINE, &data, &fit, &test, &error));
}

#define TIMES 3

// Points of a USL, TIMES each with relative deviations that cancel; `bent` multiplies those with n below 8.
static size_t make_points(double bent, double *n, double *throughput) {
  const double tested[] = {1, 2, 4, 8, 12, 16, 24, 32, 48}, truth[] = {39, 0.043, 0.0012};
  const double deviations[TIMES] = {-0.01, 0, 0.01};
  size_t count = 0;
  for (size_t i = COUNT_OF(tested); i-- > 0;) { // not sorted by n
    for (size_t j = 0; j < TIMES; j++) {
      n[count] = tested[i];
      throughput[count++] =
          models_value(MODELS_USL, truth, tested[i]) * exp(deviations[j]) * (tested[i] < 8 ? bent : 1);
    }
  }
  return count;
}

static void test_range_is_everything_when_the_curve_fits(void **state) {
  double n[40], throughput[40];
  struct lack_of_fit_range range;
  struct error error;
  (void)state;
  size_t count = make_points(1, n, throughput);
  assert_int_equal(lack_of_fit_choose_range(MODELS_USL, n, throughput, count, STAT_SCALE_LN, &range, &error),
                   STATUS_OK);
  assert_true(range.tested && !range.test.rejected);
  assert_near(range.n_lo, 1, 0);
  assert_near(range.n_hi, 48, 0);
  assert_int_equal(range.distinct, 9);
}

static void test_range_begins_at_the_break_that_small_n_have(void **state) {
  double n[40], throughput[40];
  struct lack_of_fit_range range;
  struct error error;
  (void)state;
  size_t count = make_points(0.7, n, throughput);
  assert_int_equal(lack_of_fit_choose_range(MODELS_USL, n, throughput, count, STAT_SCALE_LN, &range, &error),
                   STATUS_OK);
  assert_true(range.tested && !range.test.rejected);
  assert_near(range.n_lo, 8, 0);
  assert_int_equal(range.count, 6 * TIMES);
  assert_near(range.fit.theta[MODELS_USL_LAMBDA], 39, 0.2);
}

static void test_zigzag_is_rejected_as_a_whole(void **state) {
  double n[40], throughput[40];
  struct lack_of_fit_range range;
  struct error error;
  (void)state;
  size_t count = make_points(1, n, throughput);
  for (size_t i = 0; i < count; i++) {
    if ((i / TIMES) % 2) throughput[i] *= 1.3;
  }
  assert_int_equal(lack_of_fit_choose_range(MODELS_USL, n, throughput, count, STAT_SCALE_LN, &range, &error),
                   STATUS_OK);
  assert_int_equal(range.distinct, 9);
  assert_true(range.tested && range.test.rejected);
}

static void test_range_without_replicates_is_everything_and_says_untested(void **state) {
  const double n[] = {1, 2, 4, 8, 16}, throughput[] = {10, 20, 35, 60, 61};
  struct lack_of_fit_range range;
  struct error error;
  (void)state;
  assert_int_equal(lack_of_fit_choose_range(MODELS_USL, n, throughput, 5, STAT_SCALE_LN, &range, &error),
                   STATUS_OK);
  assert_false(range.tested);
  assert_int_equal(range.count, 5);
  assert_refused(STATUS_NUMERIC,
                 lack_of_fit_choose_range(MODELS_USL, n, throughput, 0, STAT_SCALE_LN, &range, &error));
  assert_refused(STATUS_NUMERIC, lack_of_fit_choose_range(MODELS_USL, n, (const double[]){1, 2, NAN, 3, 4}, 5,
                                                          STAT_SCALE_LN, &range, &error));
}

// Means that differ from the curve by the misfit which the test states are rejected half of the time.
static void test_the_stated_misfit_is_seen_half_of_the_time(void **state) {
  enum { SWEEPS = 400, LEVELS = 10, EACH = 3, POINTS = LEVELS * EACH };
  static const double levels[LEVELS] = {1, 2, 4, 8, 12, 16, 24, 32, 40, 48};
  (void)state;
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  // F(7, 20): its 95 % point is 2.514, its median 0.938 (tables); noise of 1 %.
  double misfit = 0.01 * sqrt((2.514 / 0.938 - 1) / EACH), stated = 0;
  int rejected = 0;
  for (int sweep = 0; sweep < SWEEPS; sweep++) {
    double n[POINTS], x[POINTS];
    for (int i = 0; i < LEVELS; i++) {
      double mean = 100 * levels[i] / (levels[i] + 8) * exp(gsl_ran_gaussian(rng, misfit));
      for (int r = 0; r < EACH; r++) {
        n[i * EACH + r] = levels[i];
        x[i * EACH + r] = mean * exp(gsl_ran_gaussian(rng, 0.01));
      }
    }
    struct fit_result fit;
    struct lack_of_fit test;
    struct fit_data data = {.x = n, .predictors = 1, .y = x, .count = POINTS};
    assert_int_equal(models_fit(MODELS_USL, n, x, NULL, POINTS, STAT_SCALE_LN, &fit, NULL), STATUS_OK);
    assert_int_equal(lack_of_fit_test(models_get(MODELS_USL), &data, &fit, &test, NULL), STATUS_OK);
    rejected += test.rejected;
    stated += test.misfit * test.misfit / SWEEPS;
  }
  gsl_rng_free(rng);
  assert_near(sqrt(stated) / misfit, 1, 0.03);
  assert_true(rejected > SWEEPS * 0.42 && rejected < SWEEPS * 0.58); // three standard errors
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_stated_misfit_is_seen_half_of_the_time),
      cmocka_unit_test(test_bank_example_of_the_textbook),
      cmocka_unit_test(test_fit_without_replicates_cannot_be_tested),
      cmocka_unit_test(test_range_is_everything_when_the_curve_fits),
      cmocka_unit_test(test_range_begins_at_the_break_that_small_n_have),
      cmocka_unit_test(test_zigzag_is_rejected_as_a_whole),
      cmocka_unit_test(test_range_without_replicates_is_everything_and_says_untested),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
