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

#include "analyze/stat/crossing.h"

enum { POINTS = 12 };

static double share_at(double load) {
  return 1 / (1 + pow(10 / load, 8) * 19); // 5 % at 10
}

static void test_shares_on_the_curve_give_its_crossing(void **state) {
  (void)state;
  struct crossing_point points[POINTS];
  struct ci found;
  for (int i = 0; i < POINTS; i++) {
    double load = 8 + 0.4 * i;
    points[i] = (struct crossing_point){log(load), share_at(load)};
  }
  assert_int_equal(crossing_find(points, POINTS, 0.05, 0.95, &found), STATUS_OK);
  assert_true(fabs(found.estimate - 10) < 1e-4 && found.lo <= found.estimate && found.hi >= found.estimate);
  assert_true(found.hi / found.lo < 1.02);
}

static void test_without_a_rise_or_points_there_is_none(void **state) {
  (void)state;
  struct crossing_point points[POINTS];
  struct ci found;
  for (int i = 0; i < POINTS; i++)
    points[i] = (struct crossing_point){log(8 + 0.4 * i), share_at(13 - 0.4 * i)};
  assert_int_equal(crossing_find(points, POINTS, 0.05, 0.95, &found), STATUS_NUMERIC);
  assert_int_equal(crossing_find(points, 3, 0.05, 0.95, &found), STATUS_NUMERIC);
  for (int i = 0; i < POINTS; i++)
    points[i] = (struct crossing_point){log(10), 0.05};
  assert_int_equal(crossing_find(points, POINTS, 0.05, 0.95, &found), STATUS_NUMERIC);
  for (int i = 0; i < POINTS; i++)
    points[i] = (struct crossing_point){log(8 + 0.4 * i), 0};
  assert_int_equal(crossing_find(points, POINTS, 0.05, 0.95, &found), STATUS_NUMERIC);
}

// Shares that vary as those of a queue near its capacity: gamma with a coefficient of variation of 0.7.
static void test_the_interval_holds_where_repetitions_differ_much(void **state) {
  (void)state;
  enum { TRIES = 400 };
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  int held = 0, without = 0;
  double width = 0;
  for (int i = 0; i < TRIES; i++) {
    struct crossing_point points[POINTS];
    struct ci found = {.lo = NAN, .hi = NAN};
    for (int p = 0; p < POINTS; p++) {
      double load = p % 2 ? 8 : 12, mean = share_at(load);
      points[p] = (struct crossing_point){log(load), fmin(gsl_ran_gamma(rng, 2, mean / 2), 1)};
    }
    enum status status = crossing_find(points, POINTS, 0.05, 0.95, &found);
    without += status != STATUS_OK || isnan(found.lo) || isnan(found.hi);
    held += !(found.lo > 10) && !(found.hi < 10);
    if (found.hi > found.lo) width += log(found.hi / found.lo) / TRIES;
  }
  gsl_rng_free(rng);
  assert_in_range(held, TRIES * 94 / 100, TRIES);
  assert_in_range(without, 0, TRIES / 5);
  assert_true(width < 0.5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_shares_on_the_curve_give_its_crossing),
      cmocka_unit_test(test_without_a_rise_or_points_there_is_none),
      cmocka_unit_test(test_the_interval_holds_where_repetitions_differ_much),
  };
  return cmocka_run_group_tests_name("crossing", tests, NULL, NULL);
}
