// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "replay/plan/timetable.h"

#define SECOND INT64_C(1000000000)

static void test_a_repetition_begins_a_gap_after_the_window_before_it(void **state) {
  (void)state;
  struct schedule of[] = {{.window_ns = 10 * SECOND},
                          {.window_ns = 20 * SECOND}}; // one repetition, two rates
  struct schedules schedules = {.of = of, .count = 2, .rows = 2};
  struct plan_batch batches[] = {
      {.cell = 1, .rep = 0}, {.cell = 0, .rep = 0}, {.cell = 0, .rep = 1}, {.cell = 1, .rep = 1}};
  struct plan plan = {.batches = batches, .batch_count = 4};
  struct timetable timetable = {.plan = &plan, .schedules = &schedules, .timeout_ns = 600 * SECOND};
  assert_int_equal(timetable_after_ns(&timetable, 0), 0);
  assert_int_equal(timetable_after_ns(&timetable, 1), 50 * SECOND);
  assert_int_equal(timetable_after_ns(&timetable, 2), 90 * SECOND);
  assert_int_equal(timetable_after_ns(&timetable, 3), 130 * SECOND);
  assert_int_equal(timetable_instant_ns(&timetable, 3), 0);
  timetable.timeout_ns = 2 * SECOND;
  assert_int_equal(timetable_after_ns(&timetable, 3), (22 + 12 + 12) * SECOND);
  timetable.start_unix_s = clock_wall_s() + 1;
  int64_t until_ns = timetable_instant_ns(&timetable, 3) - clock_now_ns();
  assert_true(until_ns <= 47 * SECOND && until_ns > 36 * SECOND);
  timetable.window_ns = 5 * SECOND;
  assert_int_equal(timetable_after_ns(&timetable, 2), 14 * SECOND);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_repetition_begins_a_gap_after_the_window_before_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
