// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/cliff.h"
#include "tests/unit/analyze/stat/near.h"

static void test_cliff_pairs_only_batches_where_both_levels_are_near_their_best(void **state) {
  (void)state;
  const double from_b[] = {1, 4, 8, 16, 24, 32}, from_x[] = {40, 100, 180, 200, 190, 200};
  const double to_b[] = {1, 4, 8, 16, 24, 48}, to_x[] = {39, 95, 90, 100, 60, 100};
  struct cliff_level from = {10, from_b, from_x, 6}, to = {15, to_b, to_x, 6};
  struct cliff_step cliff;
  struct error error;
  (void)state;
  assert_int_equal(cliff_ratio(&from, &to, 0.95, &cliff, &error), STATUS_OK);
  assert_int_equal(cliff.pairs, 2); // 8 and 16: at 1, 4 and 24 one of them is far below its best
  assert_near(cliff.ratio.estimate, 0.5, 1e-12);
  assert_true(cliff.is_cliff);
  assert_true(cliff.ratio.lo == -INFINITY); // both ratios are 0.5 exactly: nothing to judge the interval by
}

static void test_cliff_without_anything_to_compare_is_refused(void **state) {
  (void)state;
  const double b[] = {8, 16}, x[] = {100, 110}, other_b[] = {4, 32}, bad[] = {100, 0};
  struct cliff_level good = {10, b, x, 2}, apart = {15, other_b, x, 2}, empty = {20, NULL, NULL, 0},
                     wrong = {15, b, bad, 2};
  struct cliff_level unsorted[2] = {apart, good};
  struct cliff_step cliff, cliffs[1];
  struct error error;
  size_t found;
  (void)state;
  assert_refused(STATUS_NUMERIC, cliff_ratio(&good, &apart, 0.95, &cliff, &error));
  assert_refused(STATUS_NUMERIC, cliff_ratio(&good, &wrong, 0.95, &cliff, &error));
  assert_refused(STATUS_USAGE, cliff_ratio(&empty, &good, 0.95, &cliff, &error));
  assert_refused(STATUS_USAGE, cliff_scan(unsorted, 2, 0.95, cliffs, &found, &error));
  assert_int_equal(cliff_ratio(&good, &empty, 0.95, &cliff, &error), STATUS_OK);
  assert_true(cliff.is_cliff && cliff.ratio.estimate == 0);
}

static void test_cliffs_are_scanned_between_adjacent_levels_and_a_failed_one_is_the_last_step(void **state) {
  (void)state;
  const double b[] = {8, 16}, high[] = {100, 110}, mid[] = {90, 100}, low[] = {40, 42}, other[] = {1, 2};
  const struct cliff_level levels[] = {{1, b, high, 2},    {2, b, mid, 2},      {4, other, high, 2},
                                       {8, other, low, 2}, {16, NULL, NULL, 0}, {32, b, high, 2}};
  struct cliff_step cliffs[5];
  struct error error;
  size_t found = 99;
  assert_int_equal(cliff_scan(levels, 6, 0.95, cliffs, &found, &error), STATUS_OK);
  assert_int_equal(found, 3); // 2 and 4 share no batch; nothing is compared with a failed level below
  assert_true(cliffs[0].from == 1 && cliffs[0].to == 2 && !cliffs[0].is_cliff);
  assert_near(cliffs[0].ratio.estimate, sqrt(0.9 * 100 / 110), 1e-12);
  assert_true(cliffs[0].ratio.lo < cliffs[0].ratio.estimate && cliffs[0].ratio.estimate < cliffs[0].ratio.hi);
  assert_true(cliffs[1].from == 4 && cliffs[1].to == 8 && cliffs[1].is_cliff);
  assert_true(cliffs[2].from == 8 && cliffs[2].to == 16 && cliffs[2].is_cliff);
  assert_near(cliffs[2].ratio.estimate, 0, 0);
  assert_int_equal(cliff_scan(levels, 1, 0.95, cliffs, &found, &error), STATUS_OK);
  assert_int_equal(found, 0);
  assert_refused(STATUS_USAGE, cliff_scan(levels, 2, 1, cliffs, &found, &error));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cliff_pairs_only_batches_where_both_levels_are_near_their_best),
      cmocka_unit_test(test_cliff_without_anything_to_compare_is_refused),
      cmocka_unit_test(test_cliffs_are_scanned_between_adjacent_levels_and_a_failed_one_is_the_last_step),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
