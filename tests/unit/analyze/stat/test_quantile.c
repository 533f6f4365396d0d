// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/quantile.h"

#include "tests/unit/analyze/stat/near.h"

static void test_type_1_quantiles_as_r_has_them(void **state) {
  const double values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  const double expected[][2] = {{0, 1}, {0.25, 3}, {0.5, 5}, {0.9, 9}, {0.95, 10}, {1, 10}};
  (void)state;
  for (size_t i = 0; i < COUNT_OF(expected); i++)
    assert_near(values[quantile_rank(10, expected[i][0]) - 1], expected[i][1], 1e-12);
  assert_int_equal(quantile_rank(1, 0.99), 1);
}

// Interpolated between ranks, the p99 of two values lay below both ends of its own interval.
static void test_an_interval_holds_its_estimate_for_every_count(void **state) {
  const double quantiles[] = {0.01, 0.07, 0.5, 0.9, 0.95, 0.99};
  double values[500];
  struct error error;
  (void)state;
  for (size_t i = 0; i < 500; i++)
    values[i] = (double)(i * i);
  for (size_t q = 0; q < COUNT_OF(quantiles); q++) {
    for (size_t count = 1; count <= 500; count++) {
      struct ci ci;
      assert_int_equal(quantile_interval(values, count, quantiles[q], 0.95, &ci, &error), STATUS_OK);
      if (!(ci.lo <= ci.estimate && ci.estimate <= ci.hi))
        fail_msg("p %g of %zu: %g [%g, %g]", quantiles[q], count, ci.estimate, ci.lo, ci.hi);
    }
  }
  assert_int_equal(quantile_rank(100, 0.07), 7);
  assert_int_equal(quantile_rank(0, 0.5), 0);
}

// P(Binomial(count, p) <= k), term by term.
static double binomial_below(size_t count, double p, size_t k) {
  double sum = 0;
  for (size_t i = 0; i <= k; i++) {
    double n = (double)count, x = (double)i;
    sum += exp(lgamma(n + 1) - lgamma(x + 1) - lgamma(n - x + 1) + x * log(p) + (n - x) * log1p(-p));
  }
  return sum;
}

static void test_ranks_are_the_tightest_with_both_tails_within_limits(void **state) {
  const double quantiles[] = {0.5, 0.9, 0.95, 0.99};
  struct error error;
  (void)state;
  for (size_t i = 0; i < COUNT_OF(quantiles); i++) {
    for (size_t count = 1; count <= 500; count += count < 40 ? 1 : 23) {
      uint64_t lo, hi;
      double p = quantiles[i];
      assert_int_equal(quantile_ranks(count, p, 0.95, &lo, &hi, &error), STATUS_OK);
      assert_true(lo <= hi && hi <= count + 1);
      if (lo > 0) assert_true(binomial_below(count, p, lo - 1) <= 0.025 * (1 + 1e-9));
      assert_true(binomial_below(count, p, lo) > 0.025 * (1 - 1e-9)); // one rank closer is too close
      if (hi <= count) assert_true(1 - binomial_below(count, p, hi - 1) <= 0.025 * (1 + 1e-9));
      if (hi > 1) assert_true(1 - (hi >= 2 ? binomial_below(count, p, hi - 2) : 0) > 0.025 * (1 - 1e-9));
    }
  }
}

static void test_median_ranks_of_the_sign_test(void **state) {
  const uint64_t table[][3] = {
      {6, 1, 6}, {10, 2, 9}, {20, 6, 15}, {100, 40, 61}}; // Conover, table of the sign test
  struct error error;
  uint64_t lo, hi;
  (void)state;
  for (size_t i = 0; i < COUNT_OF(table); i++) {
    assert_int_equal(quantile_ranks(table[i][0], 0.5, 0.95, &lo, &hi, &error), STATUS_OK);
    assert_int_equal(lo, table[i][1]);
    assert_int_equal(hi, table[i][2]);
  }
}

static void test_sides_are_bounded_from_the_needed_count_on(void **state) {
  const double quantiles[] = {0.5, 0.9, 0.95, 0.99};
  const uint64_t needed[] = {6, 36, 72, 368};
  struct error error;
  uint64_t lo, hi;
  (void)state;
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(quantile_ranks(needed[i], quantiles[i], 0.95, &lo, &hi, &error), STATUS_OK);
    assert_true(lo >= 1 && hi <= needed[i]);
    assert_int_equal(quantile_ranks(needed[i] - 1, quantiles[i], 0.95, &lo, &hi, &error), STATUS_OK);
    assert_true(hi == needed[i]); // above the largest
  }
}

static void test_interval_takes_order_statistics_and_says_where_it_has_no_end(void **state) {
  double values[20];
  struct ci ci;
  struct error error;
  (void)state;
  for (size_t i = 0; i < 20; i++)
    values[i] = (double)((i + 1) * (i + 1));
  assert_int_equal(quantile_interval(values, 20, 0.5, 0.95, &ci, &error), STATUS_OK);
  assert_interval(ci, 100, 36, 225, 1e-12); // rank 10, between 6 and 15
  assert_int_equal(quantile_interval(values, 20, 0.99, 0.95, &ci, &error), STATUS_OK);
  assert_true(isfinite(ci.lo) && ci.hi == INFINITY);
  assert_int_equal(quantile_interval(values, 3, 0.5, 0.95, &ci, &error), STATUS_OK);
  assert_true(ci.lo == -INFINITY && ci.hi == INFINITY);
}

static void test_counts_beyond_32_bits(void **state) {
  struct error error;
  uint64_t lo, hi, half = UINT64_C(5000000000), count = 2 * half;
  (void)state;
  assert_int_equal(quantile_ranks(count, 0.5, 0.95, &lo, &hi, &error), STATUS_OK);
  assert_near((double)(half - lo), 1.96 * sqrt((double)count / 4), 1000); // the normal limit
  assert_int_equal(hi, count + 1 - lo);
}

static void test_questions_without_an_answer_are_refused(void **state) {
  const double values[] = {1, 2}, open[] = {1, INFINITY};
  struct error error;
  struct ci ci;
  uint64_t lo, hi;
  (void)state;
  assert_refused(STATUS_NUMERIC, quantile_interval(values, 0, 0.5, 0.95, &ci, &error));
  assert_refused(STATUS_NUMERIC, quantile_interval(open, 2, 0.5, 0.95, &ci, &error));
  assert_refused(STATUS_USAGE, quantile_interval(values, 2, 1.5, 0.95, &ci, &error));
  assert_refused(STATUS_USAGE, quantile_interval(values, 2, NAN, 0.95, &ci, &error));
  assert_refused(STATUS_USAGE, quantile_ranks(10, 1, 0.95, &lo, &hi, &error));
  assert_refused(STATUS_USAGE, quantile_ranks(10, 0.5, 0, &lo, &hi, &error));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_type_1_quantiles_as_r_has_them),
      cmocka_unit_test(test_an_interval_holds_its_estimate_for_every_count),
      cmocka_unit_test(test_ranks_are_the_tightest_with_both_tails_within_limits),
      cmocka_unit_test(test_median_ranks_of_the_sign_test),
      cmocka_unit_test(test_sides_are_bounded_from_the_needed_count_on),
      cmocka_unit_test(test_interval_takes_order_statistics_and_says_where_it_has_no_end),
      cmocka_unit_test(test_counts_beyond_32_bits),
      cmocka_unit_test(test_questions_without_an_answer_are_refused),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
