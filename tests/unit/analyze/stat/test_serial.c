// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "analyze/stat/serial.h"

enum { COUNT = 100, SERIES = 400 };

static double uniform(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(uint64_t *state) {
  return sqrt(-2 * log(uniform(state))) * cos(2 * 3.14159265358979 * uniform(state));
}

// A first-order autoregression of variance 1, in its steady state from the first value on.
static void correlated(double *values, size_t count, double phi, uint64_t *state) {
  double now = normal(state);
  for (size_t i = 0; i < count; i++) {
    values[i] = now;
    now = phi * now + sqrt(1 - phi * phi) * normal(state);
  }
}

// White (1997): the cut minimises sum (x - mean)^2 / (n - d)^2; here by that formula itself.
static void test_the_start_is_cut_where_the_squared_error_is_least(void **state) {
  (void)state;
  uint64_t seed = 7;
  for (int series = 0; series < 50; series++) {
    double values[COUNT], least = INFINITY;
    size_t expected = 0;
    correlated(values, COUNT, 0.5, &seed);
    for (size_t i = 0; i < COUNT; i++)
      values[i] += 1000 + 10 * exp(-(double)i / 8);
    for (size_t cut = 0; cut <= COUNT / 2; cut++) {
      double mean = 0, squares = 0, rest = (double)(COUNT - cut);
      for (size_t i = cut; i < COUNT; i++)
        mean += values[i] / rest;
      for (size_t i = cut; i < COUNT; i++)
        squares += (values[i] - mean) * (values[i] - mean);
      if (squares / (rest * rest) < least) least = squares / (rest * rest), expected = cut;
    }
    assert_int_equal(serial_start(values, COUNT), expected);
    assert_true(expected >= 8);
  }
}

static void test_a_steady_series_loses_nothing(void **state) {
  (void)state;
  double equal[COUNT];
  for (size_t i = 0; i < COUNT; i++)
    equal[i] = 3;
  assert_int_equal(serial_start(equal, COUNT), 0);
  assert_int_equal(serial_start(equal, 0), 0);
  assert_int_equal(serial_start(equal, 1), 0);
  for (size_t i = 0; i < 4; i++)
    equal[i] = 0;
  assert_int_equal(serial_start(equal, COUNT), 4);
}

// The sum of n values of an autoregression has the variance n (1 + phi) / (1 - phi), but for its ends.
static void test_variance_of_a_sum_counts_what_neighbours_share(void **state) {
  (void)state;
  static const double phis[] = {0, 0.5, 0.8};
  for (size_t k = 0; k < 3; k++) {
    uint64_t seed = 11;
    double mean_variance = 0, truth = COUNT * (1 + phis[k]) / (1 - phis[k]);
    for (int series = 0; series < SERIES; series++) {
      double values[COUNT], mean = 0, df;
      correlated(values, COUNT, phis[k], &seed);
      for (size_t i = 0; i < COUNT; i++)
        mean += values[i] / COUNT;
      for (size_t i = 0; i < COUNT; i++)
        values[i] -= mean;
      mean_variance += serial_variance(values, COUNT, &df) / SERIES;
      assert_true(df == 0 || (df >= 3 && df <= COUNT));
    }
    assert_true(mean_variance > 0.85 * truth && mean_variance < 1.3 * truth);
  }
}

static void test_a_series_that_never_turns_is_too_short(void **state) {
  (void)state;
  double values[COUNT], df = 1;
  for (size_t i = 0; i < COUNT; i++)
    values[i] = (double)i - (COUNT - 1) / 2.0;
  serial_variance(values, COUNT, &df);
  assert_true(df == 0);
  df = 1;
  assert_true(serial_variance(values, 3, &df) == 0 && df == 0);
  // Values that undo each other are not trusted more than independent ones.
  for (size_t i = 0; i < COUNT; i++)
    values[i] = i % 2 ? 1 : -1;
  assert_true(serial_variance(values, COUNT, &df) >= COUNT && df > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_start_is_cut_where_the_squared_error_is_least),
      cmocka_unit_test(test_a_steady_series_loses_nothing),
      cmocka_unit_test(test_variance_of_a_sum_counts_what_neighbours_share),
      cmocka_unit_test(test_a_series_that_never_turns_is_too_short),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
