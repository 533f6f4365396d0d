// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/plan/random.h"
#include "replay/record/audit.h"
#include "replay/record/histogram.h"

#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)

static void test_nothing_has_no_quantile(void **state) {
  (void)state;
  struct histogram spread = {0};
  assert_int_equal(histogram_quantile(&spread, 0.5), -1);
}

static int compare(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return x < y ? -1 : x > y;
}

// Against the sorted values themselves, over ten decades.
static void test_quantiles_are_off_by_less_than_half_a_percent(void **state) {
  (void)state;
  enum { COUNT = 5000 };
  static int64_t values[COUNT];
  static struct histogram spread;
  struct random_source *random = random_open(3);
  int64_t scale = 1;
  for (int decade = 0; decade < 10; decade++, scale *= 10) {
    histogram_clear(&spread);
    for (int i = 0; i < COUNT; i++) {
      values[i] = random_below(random, 1000) * scale;
      histogram_add(&spread, values[i]);
    }
    qsort(values, COUNT, sizeof values[0], compare);
    for (int percent = 1; percent <= 100; percent++) {
      int64_t exact = values[(COUNT * percent + 99) / 100 - 1];
      int64_t seen = histogram_quantile(&spread, percent / 100.0);
      assert_true(llabs(seen - exact) <= exact / 250 + 520);
    }
    assert_int_equal(histogram_quantile(&spread, 1), values[COUNT - 1]);
    assert_int_equal(spread.max_ns, values[COUNT - 1]);
  }
  random_close(random);
}

static void test_extremes_are_counted(void **state) {
  (void)state;
  static struct histogram spread;
  histogram_clear(&spread);
  histogram_add(&spread, -5);
  histogram_add(&spread, INT64_MAX);
  assert_int_equal(spread.count, 2);
  assert_in_range(histogram_quantile(&spread, 0.5), 0, 1024);
  assert_int_equal(histogram_quantile(&spread, 0.9), INT64_MAX);
}

// Of two halves put together, and of one that was used before and cleared.
static void test_merged_and_used_again_a_spread_is_as_new(void **state) {
  (void)state;
  static struct histogram whole, low, high, empty;
  for (int64_t i = 0; i < 1000; i++) {
    histogram_add(&whole, i * i * 1000);
    histogram_add(i < 300 ? &low : &high, i * i * 1000);
  }
  histogram_merge(&high, &low);
  histogram_merge(&high, &empty);
  histogram_merge(&empty, &high);
  assert_memory_equal(&high, &whole, sizeof whole);
  assert_memory_equal(&empty, &whole, sizeof whole);
  histogram_clear(&high);
  assert_int_equal(histogram_quantile(&high, 0.5), -1);
  histogram_add(&high, 5000);
  assert_in_range(histogram_quantile(&high, 0.01), 4096, 5000);
  assert_in_range(histogram_quantile(&high, 1), 5000, 5000);
  for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
    assert_true(high.buckets[i] == (i == 4));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing_has_no_quantile),
      cmocka_unit_test(test_quantiles_are_off_by_less_than_half_a_percent),
      cmocka_unit_test(test_extremes_are_counted),
      cmocka_unit_test(test_merged_and_used_again_a_spread_is_as_new),
  };
  return cmocka_run_group_tests_name("spread and audit", tests, NULL, NULL);
}
