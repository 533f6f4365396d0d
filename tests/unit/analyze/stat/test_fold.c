// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/fold.h"

#include "analyze/stat/lack_of_fit.h"
#include "tests/unit/analyze/stat/near.h"

static const double N[] = {4, 1, 2, 2, 8, 4, 16, 16, 16, 8, 32, 4, 64};
static const double X[] = {131, 38, 70, 73, 222, 127, 318, 309, 322, 231, 351, 129, 270};
static const double WEIGHTS[] = {1, 2, 1, 0.5, 1, 0, 3, 1, 1, 2, 1, 1, 1};
#define COUNT COUNT_OF(N)

static struct fit_data observations(const double *weights) {
  return (struct fit_data){.x = N, .predictors = 1, .y = X, .weights = weights, .count = COUNT};
}

// Least squares knows no difference: the rows and their observations give one fit.
static void test_rows_fit_as_their_observations_do(void **state) {
  const double start[] = {39, 0.04, 0.001};
  struct error error = {0};
  (void)state;
  for (int trial = 0; trial < 4; trial++) {
    enum stat_scale scale = trial % 2 ? STAT_SCALE_LINEAR : STAT_SCALE_LN;
    struct fit_data data = observations(trial < 2 ? NULL : WEIGHTS);
    const struct fit_model *usl = models_get(MODELS_USL);
    struct fit_result one, other;
    struct fold fold;
    assert_int_equal(fold_points(&data, scale, &fold, &error), STATUS_OK);
    assert_int_equal(fold.data.count, 7);
    assert_int_equal(fit_run(usl, &data, scale, start, &one, &error), STATUS_OK);
    assert_int_equal(fit_run(usl, &fold.data, scale, start, &other, &error), STATUS_OK);
    assert_int_equal(one.count, other.count);
    assert_int_equal(one.df, other.df);
    assert_near(other.rss, one.rss, 1e-10);
    for (int p = 0; p < 3; p++) {
      assert_near(other.theta[p], one.theta[p], 1e-7);
      assert_near(other.se[p], one.se[p], 1e-6);
    }
    struct lack_of_fit by_points, by_rows;
    assert_int_equal(lack_of_fit_test(usl, &data, &one, &by_points, &error), STATUS_OK);
    assert_int_equal(lack_of_fit_test(usl, &fold.data, &other, &by_rows, &error), STATUS_OK);
    assert_int_equal(by_points.df_pure, by_rows.df_pure);
    assert_near(by_rows.f, by_points.f, 1e-6);
    fold_free(&fold);
  }
}

static void test_rows_from_the_middle_on_keep_only_their_own_squares(void **state) {
  struct fit_data data = observations(NULL);
  struct error error = {0};
  struct fold fold;
  (void)state;
  assert_int_equal(fold_points(&data, STAT_SCALE_LINEAR, &fold, &error), STATUS_OK);
  struct fit_data tail = fold_from(&fold, 4); // n = 16, 32, 64
  assert_int_equal(tail.count, 3);
  assert_int_equal(tail.extra_count, 2);
  assert_near(tail.y[0], 949.0 / 3, 1e-14);
  assert_near(tail.extra_rss, 318.0 * 318 + 309.0 * 309 + 322.0 * 322 - 949.0 * 949 / 3, 1e-9);
  fold_free(&fold);
}

// More different n than rows are wanted for: neighbours share one, and the curve stays where it is.
static void test_very_many_different_n_share_rows_and_keep_the_curve(void **state) {
  enum { MANY = 20000 };
  const double theta[] = {39, 0.0433, 0.00123};
  static double n[MANY], x[MANY];
  struct fit_data data = {.x = n, .predictors = 1, .y = x, .count = MANY};
  struct error error = {0};
  (void)state;
  for (int i = 0; i < MANY; i++) {
    n[i] = exp(log(200) * i / (MANY - 1));
    x[i] = models_value(MODELS_USL, theta, n[i]) * (i % 2 ? 1.01 : 1 / 1.01);
  }
  for (int scale = STAT_SCALE_LN; scale <= STAT_SCALE_LINEAR; scale++) {
    struct fold fold;
    struct fit_result folded, whole;
    assert_int_equal(fold_points(&data, (enum stat_scale)scale, &fold, &error), STATUS_OK);
    assert_true(fold.data.count <= FOLD_EXACT);
    assert_int_equal(fold.data.count + fold.data.extra_count, MANY);
    assert_int_equal(models_fit_data(MODELS_USL, &fold.data, (enum stat_scale)scale, &folded, &error),
                     STATUS_OK);
    assert_int_equal(models_fit_data(MODELS_USL, &data, (enum stat_scale)scale, &whole, &error), STATUS_OK);
    for (int p = 0; p < 3; p++) {
      assert_true(fabs(folded.theta[p] - whole.theta[p]) < 0.05 * whole.se[p]);
      assert_near(folded.se[p] / whole.se[p], 1, 1e-3);
    }
    assert_near(folded.rss / whole.rss, 1, 1e-6);
    fold_free(&fold);
  }
}

static void test_what_is_no_point_is_refused(void **state) {
  static const double good[] = {1, 2}, zero[] = {0, 2}, infinite[] = {1, INFINITY}, negative[] = {1, -1},
                      none[] = {0, 0};
  struct fold fold;
  (void)state;
  const struct fit_data bad[] = {
      {.x = zero, .y = good, .count = 2},
      {.x = infinite, .y = good, .count = 2},
      {.x = good, .y = negative, .count = 2},
      {.x = good, .y = infinite, .count = 2},
      {.x = good, .y = good, .weights = negative, .count = 2},
      {.x = good, .y = good, .weights = none, .count = 2},
      {.x = good, .y = good, .count = 0},
  };
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    struct error error = {0};
    assert_int_not_equal(fold_points(&bad[i], STAT_SCALE_LN, &fold, &error), STATUS_OK);
    assert_true(error.text[0] != '\0');
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows_fit_as_their_observations_do),
      cmocka_unit_test(test_rows_from_the_middle_on_keep_only_their_own_squares),
      cmocka_unit_test(test_very_many_different_n_share_rows_and_keep_the_curve),
      cmocka_unit_test(test_what_is_no_point_is_refused),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
