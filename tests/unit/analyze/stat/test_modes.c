// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "analyze/stat/modes.h"

static void test_values_are_cut_between_their_groups(void **state) {
  (void)state;
  double values[] = {120, 100, 81, 80, 99, 101, 100};
  struct modes modes;
  assert_int_equal(modes_split(values, 7, &modes, NULL), STATUS_OK);
  assert_int_equal(modes.low, 2);
  assert_true(fabs(modes.low_mean - sqrt(81 * 80)) < 1e-9);
  double single[] = {100, 101, 100.5, 60}; // one value far off is no group
  assert_int_equal(modes_split(single, 4, &modes, NULL), STATUS_OK);
  assert_true(modes.within > 0.5);
}

static void test_one_distribution_is_cut_as_rarely_as_the_level_says(void **state) {
  (void)state;
  static const size_t counts[] = {4, 5, 10, 30};
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  gsl_rng_set(rng, 99);
  for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
    double threshold, values[MODES_MAX];
    size_t below = 0, rounds = 20000;
    struct modes modes;
    assert_int_equal(modes_threshold(counts[c], 0.01, 1, &threshold, NULL), STATUS_OK);
    for (size_t round = 0; round < rounds; round++) {
      for (size_t i = 0; i < counts[c]; i++)
        values[i] = 300 * exp(gsl_ran_gaussian(rng, 0.05));
      assert_int_equal(modes_split(values, counts[c], &modes, NULL), STATUS_OK);
      below += modes.within < threshold;
    }
    double share = (double)below / (double)rounds; // 0.01, give or take 0.002 (3 sd of both simulations)
    if (fabs(share - 0.01) > 0.003) fail_msg("%zu values: %g", counts[c], share);
  }
  gsl_rng_free(rng);
}

static void test_two_states_are_found(void **state) {
  (void)state;
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  gsl_rng_set(rng, 5);
  double threshold;
  size_t found = 0, rounds = 1000;
  assert_int_equal(modes_threshold(10, 0.01, 1, &threshold, NULL), STATUS_OK);
  for (size_t round = 0; round < rounds; round++) {
    double values[10];
    struct modes modes;
    for (size_t i = 0; i < 10; i++)
      values[i] = (i < 4 ? 240 : 300) * exp(gsl_ran_gaussian(rng, 0.02));
    assert_int_equal(modes_split(values, 10, &modes, NULL), STATUS_OK);
    found += modes.within < threshold;
  }
  assert_true((double)found / (double)rounds > 0.95);
  gsl_rng_free(rng);
}

static void test_what_cannot_be_cut_is_refused(void **state) {
  (void)state;
  double equal[] = {3, 3, 3, 3}, few[] = {1, 2, 3}, zero[] = {1, 2, 3, 0}, threshold;
  struct modes modes;
  assert_int_equal(modes_split(equal, 4, &modes, NULL), STATUS_NUMERIC);
  assert_int_equal(modes_split(few, 3, &modes, NULL), STATUS_NUMERIC);
  assert_int_equal(modes_split(zero, 4, &modes, NULL), STATUS_NUMERIC);
  assert_int_equal(modes_threshold(MODES_MAX + 1, 0.01, 1, &threshold, NULL), STATUS_NUMERIC);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values_are_cut_between_their_groups),
      cmocka_unit_test(test_one_distribution_is_cut_as_rarely_as_the_level_says),
      cmocka_unit_test(test_two_states_are_found),
      cmocka_unit_test(test_what_cannot_be_cut_is_refused),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
