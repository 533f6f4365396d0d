// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "analyze/stat/isotonic.h"

static void check(const double *values, const double *expected, size_t count) {
  double fitted[8];
  for (size_t i = 0; i < count; i++)
    fitted[i] = values[i];
  assert_int_equal(isotonic_fit(fitted, count), STATUS_OK);
  for (size_t i = 0; i < count; i++)
    if (fabs(fitted[i] - expected[i]) > 1e-12) fail_msg("%zu: %g instead of %g", i, fitted[i], expected[i]);
}

// The third is the example of R's isoreg: c(1,0,4,3,3,5,4,2,0) without its last value.
static void test_neighbours_that_fall_are_pooled(void **state) {
  (void)state;
  check((double[]){1, 2, 3}, (double[]){1, 2, 3}, 3);
  check((double[]){3, 2, 1}, (double[]){2, 2, 2}, 3);
  check((double[]){1, 0, 4, 3, 3, 5, 4, 2},
        (double[]){0.5, 0.5, 10. / 3, 10. / 3, 10. / 3, 11. / 3, 11. / 3, 11. / 3}, 8);
  check((double[]){7}, (double[]){7}, 1);
  check(NULL, NULL, 0);
}

static void test_intervals_bound_their_neighbours(void **state) {
  (void)state;
  double lo[] = {1, -INFINITY, 3, 2}, hi[] = {INFINITY, 4, 6, 5};
  isotonic_bounds(lo, hi, 4);
  const double lower[] = {1, 1, 3, 3}, upper[] = {4, 4, 5, 5};
  for (size_t i = 0; i < 4; i++)
    assert_true(lo[i] == lower[i] && hi[i] == upper[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_neighbours_that_fall_are_pooled),
      cmocka_unit_test(test_intervals_bound_their_neighbours),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
