// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/proxy/latency_histogram.h"
#include "lib/base/clock.h"

// The number after `start` on the page.
static double value_of(struct buf *page, const char *start) {
  const char *at = strstr(buf_text(page), start);
  if (!at) fail_msg("no '%s' in %s", start, buf_text(page));
  return at ? strtod(at + strlen(start), NULL) : -1;
}

static double bucket_of(struct buf *page, const char *bound) {
  char start[64];
  snprintf(start, sizeof start, "\nx_bucket{le=\"%s\"} ", bound);
  return value_of(page, start);
}

static void test_a_bound_belongs_to_its_bucket(void **state) {
  (void)state;
  struct latency_histogram histogram = {0};
  struct buf page = {0};
  latency_histogram_add(&histogram, 5 * CLOCK_NS_PER_MS);
  latency_histogram_add(&histogram, 5 * CLOCK_NS_PER_MS + 1);
  latency_histogram_write(&histogram, "x", "Words.", &page);
  assert_true(bucket_of(&page, "0.0025") == 0 && bucket_of(&page, "0.005") == 1 &&
              bucket_of(&page, "0.01") == 2);
  buf_free(&page);
}

static void test_buckets_are_cumulative_and_end_with_infinity(void **state) {
  (void)state;
  struct latency_histogram histogram = {0};
  struct buf page = {0};
  static const int64_t durations_ns[] = {-1,
                                         0,
                                         700000,
                                         30 * CLOCK_NS_PER_MS,
                                         1500 * CLOCK_NS_PER_MS,
                                         600 * CLOCK_NS_PER_S,
                                         601 * CLOCK_NS_PER_S,
                                         86400 * CLOCK_NS_PER_S};
  for (size_t i = 0; i < sizeof durations_ns / sizeof *durations_ns; i++)
    latency_histogram_add(&histogram, durations_ns[i]);
  latency_histogram_write(&histogram, "x", "Words.", &page);
  const char *start = "# HELP x Words.\n# TYPE x histogram\nx_bucket{le=\"0.001\"} 3\n";
  assert_true(strncmp(buf_text(&page), start, strlen(start)) == 0);
  assert_true(bucket_of(&page, "0.05") == 4 && bucket_of(&page, "1") == 4 && bucket_of(&page, "2.5") == 5);
  assert_true(bucket_of(&page, "600") == 6 && bucket_of(&page, "+Inf") == 8);
  assert_true(value_of(&page, "\nx_count ") == 8);
  assert_non_null(strstr(buf_text(&page), "\nx_sum 87602.530700000\n"));
  buf_free(&page);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_bound_belongs_to_its_bucket),
      cmocka_unit_test(test_buckets_are_cumulative_and_end_with_infinity),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
