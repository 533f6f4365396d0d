// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/ci.h"

#include "tests/unit/analyze/stat/near.h"

// Nine cells of variance 1 and one of 100, from three values each: Bartlett's test hardly sees what the F
// test of the widest against the others does.
static void test_one_cell_that_spreads_more_has_its_own_spread(void **state) {
  double values[10][3];
  struct ci_sample cells[10];
  struct ci_pool pool;
  struct error error;
  (void)state;
  for (size_t i = 0; i < 10; i++) {
    double step = i == 4 ? 4 : 1;
    values[i][0] = 100 - step, values[i][1] = 100, values[i][2] = 100 + step;
    cells[i] = (struct ci_sample){values[i], 3};
  }
  assert_int_equal(ci_pool_samples(cells, 10, STAT_SCALE_LINEAR, &pool, &error), STATUS_OK);
  assert_true(pool.p > 0.10);
  assert_near(pool.p_widest, 10 * pow(1 + 2 * 16.0 / 18, -9), 1e-9); // F of 2 and 18 degrees of freedom
  assert_true(pool.different);
  enum ci_source source;
  struct ci_spread own = {4, 2}, found = ci_pool_spread(&pool, own, &source);
  assert_int_equal(source, CI_SOURCE_OWN);
  assert_near(found.sd, 4, 0);
  assert_near(found.df, 2, 0);
  found = ci_pool_spread(&pool, (struct ci_spread){1, 2}, &source);
  assert_true(found.sd >= 1 && found.sd <= pool.spread.sd && found.df > 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_one_cell_that_spreads_more_has_its_own_spread),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
