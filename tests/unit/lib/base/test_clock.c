// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "lib/base/clock.h"

static void test_clock_never_runs_backwards(void **state) {
  (void)state;
  int64_t last = clock_now_ns();
  for (int i = 0; i < 10000; i++) {
    int64_t now = clock_now_ns();
    assert_true(now >= last);
    last = now;
  }
}

static void test_clock_measures_a_pause_and_no_cpu_for_it(void **state) {
  (void)state;
  int64_t start = clock_now_ns(), cpu = clock_cpu_ns();
  struct timespec pause = {.tv_nsec = 50 * CLOCK_NS_PER_MS};
  assert_int_equal(nanosleep(&pause, NULL), 0);
  int64_t passed = clock_now_ns() - start;
  assert_true(passed >= 50 * CLOCK_NS_PER_MS && passed < 10 * CLOCK_NS_PER_S);
  assert_true(clock_cpu_ns() - cpu < 40 * CLOCK_NS_PER_MS);
}

static void test_clock_wall_is_the_date(void **state) {
  (void)state;
  assert_true(fabs(clock_wall_s() - (double)time(NULL)) < 2);
}

static void test_clock_seconds_and_back(void **state) {
  (void)state;
  static const struct {
    double seconds;
    int64_t ns;
  } rows[] = {{0, 0},
              {1, 1000000000},
              {-1.5, -1500000000},
              {0.0000000014, 1},
              {0.0000000016, 2},
              {1e300, INT64_MAX},
              {-1e300, -INT64_MAX},
              {INFINITY, INT64_MAX},
              {-INFINITY, -INT64_MAX},
              {NAN, 0}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_int_equal(clock_from_seconds(rows[i].seconds), rows[i].ns);
  for (int64_t ns = 1; ns < INT64_C(1000000000000000);
       ns = ns * 7 + 3) // to eleven days: exact to the nanosecond
    assert_int_equal(clock_from_seconds(clock_seconds(ns)), ns);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_clock_never_runs_backwards),
      cmocka_unit_test(test_clock_measures_a_pause_and_no_cpu_for_it),
      cmocka_unit_test(test_clock_wall_is_the_date),
      cmocka_unit_test(test_clock_seconds_and_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
