// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/drift.h"
#include "tests/unit/analyze/stat/near.h"

// Anscombe's first set (American Statistician 27, 1973): slope 0.50009, standard error 0.11791, p = 0.00217
// on 9 df.
static void test_drift_is_the_regression_that_anscombe_published(void **state) {
  (void)state;
  const double x[] = {10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5};
  const double y[] = {8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68};
  struct drift drift;
  struct error error;
  (void)state;
  assert_int_equal(drift_test(y, x, 11, 0, 0.95, &drift, &error), STATUS_OK);
  assert_near(drift.slope.estimate, 0.50009, 0.000005);
  assert_near(drift.slope.hi - drift.slope.estimate, 2.262157 * 0.11791, 0.00002);
  assert_near(drift.p, 0.00217, 0.000005);
  assert_near(drift.over_run.estimate, 10 * 0.50009, 0.00005);
  assert_int_equal(drift_test(y, x, 11, 5, 0.95, &drift, &error), STATUS_OK);
  assert_near(drift.slope.hi - drift.slope.estimate, 2.570582 * 0.11791 * sqrt(9.0 / 5),
              0.00002); // 5 df are left
  assert_refused(STATUS_NUMERIC, drift_test(y, x, 2, 0, 0.95, &drift, &error));
  assert_refused(STATUS_NUMERIC, drift_test(y, x, 11, 10, 0.95, &drift, &error));
  assert_refused(STATUS_NUMERIC, drift_test(y, (const double[]){1, 1, 1, 1}, 4, 0, 0.95, &drift, &error));
  assert_refused(STATUS_NUMERIC, drift_test((const double[]){1, 1, 1, 1}, x, 4, 0, 0.95, &drift, &error));
  assert_refused(STATUS_NUMERIC, drift_test((const double[]){1, NAN, 1, 1}, x, 4, 0, 0.95, &drift, &error));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_drift_is_the_regression_that_anscombe_published),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
