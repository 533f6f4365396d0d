// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/histogram.h"

#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)

static struct histogram *new_histogram(unsigned bits) {
  struct histogram *histogram = histogram_new(bits);
  assert_non_null(histogram);
  return histogram;
}

static void test_nothing_has_no_quantile(void **state) {
  (void)state;
  struct histogram *histogram = new_histogram(7);
  assert_int_equal(histogram_quantile(histogram, 0.5), -1);
  assert_int_equal(histogram_at_rank(histogram, 1), 0);
  assert_int_equal(histogram_count_to(histogram, INT64_MAX), 0);
  free(histogram);
}

// Each value of the range, on either side of each power of two.
static void test_every_value_is_kept_to_its_bits(void **state) {
  (void)state;
  for (unsigned bits = 1; bits <= 16; bits++) {
    struct histogram *histogram = new_histogram(bits);
    for (int64_t value = 0; value < INT64_C(1) << HISTOGRAM_RANGE_BITS; value += value / 3 + 1) {
      histogram_clear(histogram);
      histogram_add(histogram, 0);
      histogram_add(histogram, value);
      histogram_add(histogram, INT64_MAX); // so that the largest does not pull the result in
      int64_t off = llabs(histogram_at_rank(histogram, 2) - value);
      assert_true(value >> bits == 0 ? off == 0 : ldexp((double)off, (int)bits + 1) <= (double)value);
    }
    free(histogram);
  }
}

static int compare(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return x < y ? -1 : x > y;
}

// Against the sorted values themselves, over ten decades.
static void test_quantiles_are_those_of_the_sorted_values(void **state) {
  (void)state;
  enum { COUNT = 5000 };
  static int64_t values[COUNT];
  struct histogram *histogram = new_histogram(7);
  uint64_t random = 1;
  int64_t scale = 1;
  for (int decade = 0; decade < 10; decade++, scale *= 10) {
    histogram_clear(histogram);
    for (int i = 0; i < COUNT; i++) { // a linear congruential generator: any spread-out values will do
      random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
      values[i] = (int64_t)((random >> 33) % 1000) * scale;
      histogram_add(histogram, values[i]);
    }
    qsort(values, COUNT, sizeof values[0], compare);
    for (int percent = 1; percent <= 100; percent++) {
      int64_t exact = values[(COUNT * percent + 99) / 100 - 1];
      assert_true(llabs(histogram_quantile(histogram, percent / 100.0) - exact) <= exact / 256);
    }
    assert_int_equal(histogram_quantile(histogram, 1), values[COUNT - 1]);
    assert_int_equal(histogram->max, values[COUNT - 1]);
    assert_int_equal(histogram->min, values[0]);
  }
  free(histogram);
}

static void test_extremes_are_counted(void **state) {
  (void)state;
  struct histogram *histogram = new_histogram(10);
  histogram_add(histogram, -5);
  histogram_add(histogram, INT64_MAX);
  assert_int_equal(histogram->count, 2);
  assert_int_equal(histogram->min, 0);
  assert_int_equal(histogram_quantile(histogram, 0.5), 0);
  assert_int_equal(histogram_quantile(histogram, 0.9), INT64_MAX);
  assert_int_equal(histogram_at_rank(histogram, 2), INT64_MAX);
  free(histogram);
}

// Of two halves put together, and of one that was used before and cleared.
static void test_merged_and_used_again_a_histogram_is_as_new(void **state) {
  (void)state;
  struct histogram *whole = new_histogram(7), *low = new_histogram(7), *high = new_histogram(7),
                   *empty = new_histogram(7);
  size_t size = sizeof *whole + (size_t)(HISTOGRAM_RANGE_BITS - 7 + 1) * 128 * sizeof whole->counts[0];
  for (int64_t i = 0; i < 1000; i++) {
    histogram_add(whole, i * i * 1000);
    histogram_add(i < 300 ? low : high, i * i * 1000);
  }
  assert_int_equal(whole->sum, INT64_C(332833500) * 1000); // of squares: n (n + 1) (2n + 1) / 6
  histogram_merge(high, low);
  histogram_merge(high, empty);
  histogram_merge(empty, high);
  assert_memory_equal(high, whole, size);
  assert_memory_equal(empty, whole, size);
  histogram_clear(high);
  assert_int_equal(histogram_quantile(high, 0.5), -1);
  histogram_add(high, 5000);
  assert_int_equal(histogram_quantile(high, 0.01), 5000);
  for (size_t i = 0; i <= low->last + 1; i++)
    assert_true(high->counts[i] == (i == high->first));
  free(whole);
  free(low);
  free(high);
  free(empty);
}

static void test_counts_to_a_bound_grow_up_to_all(void **state) {
  (void)state;
  static const int64_t values_ns[] = {
      -1, 0, 700000, 30 * MS, 1500 * MS, 600 * SECOND, 601 * SECOND, 86400 * SECOND};
  static const struct {
    int64_t bound_ns, count;
  } cases[] = {{0, 2},         {1 * MS, 3},       {29 * MS, 3},      {30 * MS, 4},  {1000 * MS, 4},
               {2500 * MS, 5}, {600 * SECOND, 6}, {602 * SECOND, 7}, {INT64_MAX, 8}};
  struct histogram *histogram = new_histogram(10);
  for (size_t i = 0; i < sizeof values_ns / sizeof *values_ns; i++)
    histogram_add(histogram, values_ns[i]);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_int_equal(histogram_count_to(histogram, cases[i].bound_ns), cases[i].count);
  assert_int_equal(histogram->sum, INT64_C(87602530700000)); // the negative one counts as 0
  free(histogram);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing_has_no_quantile),
      cmocka_unit_test(test_every_value_is_kept_to_its_bits),
      cmocka_unit_test(test_quantiles_are_those_of_the_sorted_values),
      cmocka_unit_test(test_extremes_are_counted),
      cmocka_unit_test(test_merged_and_used_again_a_histogram_is_as_new),
      cmocka_unit_test(test_counts_to_a_bound_grow_up_to_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
