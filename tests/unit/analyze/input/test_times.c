// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
// clang-format on

#include "analyze/input/times.h"
#include "tests/unit/analyze/scenario.h"

// 1 ms, 2 ms ... count ms, in an order that is not theirs (7919 is prime).
static void fill(struct times *times, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    assert_int_equal(times_add(times, (i * 7919 % count + 1) * 1000000), STATUS_OK);
}

static void test_few_values_give_exact_percentiles(void **state) {
  struct times times = {0};
  struct ci ci;
  (void)state;
  assert_int_equal(times_quantile(&times, 0.5, 0.95, &ci, NULL), STATUS_NUMERIC);
  fill(&times, 101);
  assert_int_equal(times_quantile(&times, 0.5, 0.95, &ci, NULL), STATUS_OK);
  scenario_near("median of 1..101 ms", ci.estimate, 0.051, 1e-12);
  assert_int_equal(times_quantile(&times, 0.99, 0.95, &ci, NULL), STATUS_OK);
  scenario_near("p99 of 1..101 ms", ci.estimate, 0.100, 1e-12);
  assert_true(isinf(ci.hi)); // 101 values cannot bound p99 from above
  times_free(&times);
}

// The value of rank ceil(p n), and none beyond the last whole value: 1 % of 101 values is one, 0.1 % is none.
static void test_quantiles_end_where_the_values_do(void **state) {
  static const double levels[] = {0.01, 0.5, 0.9, 0.99, 0.999};
  double seconds[5];
  struct times times = {0};
  (void)state;
  times_quantiles(&times, levels, 5, seconds);
  assert_true(isnan(seconds[0]) && isnan(seconds[4]));
  fill(&times, 101);
  times_quantiles(&times, levels, 5, seconds);
  static const double expected[] = {0.002, 0.051, 0.091, 0.100};
  for (size_t i = 0; i < 4; i++)
    scenario_near("quantile of 1..101 ms", seconds[i], expected[i], 1e-12);
  assert_true(isnan(seconds[4]));
  times_free(&times);
  fill(&times, INT64_C(3) * TIMES_EXACT);
  times_quantiles(&times, levels, 5, seconds);
  for (size_t i = 0; i < 5; i++)
    scenario_near("of a histogram", seconds[i], levels[i] * 3 * TIMES_EXACT / 1000, 2e-3 * seconds[i] + 1e-3);
  times_free(&times);
}

static void test_many_values_keep_three_digits(void **state) {
  struct times times = {0};
  struct ci ci;
  (void)state;
  fill(&times, INT64_C(3) * TIMES_EXACT);
  assert_non_null(times.histogram);
  assert_int_equal(times_count(&times), 3 * TIMES_EXACT);
  static const double shares[] = {0.5, 0.95, 0.99};
  for (size_t i = 0; i < 3; i++) {
    double exact = shares[i] * 3 * TIMES_EXACT / 1000;
    assert_int_equal(times_quantile(&times, shares[i], 0.95, &ci, NULL), STATUS_OK);
    scenario_near("percentile", ci.estimate, exact, 1.1e-3 * exact);
    assert_true(ci.lo < exact && exact < ci.hi);
  }
  times_free(&times);
}

static void test_merging_in_either_form_loses_nothing(void **state) {
  (void)state;
  static const int64_t sizes[][2] = {{10, 20}, {10, 5000}, {5000, 10}, {5000, 5000},
                                     {0, 10},  {10, 0},    {4096, 1}};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct times into = {0}, from = {0};
    fill(&into, sizes[i][0]);
    fill(&from, sizes[i][1]);
    assert_int_equal(times_merge(&into, &from), STATUS_OK);
    assert_int_equal(times_count(&into), sizes[i][0] + sizes[i][1]);
    assert_int_equal(times_count(&from), sizes[i][1]);
    times_free(&into);
    times_free(&from);
  }
}

static void test_a_cleared_one_starts_anew(void **state) {
  struct times times = {0};
  (void)state;
  fill(&times, 5000);
  times_clear(&times);
  assert_int_equal(times_count(&times), 0);
  fill(&times, 3);
  assert_int_equal(times_count(&times), 3);
  assert_null(times.histogram);
  times_free(&times);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_few_values_give_exact_percentiles),
      cmocka_unit_test(test_quantiles_end_where_the_values_do),
      cmocka_unit_test(test_many_values_keep_three_digits),
      cmocka_unit_test(test_merging_in_either_form_loses_nothing),
      cmocka_unit_test(test_a_cleared_one_starts_anew),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
