// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/models.h"

#include "tests/unit/analyze/stat/near.h"

static const double N[] = {1, 2, 4, 8, 12, 16, 24, 32, 40, 48};

// A curve of each family as a server might have it; the knee of `plateau` lies between tested n.
static const double TRUTH[MODELS_COUNT][3] = {
    [MODELS_USL] = {39, 0.043, 0.0012}, [MODELS_HYPERBOLIC] = {400, 9},
    [MODELS_EXPONENTIAL] = {350, 0.08}, [MODELS_HILL] = {380, 11, 1.4},
    [MODELS_PLATEAU] = {30, 13.5},      [MODELS_QUADRATIC_LN] = {3.5, 1.4, -0.21},
};

static void test_gradients_agree_with_central_differences(void **state) {
  (void)state;
  for (enum models_id id = 0; id < MODELS_COUNT; id++) {
    const struct fit_model *model = models_get(id);
    for (size_t i = 0; i < COUNT_OF(N); i++) {
      double value, gradient[3];
      assert_true(model->evaluate(&N[i], TRUTH[id], &value, gradient, NULL));
      for (size_t j = 0; j < model->parameters && j < 3; j++) {
        double step = 1e-5 * fabs(TRUTH[id][j]), theta[3] = {TRUTH[id][0], TRUTH[id][1], TRUTH[id][2]}, above,
               below;
        theta[j] = TRUTH[id][j] + step;
        assert_true(model->evaluate(&N[i], theta, &above, NULL, NULL));
        theta[j] = TRUTH[id][j] - step;
        assert_true(model->evaluate(&N[i], theta, &below, NULL, NULL));
        double difference = (above - below) / (2 * step), size = value / fabs(TRUTH[id][j]);
        assert_near(gradient[j] / size, difference / size, 1e-7);
      }
    }
  }
}

static void test_every_family_finds_the_curve_that_made_the_points(void **state) {
  double throughput[COUNT_OF(N)];
  struct error error = {0};
  (void)state;
  for (enum models_id id = 0; id < MODELS_COUNT; id++) {
    for (size_t i = 0; i < COUNT_OF(N); i++)
      throughput[i] = models_value(id, TRUTH[id], N[i]);
    for (int scale = STAT_SCALE_LN; scale <= STAT_SCALE_LINEAR; scale++) {
      struct fit_result fit;
      assert_int_equal(models_fit(id, N, throughput, NULL, COUNT_OF(N), (enum stat_scale)scale, &fit, &error),
                       STATUS_OK);
      assert_true(fit.converged);
      for (size_t j = 0; j < models_get(id)->parameters; j++)
        assert_near(fit.theta[j] / TRUTH[id][j], 1, 1e-6);
    }
  }
}

// NIST: BoxBOD and Misra1a are `exponential`, Misra1d is `hyperbolic` with xmax = b1, k = 1/b2; certified
// values.
static void test_nist_sets_that_are_ours_come_out_through_the_family(void **state) {
  const double days[] = {1, 2, 3, 5, 7, 10}, demand[] = {109, 149, 149, 191, 213, 224};
  const double pressure[] = {77.6,  114.9, 141.1, 190.8, 239.9, 289.0, 332.8,
                             378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0};
  const double volume[] = {10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02,
                           44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78};
  struct fit_result fit;
  struct error error;
  (void)state;
  assert_int_equal(models_fit(MODELS_EXPONENTIAL, days, demand, NULL, 6, STAT_SCALE_LINEAR, &fit, &error),
                   STATUS_OK);
  assert_near(fit.theta[0] / 2.1380940889E+02, 1, 1e-6);
  assert_near(fit.theta[1] / 5.4723748542E-01, 1, 1e-6);
  assert_near(fit.se[0] / 1.2354515176E+01, 1, 1e-6);
  assert_int_equal(
      models_fit(MODELS_EXPONENTIAL, pressure, volume, NULL, 14, STAT_SCALE_LINEAR, &fit, &error), STATUS_OK);
  assert_near(fit.theta[0] / 2.3894212918E+02, 1, 1e-6);
  assert_near(fit.theta[1] / 5.5015643181E-04, 1, 1e-6);
  assert_near(fit.rss / 1.2455138894E-01, 1, 1e-6);
  assert_int_equal(models_fit(MODELS_HYPERBOLIC, pressure, volume, NULL, 14, STAT_SCALE_LINEAR, &fit, &error),
                   STATUS_OK);
  assert_near(fit.theta[0] / 4.3736970754E+02, 1, 1e-6);
  assert_near(fit.theta[1] * 3.0227324449E-04, 1, 1e-6);
  assert_near(fit.se[0] / 3.6489174345E+00, 1, 1e-6);
}

// With the knee given, the slope is a linear problem: its error is s/sqrt(N) relative on ln X, s/sqrt(sum
// min(n, knee)^2) on X.
static void test_plateau_slope_has_its_textbook_error_and_the_knee_none(void **state) {
  size_t count = COUNT_OF(N);
  double throughput[COUNT_OF(N)], squares = 0, points = (double)count;
  struct fit_result fit;
  struct error error;
  (void)state;
  for (size_t i = 0; i < COUNT_OF(N); i++) {
    throughput[i] = models_value(MODELS_PLATEAU, TRUTH[MODELS_PLATEAU], N[i]) * (i % 2 ? 1.01 : 0.99);
  }
  assert_int_equal(models_fit(MODELS_PLATEAU, N, throughput, NULL, COUNT_OF(N), STAT_SCALE_LN, &fit, &error),
                   STATUS_OK);
  double s = sqrt(fit.rss / (points - 2));
  assert_near(fit.se[0] / (fit.theta[0] * s / sqrt(points)), 1, 1e-9);
  assert_near(fit.se[1], 0, 0);
  assert_int_equal(
      models_fit(MODELS_PLATEAU, N, throughput, NULL, COUNT_OF(N), STAT_SCALE_LINEAR, &fit, &error),
      STATUS_OK);
  for (size_t i = 0; i < COUNT_OF(N); i++)
    squares += pow(fmin(N[i], fit.theta[1]), 2);
  assert_near(fit.se[0] / (sqrt(fit.rss / (points - 2)) / sqrt(squares)), 1, 1e-9);
}

static void test_kappa_may_come_out_negative(void **state) {
  const double truth[] = {20, 0.08, -0.0003};
  double throughput[COUNT_OF(N)];
  struct fit_result fit;
  struct error error;
  (void)state;
  for (size_t i = 0; i < COUNT_OF(N); i++)
    throughput[i] = models_value(MODELS_USL, truth, N[i]);
  assert_int_equal(models_fit(MODELS_USL, N, throughput, NULL, COUNT_OF(N), STAT_SCALE_LN, &fit, &error),
                   STATUS_OK);
  assert_near(fit.theta[MODELS_USL_KAPPA], -0.0003, 1e-9);
}

static void test_a_weight_of_two_is_the_point_twice(void **state) {
  const double n[] = {1, 2, 4, 8, 16, 32, 32}, throughput[] = {30, 61, 108, 180, 300, 330, 330};
  const double weights[] = {1, 1, 1, 1, 1, 2};
  (void)state;
  for (enum models_id id = 0; id < MODELS_COUNT; id++) {
    struct fit_result doubled, weighted;
    struct error error = {0};
    assert_int_equal(models_fit(id, n, throughput, NULL, 7, STAT_SCALE_LN, &doubled, &error), STATUS_OK);
    assert_int_equal(models_fit(id, n, throughput, weights, 6, STAT_SCALE_LN, &weighted, &error), STATUS_OK);
    assert_near(weighted.rss / doubled.rss, 1, 1e-9);
    for (size_t j = 0; j < doubled.parameters; j++)
      assert_near(weighted.theta[j] / doubled.theta[j], 1, 1e-5);
  }
}

static void test_a_weight_of_zero_is_no_point(void **state) {
  const double n[] = {1, 2, 4, 8, 16, 32, 24}, throughput[] = {30, 61, 108, 180, 300, 330, 5};
  const double weights[] = {1, 1, 1, 1, 1, 1, 0};
  (void)state;
  for (enum models_id id = 0; id < MODELS_COUNT; id++) {
    struct fit_result without, weighted;
    struct error error = {0};
    assert_int_equal(models_fit(id, n, throughput, NULL, 6, STAT_SCALE_LN, &without, &error), STATUS_OK);
    assert_int_equal(models_fit(id, n, throughput, weights, 7, STAT_SCALE_LN, &weighted, &error), STATUS_OK);
    assert_int_equal(weighted.count, 6);
    assert_int_equal(weighted.df, without.df);
    assert_near(weighted.rss / without.rss, 1, 1e-6);
  }
}

static void test_points_that_fix_no_curve_are_refused(void **state) {
  const double n[] = {1, 2, 2, 4}, same[] = {8, 8, 8, 8}, good[] = {10, 19, 20, 33};
  const double zero[] = {10, 0, 20, 33}, negative[] = {10, -1, 20, 33}, nan_x[] = {10, NAN, 20, 33};
  const double bad_n[] = {0, 2, 3, 4}, inf_n[] = {1, 2, INFINITY, 4};
  (void)state;
  for (enum models_id id = 0; id < MODELS_COUNT; id++) {
    for (int scale = STAT_SCALE_LN; scale <= STAT_SCALE_LINEAR; scale++) {
      enum stat_scale on = (enum stat_scale)scale;
      struct fit_result fit = {0};
      struct error error;
      assert_refused(STATUS_NUMERIC, models_fit(id, n, zero, NULL, 4, on, &fit, &error));
      assert_refused(STATUS_NUMERIC, models_fit(id, n, negative, NULL, 4, on, &fit, &error));
      assert_refused(STATUS_NUMERIC, models_fit(id, n, nan_x, NULL, 4, on, &fit, &error));
      assert_refused(STATUS_NUMERIC, models_fit(id, bad_n, good, NULL, 4, on, &fit, &error));
      assert_refused(STATUS_NUMERIC, models_fit(id, inf_n, good, NULL, 4, on, &fit, &error));
      assert_refused(STATUS_NUMERIC, models_fit(id, same, good, NULL, 4, on, &fit, &error));
      assert_refused(STATUS_NUMERIC, models_fit(id, n, good, NULL, 1, on, &fit, &error));
      assert_refused(STATUS_NUMERIC, models_fit(id, n, good, NULL, 0, on, &fit, &error));
      assert_int_equal(fit.parameters, 0); // nothing was written
    }
  }
}

static void test_flat_and_steep_points_give_a_status_and_no_nan(void **state) {
  const double flat[] = {100, 100, 100, 100, 100, 100, 100, 100, 100, 100};
  double steep[COUNT_OF(N)], falling[COUNT_OF(N)], tiny[COUNT_OF(N)], huge[COUNT_OF(N)];
  for (size_t i = 0; i < COUNT_OF(N); i++) {
    steep[i] = pow(N[i], 3);
    falling[i] = 1000 / pow(N[i], 2);
    tiny[i] = 1e-150 * N[i] * (1 + 0.01 * (double)(i % 3));
    huge[i] = 1e150 * N[i] * (1 + 0.01 * (double)(i % 3));
  }
  const double *shapes[] = {flat, steep, falling, tiny, huge};
  (void)state;
  for (enum models_id id = 0; id < MODELS_COUNT; id++) {
    for (size_t shape = 0; shape < COUNT_OF(shapes); shape++) {
      for (int scale = STAT_SCALE_LN; scale <= STAT_SCALE_LINEAR; scale++) {
        struct fit_result fit;
        struct error error = {0};
        enum status status =
            models_fit(id, N, shapes[shape], NULL, COUNT_OF(N), (enum stat_scale)scale, &fit, &error);
        assert_true(status == STATUS_OK || status == STATUS_NUMERIC);
        if (status) continue;
        assert_true(stat_all_finite(fit.theta, fit.parameters) && stat_all_finite(fit.se, fit.parameters));
        assert_true(isfinite(fit.rss) && isfinite(fit.residual_sd));
      }
    }
  }
}

static void test_names_lead_to_models(void **state) {
  enum models_id id;
  struct error error;
  (void)state;
  for (enum models_id i = 0; i < MODELS_COUNT; i++) {
    assert_int_equal(models_find(models_get(i)->name, &id, &error), STATUS_OK);
    assert_int_equal(id, i);
  }
  assert_refused(STATUS_NOT_FOUND, models_find("linear", &id, &error));
}

// At a fitted straight line ln X = a + b ln n (c held out by symmetry) the textbook standard error of a
// prediction holds: s sqrt(1/N + (x - mean)^2/Sxx + ...); with a constant model it is s/sqrt(N).
static bool constant(const double *x, const double *theta, double *value, double *gradient,
                     const void *context) {
  (void)x;
  (void)context;
  *value = theta[0];
  if (gradient) gradient[0] = 1;
  return true;
}

static void test_prediction_error_of_a_constant_is_that_of_a_mean(void **state) {
  const struct fit_model model = {"constant", 1, NULL, constant};
  const double x[] = {0, 0, 0, 0}, y[] = {8, 12, 9, 11};
  struct fit_data data = {.x = x, .y = y, .count = 4};
  struct fit_result fit;
  struct error error;
  double value, se;
  (void)state;
  assert_int_equal(fit_run(&model, &data, STAT_SCALE_LINEAR, (const double[]){1}, &fit, &error), STATUS_OK);
  assert_int_equal(fit_predict(&model, &fit, x, NULL, &value, &se, &error), STATUS_OK);
  assert_near(value, 10, 1e-12);
  assert_near(se, sqrt(10.0 / 3 / 4), 1e-12);
  assert_int_equal(fit_run(&model, &data, STAT_SCALE_LN, (const double[]){1}, &fit, &error), STATUS_OK);
  assert_near(log(fit.theta[0]), (log(8) + log(12) + log(9) + log(11)) / 4, 1e-9); // the geometric mean
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gradients_agree_with_central_differences),
      cmocka_unit_test(test_every_family_finds_the_curve_that_made_the_points),
      cmocka_unit_test(test_nist_sets_that_are_ours_come_out_through_the_family),
      cmocka_unit_test(test_plateau_slope_has_its_textbook_error_and_the_knee_none),
      cmocka_unit_test(test_kappa_may_come_out_negative),
      cmocka_unit_test(test_a_weight_of_two_is_the_point_twice),
      cmocka_unit_test(test_a_weight_of_zero_is_no_point),
      cmocka_unit_test(test_points_that_fix_no_curve_are_refused),
      cmocka_unit_test(test_flat_and_steep_points_give_a_status_and_no_nan),
      cmocka_unit_test(test_names_lead_to_models),
      cmocka_unit_test(test_prediction_error_of_a_constant_is_that_of_a_mean),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
