// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "analyze/judge/suggest.h"
#include "lib/base/buf.h"
#include "tests/unit/analyze/scenario.h"

#define HEADER "workers,batch,rep,total_s,tokens,requests,failed\n"
#define GAP                                                                                                  \
  HEADER "2,24,1,10,1000,24,0\n2,24,2,10.1,1000,24,0\n4,24,1,1,0,24,24\n"                                    \
         "8,24,1,4,1000,24,0\n8,24,2,4.1,1000,24,0\n16,48,1,3,2000,48,0\n16,48,2,3.1,2000,48,0\n"

static void test_a_failed_level_between_levels_that_work_is_a_hole(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s, GAP);
  assert_true(s.results.workers[1].hole);
  assert_false(s.results.workers[0].hole || s.results.workers[2].hole || s.results.workers[3].hole);
  assert_int_equal(s.results.cliff_count, 0);
  assert_null(scenario_warning(&s, WARNING_FAILED_LEVEL));
  assert_int_equal(scenario_warning(&s, WARNING_HOLE)->workers, 4);
  assert_int_equal(s.results.step_count, 2); // 2 to 8, and 8 to 16
  assert_int_equal(s.results.steps[0].from, 2);
  assert_int_equal(s.results.steps[0].to, 8);
  scenario_free(&s);
}

static void test_the_curve_keeps_the_levels_above_a_hole(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s, GAP);
  assert_int_equal(s.results.curve.point_count, 6);
  scenario_near("the last n", s.results.curve.points[5].n, 16, 0);
  scenario_free(&s);
}

static void test_a_hole_alone_is_suggested(void **state) {
  struct scenario s;
  struct suggest_cell cells[5];
  (void)state;
  scenario_run(&s, GAP);
  assert_int_equal(suggest_next(&s.results, 5, cells), 1);
  assert_int_equal(cells[0].workers, 4);
  assert_int_equal(cells[0].batch, 24);
  assert_true(suggest_is_hole(&s.results, &cells[0]));
  scenario_free(&s);
}

// Each doubling loses more than the last, down to 68 %: a bend, whose next step is as steep. Then the same
// levels with a jump to 40 % among them.
static void test_a_smooth_fall_is_no_cliff_and_a_jump_is_one(void **state) {
  static const double totals[2][6] = {{6.12, 12.55, 27.48, 63.06, 162.1, 475.3},
                                      {6.12, 12.55, 27.48, 157.6, 405.2, 1188}};
  (void)state;
  for (size_t jump = 0; jump < 2; jump++) {
    struct scenario s;
    struct buf text = {0};
    buf_append_text(&text, HEADER);
    for (int i = 0; i < 6; i++) {
      for (int r = 0; r < 3; r++)
        buf_printf(&text, "%d,%d,%d,%g,%d,%d,0\n", 1 << i, 3 << i, r, totals[jump][i] * (1 + 0.01 * r),
                   600 << i, 3 << i);
    }
    scenario_run(&s, buf_text(&text));
    assert_int_equal(s.results.cliff_count, jump);
    if (jump) assert_int_equal(s.results.cliffs[0].to, 8);
    scenario_free(&s);
    buf_free(&text);
  }
}

static void test_a_drop_behind_a_hole_is_still_a_cliff(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s, HEADER "2,8,1,10,1000,8,0\n2,8,2,10.1,1000,8,0\n4,8,1,1,0,8,8\n"
                          "8,8,1,30,1000,8,0\n8,8,2,30.1,1000,8,0\n");
  assert_true(s.results.workers[1].hole);
  assert_int_equal(s.results.cliff_count, 1);
  assert_int_equal(s.results.cliffs[0].from, 2);
  assert_int_equal(s.results.cliffs[0].to, 8);
  scenario_free(&s);
}

static void test_a_failure_with_nothing_usable_above_or_below_is_no_hole(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s,
               HEADER "1,8,1,1,0,8,8\n2,8,1,10,1000,8,0\n4,8,1,9,1000,8,0\n8,8,1,1,0,8,8\n16,8,1,1,0,8,8\n");
  for (size_t i = 0; i < s.results.workers_count; i++)
    assert_false(s.results.workers[i].hole);
  assert_null(scenario_warning(&s, WARNING_HOLE));
  assert_int_equal(s.results.cliff_count, 1);
  assert_true(s.results.cliffs[0].total);
  assert_int_equal(s.results.cliffs[0].from, 4);
  assert_int_equal(s.results.cliffs[0].to, 8);
  scenario_free(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_failed_level_between_levels_that_work_is_a_hole),
      cmocka_unit_test(test_the_curve_keeps_the_levels_above_a_hole),
      cmocka_unit_test(test_a_hole_alone_is_suggested),
      cmocka_unit_test(test_a_smooth_fall_is_no_cliff_and_a_jump_is_one),
      cmocka_unit_test(test_a_drop_behind_a_hole_is_still_a_cliff),
      cmocka_unit_test(test_a_failure_with_nothing_usable_above_or_below_is_no_hole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
