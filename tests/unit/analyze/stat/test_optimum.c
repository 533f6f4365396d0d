// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/optimum.h"

#include "analyze/stat/profile.h"
#include "tests/unit/analyze/stat/near.h"

static const double N[] = {1, 2, 4, 8, 12, 16, 24, 32, 40, 48};
#define COUNT COUNT_OF(N)

// Fixed relative deviations of about one percent, summing to zero.
static const double DEVIATIONS[COUNT] = {0.008,  -0.011, 0.004,  0.012,  -0.009,
                                         -0.006, 0.010,  -0.004, -0.010, 0.006};

static void make(enum models_id id, const double *theta, double size, double *throughput) {
  for (size_t i = 0; i < COUNT; i++)
    throughput[i] = models_value(id, theta, N[i]) * exp(size * DEVIATIONS[i]);
}

static struct fit_result fit_points(enum models_id id, const double *throughput, enum stat_scale scale) {
  struct fit_result fit;
  struct error error = {0};
  assert_int_equal(models_fit(id, N, throughput, NULL, COUNT, scale, &fit, &error), STATUS_OK);
  return fit;
}

static enum optimum_kind find(enum models_id id, const double *throughput, const struct fit_result *fit,
                              struct optimum *optimum) {
  enum optimum_kind kind = OPTIMUM_MONOTONE;
  struct error error = {0};
  assert_int_equal(optimum_find(id, N, throughput, NULL, COUNT, fit, 0.95, &kind, optimum, &error),
                   STATUS_OK);
  return kind;
}

static void test_exact_usl_has_its_closed_form_optimum(void **state) {
  const double theta[] = {39, 0.043, 0.0012};
  double throughput[COUNT];
  struct optimum optimum;
  (void)state;
  make(MODELS_USL, theta, 0, throughput);
  for (int scale = STAT_SCALE_LN; scale <= STAT_SCALE_LINEAR; scale++) {
    struct fit_result fit = fit_points(MODELS_USL, throughput, (enum stat_scale)scale);
    assert_int_equal(find(MODELS_USL, throughput, &fit, &optimum), OPTIMUM_PEAK);
    double n = sqrt((1 - 0.043) / 0.0012), top = models_value(MODELS_USL, theta, n);
    assert_interval(optimum.n, n, n, n, 1e-4);
    assert_interval(optimum.throughput, top, top, top, 1e-4);
    assert_true(optimum.established);
  }
}

// The u-profile of the contract, brute force: for fixed u the model n/X = q0 (1 + u n^2) + q1 n is fitted by
// Gauss-Newton on ln X, and u is kept while RSS stays within the F limit.
static double rss_at_curvature(const double *throughput, double u) {
  double q[2] = {0.02, 0.001}, rss = 0;
  for (int round = 0; round < 200; round++) {
    double a = 0, b = 0, d = 0, g = 0, h = 0;
    rss = 0;
    for (size_t i = 0; i < COUNT; i++) {
      double bend = 1 + u * N[i] * N[i], divisor = q[0] * bend + q[1] * N[i];
      double residual = log(N[i] / divisor) - log(throughput[i]);
      double by_q0 = -bend / divisor, by_q1 = -N[i] / divisor;
      a += by_q0 * by_q0;
      b += by_q0 * by_q1;
      d += by_q1 * by_q1;
      g += by_q0 * residual;
      h += by_q1 * residual;
      rss += residual * residual;
    }
    double determinant = a * d - b * b;
    q[0] -= (d * g - b * h) / determinant;
    q[1] -= (a * h - b * g) / determinant;
  }
  return rss;
}

static void test_limits_of_n_lie_where_the_curvature_profile_meets_f(void **state) {
  const double theta[] = {39, 0.043, 0.0012};
  double throughput[COUNT];
  struct optimum optimum;
  (void)state;
  make(MODELS_USL, theta, 3, throughput);
  struct fit_result fit = fit_points(MODELS_USL, throughput, STAT_SCALE_LN);
  assert_int_equal(find(MODELS_USL, throughput, &fit, &optimum), OPTIMUM_PEAK);
  double limit = fit.rss * (1 + stat_f_quantile(0.95, 1, 7) / 7);
  assert_near(rss_at_curvature(throughput, 1 / (optimum.n.estimate * optimum.n.estimate)) / fit.rss, 1, 1e-6);
  assert_near(rss_at_curvature(throughput, 1 / (optimum.n.lo * optimum.n.lo)) / limit, 1, 1e-6);
  assert_near(rss_at_curvature(throughput, 1 / (optimum.n.hi * optimum.n.hi)) / limit, 1, 1e-6);
  assert_true(optimum.throughput.lo < optimum.throughput.estimate &&
              optimum.throughput.hi > optimum.throughput.estimate);
}

// The same for the height of the peak: for fixed P the model n/X = (g - v n)^2 + n/P is fitted by damped
// Gauss-Newton.
static double squares_at_peak(const double *throughput, double peak, const double *gv) {
  double rss = 0;
  for (size_t i = 0; i < COUNT; i++) {
    double gap = gv[0] - gv[1] * N[i];
    rss += pow(log(N[i] / (gap * gap + N[i] / peak)) - log(throughput[i]), 2);
  }
  return rss;
}

static double rss_at_peak(const double *throughput, double peak, double g, double v) {
  double at[2] = {g, v};
  for (int round = 0; round < 500; round++) {
    double a = 0, b = 0, d = 0, p = 0, q = 0;
    for (size_t i = 0; i < COUNT; i++) {
      double gap = at[0] - at[1] * N[i], divisor = gap * gap + N[i] / peak;
      double residual = log(N[i] / divisor) - log(throughput[i]);
      double by_g = -2 * gap / divisor, by_v = 2 * gap * N[i] / divisor;
      a += by_g * by_g;
      b += by_g * by_v;
      d += by_v * by_v;
      p += by_g * residual;
      q += by_v * residual;
    }
    double determinant = a * d - b * b, share = 1, next[2];
    do {
      next[0] = at[0] - share * (d * p - b * q) / determinant;
      next[1] = at[1] - share * (a * q - b * p) / determinant;
      share /= 2;
    } while (squares_at_peak(throughput, peak, next) > squares_at_peak(throughput, peak, at) && share > 1e-9);
    at[0] = next[0];
    at[1] = next[1];
  }
  return squares_at_peak(throughput, peak, at);
}

static void test_limits_of_the_height_lie_where_its_profile_meets_f(void **state) {
  const double theta[] = {39, 0.043, 0.0012};
  double throughput[COUNT];
  struct optimum optimum;
  (void)state;
  make(MODELS_USL, theta, 3, throughput);
  struct fit_result fit = fit_points(MODELS_USL, throughput, STAT_SCALE_LN);
  assert_int_equal(find(MODELS_USL, throughput, &fit, &optimum), OPTIMUM_PEAK);
  double limit = fit.rss * (1 + stat_f_quantile(0.95, 1, 7) / 7);
  double g = sqrt(0.957 / 39), v = sqrt(0.0012 / 39);
  assert_near(rss_at_peak(throughput, optimum.throughput.estimate, g, v) / fit.rss, 1, 1e-6);
  assert_near(rss_at_peak(throughput, optimum.throughput.lo, g, v) / limit, 1, 1e-6);
  assert_near(rss_at_peak(throughput, optimum.throughput.hi, g, v) / limit, 1, 1e-6);
}

static void test_no_falling_means_no_upper_end(void **state) {
  const double theta[] = {39, 0.08, 0}; // Amdahl: no peak at all
  double throughput[COUNT];
  struct optimum optimum;
  (void)state;
  make(MODELS_USL, theta, 1, throughput);
  for (int scale = STAT_SCALE_LN; scale <= STAT_SCALE_LINEAR; scale++) {
    struct fit_result fit = fit_points(MODELS_USL, throughput, (enum stat_scale)scale);
    assert_true(find(MODELS_USL, throughput, &fit, &optimum) != OPTIMUM_MONOTONE);
    assert_true(optimum.n.hi == INFINITY && optimum.throughput.hi == INFINITY);
    assert_true(isfinite(optimum.n.lo) && optimum.n.lo > 48); // "at least"
    assert_true(isfinite(optimum.throughput.lo));
    assert_false(optimum.established);
  }
}

static void test_clearly_superlinear_points_are_monotone(void **state) {
  const double theta[] = {20, 0.08, -0.0008};
  double throughput[COUNT];
  struct optimum optimum;
  (void)state;
  make(MODELS_USL, theta, 0.05, throughput);
  struct fit_result fit = fit_points(MODELS_USL, throughput, STAT_SCALE_LN);
  assert_int_equal(find(MODELS_USL, throughput, &fit, &optimum), OPTIMUM_MONOTONE);
}

static void test_peak_beyond_the_tested_range_is_said_not_clipped(void **state) {
  const double theta[] = {10, 0.02, 0.00006};
  double throughput[COUNT];
  struct optimum optimum;
  (void)state;
  make(MODELS_USL, theta, 0.01, throughput);
  struct fit_result fit = fit_points(MODELS_USL, throughput, STAT_SCALE_LN);
  assert_int_equal(find(MODELS_USL, throughput, &fit, &optimum), OPTIMUM_PEAK);
  assert_near(optimum.n.estimate, sqrt(0.98 / 0.00006), 2);
  assert_true(optimum.n.lo > 48 && isfinite(optimum.n.hi) && isfinite(optimum.throughput.hi));
  assert_true(optimum.edge && !optimum.established);
}

static void test_quadratic_peaks_at_its_vertex(void **state) {
  const double theta[] = {3.5, 1.5, -0.24};
  double throughput[COUNT];
  struct optimum optimum;
  (void)state;
  make(MODELS_QUADRATIC_LN, theta, 0.5, throughput);
  struct fit_result fit = fit_points(MODELS_QUADRATIC_LN, throughput, STAT_SCALE_LN);
  assert_int_equal(find(MODELS_QUADRATIC_LN, throughput, &fit, &optimum), OPTIMUM_PEAK);
  assert_near(optimum.n.estimate, exp(-fit.theta[1] / (2 * fit.theta[2])), 1e-6);
  assert_near(optimum.throughput.estimate, models_value(MODELS_QUADRATIC_LN, fit.theta, optimum.n.estimate),
              1e-6);
  assert_true(optimum.n.lo < optimum.n.estimate && optimum.n.estimate < optimum.n.hi);
  assert_true(optimum.established);
  make(MODELS_QUADRATIC_LN, (const double[]){3.5, 0.5, 0.05}, 0.1, throughput); // opens upwards
  fit = fit_points(MODELS_QUADRATIC_LN, throughput, STAT_SCALE_LN);
  assert_int_equal(find(MODELS_QUADRATIC_LN, throughput, &fit, &optimum), OPTIMUM_MONOTONE);
  make(MODELS_QUADRATIC_LN, (const double[]){3.5, 0.5, 0}, 1, throughput); // straight within noise
  fit = fit_points(MODELS_QUADRATIC_LN, throughput, STAT_SCALE_LN);
  assert_true(find(MODELS_QUADRATIC_LN, throughput, &fit, &optimum) != OPTIMUM_MONOTONE);
  assert_true(optimum.n.hi == INFINITY && !optimum.established);
}

static void test_saturating_families_have_no_optimum(void **state) {
  double throughput[COUNT];
  struct optimum optimum;
  (void)state;
  make(MODELS_HYPERBOLIC, (const double[]){400, 9}, 0.1, throughput);
  struct fit_result fit = fit_points(MODELS_HYPERBOLIC, throughput, STAT_SCALE_LN);
  assert_int_equal(find(MODELS_HYPERBOLIC, throughput, &fit, &optimum), OPTIMUM_MONOTONE);
}

static void test_knee_reaches_its_share_for_the_first_time(void **state) {
  double n;
  struct error error;
  struct fit_result usl = {.theta = {39, 0.043, 0.0012}}, hyperbolic = {.theta = {400, 9}};
  (void)state;
  assert_int_equal(optimum_knee(MODELS_USL, &usl, 1, 48, 0.95, &n, &error), STATUS_OK);
  double top = models_value(MODELS_USL, usl.theta, sqrt(0.957 / 0.0012));
  assert_near(models_value(MODELS_USL, usl.theta, n) / top, 0.95, 1e-4);
  assert_true(n < sqrt(0.957 / 0.0012));
  // n/(9 + n) = 0.95 x 48/57: n = 9 s/(1 - s) with s = 0.8
  assert_int_equal(optimum_knee(MODELS_HYPERBOLIC, &hyperbolic, 1, 48, 0.95, &n, &error), STATUS_OK);
  assert_near(n, 36, 1e-9);
  assert_int_equal(optimum_knee(MODELS_USL, &usl, 20, 20, 0.95, &n, &error), STATUS_OK);
  assert_near(n, 20, 0);
  assert_refused(STATUS_USAGE, optimum_knee(MODELS_USL, &usl, 0, 48, 0.95, &n, &error));
  assert_refused(STATUS_USAGE, optimum_knee(MODELS_USL, &usl, 1, INFINITY, 0.95, &n, &error));
  assert_refused(STATUS_USAGE, optimum_knee(MODELS_USL, &usl, 1, 48, 1.2, &n, &error));
}

// hyperbolic: the knee of a range is a function of k alone (share s of n_hi/(k + n_hi)), so k's profile
// limits map onto the knee's: n/(k + n) = 0.95 n_hi/(k + n_hi).
static void test_knee_interval_of_hyperbolic_is_that_of_k(void **state) {
  double throughput[COUNT], limits[2];
  struct fit_data data = {.x = N, .y = throughput, .count = COUNT};
  struct ci k, knee;
  struct error error;
  (void)state;
  make(MODELS_HYPERBOLIC, (const double[]){400, 9}, 2, throughput);
  for (int scale = STAT_SCALE_LN; scale <= STAT_SCALE_LINEAR; scale++) {
    struct fit_result fit = fit_points(MODELS_HYPERBOLIC, throughput, (enum stat_scale)scale);
    assert_int_equal(profile_interval(models_get(MODELS_HYPERBOLIC), &data, &fit, 1, 0.95, &k, &error),
                     STATUS_OK);
    assert_int_equal(optimum_knee_interval(MODELS_HYPERBOLIC, N, throughput, NULL, COUNT, &fit, 1, 48, 0.95,
                                           0.95, &knee, &error),
                     STATUS_OK);
    for (int i = 0; i < 2; i++) {
      double limit = i ? k.hi : k.lo, share = 0.95 * 48 / (limit + 48);
      limits[i] = limit * share / (1 - share);
    }
    assert_near(knee.lo, limits[0], 1e-3 * (limits[1] - limits[0]));
    assert_near(knee.hi, limits[1], 1e-3 * (limits[1] - limits[0]));
    assert_true(knee.lo < knee.estimate && knee.estimate < knee.hi);
  }
}

static void test_knee_interval_says_where_there_is_none(void **state) {
  double throughput[COUNT];
  struct ci knee;
  struct error error;
  (void)state;
  make(MODELS_PLATEAU, (const double[]){30, 13.5}, 0.2, throughput);
  struct fit_result fit = fit_points(MODELS_PLATEAU, throughput, STAT_SCALE_LN);
  assert_refused(STATUS_NUMERIC, optimum_knee_interval(MODELS_PLATEAU, N, throughput, NULL, COUNT, &fit, 1,
                                                       48, 0.95, 0.95, &knee, &error));
  make(MODELS_HYPERBOLIC, (const double[]){1e6, 25000}, 1,
       throughput); // straight: the knee sits at 0.95 of the range
  fit = fit_points(MODELS_HYPERBOLIC, throughput, STAT_SCALE_LN);
  assert_int_equal(optimum_knee_interval(MODELS_HYPERBOLIC, N, throughput, NULL, COUNT, &fit, 1, 48, 0.95,
                                         0.95, &knee, &error),
                   STATUS_OK);
  assert_true(isfinite(knee.lo) && knee.lo < knee.estimate);
  assert_true(knee.hi == INFINITY || knee.hi <= 48);
}

static void test_three_points_give_no_interval_for_three_parameters(void **state) {
  const double n[] = {1, 8, 32}, throughput[] = {39, 220, 350};
  struct fit_result fit;
  struct optimum optimum;
  enum optimum_kind kind;
  struct error error;
  (void)state;
  assert_int_equal(models_fit(MODELS_USL, n, throughput, NULL, 3, STAT_SCALE_LN, &fit, &error), STATUS_OK);
  assert_int_equal(fit.df, 0);
  assert_refused(STATUS_NUMERIC,
                 optimum_find(MODELS_USL, n, throughput, NULL, 3, &fit, 0.95, &kind, &optimum, &error));
}

// Replicates give degrees of freedom, but the curve passes through three means whatever they are.
static void test_three_different_n_establish_no_optimum_and_four_do(void **state) {
  static const double n[] = {4, 4, 16, 16, 64, 64, 32, 32};
  static const double x[] = {199, 201, 301, 299, 251, 249, 293, 291};
  struct error error = {0};
  (void)state;
  for (int four = 0; four < 2; four++) {
    size_t count = four ? 8 : 6;
    struct fit_result fit;
    struct optimum optimum;
    enum optimum_kind kind;
    assert_int_equal(models_fit(MODELS_USL, n, x, NULL, count, STAT_SCALE_LN, &fit, &error), STATUS_OK);
    assert_int_equal(optimum_find(MODELS_USL, n, x, NULL, count, &fit, 0.95, &kind, &optimum, &error),
                     STATUS_OK);
    assert_int_equal(kind, OPTIMUM_PEAK);
    assert_true(isfinite(optimum.n.hi) && !optimum.edge);
    assert_int_equal(optimum.established, four);
  }
}

// USL with its peak of 300 at 24 and s = 0.5: at 16 and at 36 its throughput is 4 % lower, 300 / (1 + 0.25 /
// 6).
static void test_a_misfit_widens_the_range_of_the_peak(void **state) {
  (void)state;
  double n[] = {1, 2, 4, 8, 16, 24, 32, 48}, x[8];
  for (int i = 0; i < 8; i++)
    x[i] = 300 * n[i] / (6 + n[i] / 2 + n[i] * n[i] / 96);
  struct fit_result exact;
  assert_int_equal(models_fit(MODELS_USL, n, x, NULL, 8, STAT_SCALE_LN, &exact, NULL), STATUS_OK);
  double misfit = log(1 + 0.25 / 6) / 2;
  struct ci range = optimum_allow(MODELS_USL, &exact, misfit, (struct ci){24, 24, 24});
  assert_near(range.lo, 16, 1e-4);
  assert_near(range.hi, 36, 1e-4);
  range = optimum_allow(MODELS_USL, &exact, misfit, (struct ci){24, 12, INFINITY});
  assert_near(log(24 / range.lo), hypot(log(2), log(1.5)), 1e-5);
  assert_true(isinf(range.hi));
  range = optimum_allow(MODELS_USL, &exact, 0, (struct ci){24, 20, 30});
  assert_near(range.lo, 20, 1e-3);
  assert_near(range.hi, 30, 1e-3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_misfit_widens_the_range_of_the_peak),
      cmocka_unit_test(test_exact_usl_has_its_closed_form_optimum),
      cmocka_unit_test(test_limits_of_n_lie_where_the_curvature_profile_meets_f),
      cmocka_unit_test(test_limits_of_the_height_lie_where_its_profile_meets_f),
      cmocka_unit_test(test_no_falling_means_no_upper_end),
      cmocka_unit_test(test_clearly_superlinear_points_are_monotone),
      cmocka_unit_test(test_peak_beyond_the_tested_range_is_said_not_clipped),
      cmocka_unit_test(test_quadratic_peaks_at_its_vertex),
      cmocka_unit_test(test_saturating_families_have_no_optimum),
      cmocka_unit_test(test_knee_reaches_its_share_for_the_first_time),
      cmocka_unit_test(test_knee_interval_of_hyperbolic_is_that_of_k),
      cmocka_unit_test(test_knee_interval_says_where_there_is_none),
      cmocka_unit_test(test_three_points_give_no_interval_for_three_parameters),
      cmocka_unit_test(test_three_different_n_establish_no_optimum_and_four_do),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
