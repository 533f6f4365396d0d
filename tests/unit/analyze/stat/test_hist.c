// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/hist.h"

#include <stdlib.h>

#include "tests/unit/analyze/stat/near.h"

#define LOWEST 1000                    // 1 us in ns
#define HIGHEST INT64_C(3600000000000) // 1 h

static struct hist *new_hist(int64_t lowest, int64_t highest, int digits) {
  struct hist *hist = NULL;
  struct error error = {0};
  assert_int_equal(hist_new(lowest, highest, digits, &hist, &error), STATUS_OK);
  return hist;
}

static void record(struct hist *hist, int64_t value, uint64_t times) {
  struct error error = {0};
  assert_int_equal(hist_record(hist, value, times, &error), STATUS_OK);
}

static void test_every_value_of_the_range_keeps_its_digits(void **state) {
  const int64_t lowest[] = {1, 7, 1000, 123456789};
  (void)state;
  for (int digits = 1; digits <= 4; digits++) {
    for (size_t i = 0; i < COUNT_OF(lowest); i++) {
      struct hist *hist = new_hist(lowest[i], INT64_MAX, digits);
      for (int64_t value = lowest[i]; value < INT64_MAX / 2; value += value / 3 + 1) {
        int64_t far = INT64_MAX;
        hist_reset(hist);
        record(hist, value, 1);
        record(hist, far, 1); // so that the largest does not pull the answer in
        record(hist, lowest[i], 1);
        uint64_t rank = value == lowest[i] ? 1 : 2;
        assert_near((double)hist_value_at_rank(hist, rank) / (double)value, 1, pow(10, -digits));
      }
      hist_free(hist);
    }
  }
}

static void test_ranks_and_quantiles_agree_with_the_sorted_values(void **state) {
  enum { COUNT = 5000 };
  static double values[COUNT];
  struct hist *hist = new_hist(LOWEST, HIGHEST, 3);
  uint64_t random = 1;
  (void)state;
  for (size_t i = 0; i < COUNT; i++) { // a linear congruential generator: any spread-out values will do
    random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    values[i] = floor(exp(7 + 20 * (double)(random >> 33) / 0x1p31));
    record(hist, (int64_t)values[i], 1);
  }
  qsort(values, COUNT, sizeof values[0], stat_compare_doubles);
  for (uint64_t rank = 1; rank <= COUNT; rank += 7) {
    assert_near((double)hist_value_at_rank(hist, rank) / values[rank - 1], 1, 0.001);
  }
  struct ci ci;
  struct error error;
  assert_int_equal(hist_quantile(hist, 0.5, 0.95, &ci, &error), STATUS_OK);
  assert_near(ci.estimate / values[2499], 1, 0.001);
  assert_near(ci.lo / values[2430], 1, 0.001); // 2500 -+ 1.96 sqrt(1250): ranks 2431 and 2570
  assert_near(ci.hi / values[2569], 1, 0.001);
  hist_free(hist);
}

static void test_small_counts_have_unbounded_percentiles(void **state) {
  struct hist *hist = new_hist(LOWEST, HIGHEST, 3);
  struct ci ci;
  struct error error;
  (void)state;
  assert_refused(STATUS_NUMERIC, hist_quantile(hist, 0.5, 0.95, &ci, &error));
  for (int64_t i = 1; i <= 10; i++)
    record(hist, i * 100000, 1);
  assert_int_equal(hist_quantile(hist, 0.99, 0.95, &ci, &error), STATUS_OK);
  assert_true(ci.hi == INFINITY && isfinite(ci.lo));
  assert_int_equal(hist_quantile(hist, 0.5, 0.95, &ci, &error), STATUS_OK);
  assert_interval(ci, 500000, 200000, 900000, 500);
  assert_refused(STATUS_USAGE, hist_quantile(hist, 1, 0.95, &ci, &error));
  hist_free(hist);
}

static void test_values_outside_the_range_are_counted_and_said(void **state) {
  struct hist *hist = new_hist(LOWEST, 1000000, 3);
  (void)state;
  record(hist, -5, 1);
  record(hist, 0, 1);
  record(hist, 5000, 2);
  record(hist, 1000001, 3);
  record(hist, INT64_MAX, 0);
  assert_int_equal(hist_count(hist), 7);
  assert_int_equal(hist_below(hist), 2);
  assert_int_equal(hist_above(hist), 3);
  assert_int_equal(hist_min(hist), -5);
  assert_int_equal(hist_max(hist), 1000001);
  assert_near(hist_mean(hist), (-5 + 0 + 10000 + 3000003) / 7.0, 1e-9);
  assert_int_equal(hist_value_at_rank(hist, 2), -5);
  assert_near((double)hist_value_at_rank(hist, 3), 5000, 5);
  assert_int_equal(hist_value_at_rank(hist, 5), 1000001);
  assert_int_equal(hist_value_at_rank(hist, 0), 0);
  hist_free(hist);
}

static void test_merged_histograms_are_one_of_all_values(void **state) {
  struct hist *left = new_hist(LOWEST, HIGHEST, 3), *right = new_hist(LOWEST, HIGHEST, 3),
              *all = new_hist(LOWEST, HIGHEST, 3);
  struct hist *other = new_hist(LOWEST, HIGHEST, 2);
  struct error error;
  (void)state;
  for (int64_t i = 0; i < 1000; i++) {
    int64_t value = 1 + i * i * 4001;
    record(i % 3 ? left : right, value, 1);
    record(all, value, 1);
  }
  record(right, HIGHEST + 1, 2);
  record(all, HIGHEST + 1, 2);
  assert_int_equal(hist_merge(left, right, &error), STATUS_OK);
  assert_int_equal(hist_count(left), hist_count(all));
  assert_int_equal(hist_below(left), hist_below(all));
  assert_int_equal(hist_above(left), hist_above(all));
  assert_int_equal(hist_min(left), hist_min(all));
  assert_int_equal(hist_max(left), hist_max(all));
  assert_near(hist_mean(left) / hist_mean(all), 1, 1e-12);
  for (uint64_t rank = 1; rank <= hist_count(all); rank++) {
    assert_int_equal(hist_value_at_rank(left, rank), hist_value_at_rank(all, rank));
  }
  assert_refused(STATUS_USAGE, hist_merge(left, other, &error));
  assert_int_equal(hist_count(left), hist_count(all));
  hist_free(left);
  hist_free(right);
  hist_free(all);
  hist_free(other);
}

static void test_ranges_that_make_no_sense_are_refused(void **state) {
  struct hist *hist = NULL;
  struct error error;
  (void)state;
  assert_refused(STATUS_USAGE, hist_new(0, 10, 3, &hist, &error));
  assert_refused(STATUS_USAGE, hist_new(10, 10, 3, &hist, &error));
  assert_refused(STATUS_USAGE, hist_new(1, 10, 0, &hist, &error));
  assert_refused(STATUS_USAGE, hist_new(1, 10, 5, &hist, &error));
  assert_null(hist);
  hist_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_value_of_the_range_keeps_its_digits),
      cmocka_unit_test(test_ranks_and_quantiles_agree_with_the_sorted_values),
      cmocka_unit_test(test_small_counts_have_unbounded_percentiles),
      cmocka_unit_test(test_values_outside_the_range_are_counted_and_said),
      cmocka_unit_test(test_merged_histograms_are_one_of_all_values),
      cmocka_unit_test(test_ranges_that_make_no_sense_are_refused),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
