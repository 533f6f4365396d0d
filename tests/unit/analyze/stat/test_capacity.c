// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/capacity.h"
#include "tests/unit/analyze/stat/near.h"

static void test_capacity_finds_the_line_that_made_the_times(void **state) {
  (void)state;
  const double tokens[] = {1600, 3200, 4800, 6400};
  double total_s[4];
  struct capacity capacity;
  struct error error;
  (void)state;
  for (size_t i = 0; i < 4; i++)
    total_s[i] = 1.5 + tokens[i] / 240 + (i % 2 ? 1e-4 : -1e-4);
  assert_int_equal(capacity_fit(tokens, total_s, 4, 0.95, &capacity, &error), STATUS_OK);
  assert_near(capacity.xinf.estimate, 240, 0.01);
  assert_near(capacity.t0.estimate, 1.5, 0.001);
  assert_true(capacity.xinf.lo < 240 && capacity.xinf.hi > 240 && capacity.stands);
  assert_int_equal(capacity.df, 2);
}

static void test_capacity_that_scatters_or_lacks_points_does_not_stand(void **state) {
  (void)state;
  const double tokens[] = {1600, 3200, 4800, 6400};
  struct capacity capacity;
  struct error error;
  (void)state;
  assert_int_equal(capacity_fit(tokens, (const double[]){8, 13, 24, 26}, 4, 0.95, &capacity, &error),
                   STATUS_OK);
  assert_true(capacity.residual_sd > 0.03 && !capacity.stands);
  assert_int_equal(capacity_fit(tokens, (const double[]){8, 14.7, 21.4}, 3, 0.95, &capacity, &error),
                   STATUS_OK);
  assert_false(capacity.stands); // one degree of freedom
  assert_refused(STATUS_NUMERIC, capacity_fit(tokens, (const double[]){8, 14}, 2, 0.95, &capacity, &error));
  assert_refused(STATUS_NUMERIC,
                 capacity_fit(tokens, (const double[]){8, 7, 6, 5}, 4, 0.95, &capacity, &error));
  assert_refused(STATUS_NUMERIC,
                 capacity_fit(tokens, (const double[]){8, 0, 6, 5}, 4, 0.95, &capacity, &error));
  assert_refused(STATUS_NUMERIC,
                 capacity_fit(tokens, (const double[]){8, NAN, 6, 5}, 4, 0.95, &capacity, &error));
  assert_refused(STATUS_NUMERIC, capacity_fit((const double[]){9, 9, 9}, (const double[]){1, 2, 3}, 3, 0.95,
                                              &capacity, &error));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_capacity_finds_the_line_that_made_the_times),
      cmocka_unit_test(test_capacity_that_scatters_or_lacks_points_does_not_stand),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
