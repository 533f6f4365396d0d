// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analyze/judge/levels_scan.h"
#include "tests/unit/analyze/scenario.h"

static void test_levels_without_a_common_batch_are_compared_by_their_largest_cells(void **state) {
  (void)state;
  const double b[] = {8, 16}, other[] = {4, 32}, high[] = {100, 110}, low[] = {50, 44};
  const struct levels_scan_level levels[] = {
      {1, b, high, 2}, {2, b, low, 2}, {4, other, high, 2}, {8, NULL, NULL, 0}};
  struct levels_scan_step steps[4];
  struct error error;
  size_t found;
  assert_int_equal(levels_scan(levels, 4, 0.95, steps, &found, &error), STATUS_OK);
  assert_int_equal(found, 3);
  scenario_near("paired", steps[0].ratio.estimate, sqrt(0.5 * 0.4), 1e-12);
  assert_true(steps[0].is_cliff && steps[0].from == 1 && steps[0].to == 2);
  scenario_near("by maximum", steps[1].ratio.estimate, 110 / 50.0, 1e-12);
  assert_true(isinf(steps[1].ratio.lo) && isinf(steps[1].ratio.hi) && !steps[1].is_cliff);
  scenario_near("failed altogether", steps[2].ratio.estimate, 0, 0);
  assert_true(steps[2].is_cliff && steps[2].to == 8);
  assert_int_equal(levels_scan(levels, 1, 0.95, steps, &found, &error), STATUS_OK);
  assert_int_equal(found, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_levels_without_a_common_batch_are_compared_by_their_largest_cells),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
