// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
// clang-format on

#include "analyze/judge/suggest_list.h"
#include "tests/unit/analyze/scenario.h"

#define HEADER "workers,batch,total_s,tokens,requests,failed\n"

static void test_a_cell_is_added_once_and_none_beyond_the_most(void **state) {
  struct suggest_cell cells[2] = {0};
  struct suggest_list list = {.cells = cells, .most = 2};
  (void)state;
  suggest_add(&list, 0, 4, 1, "no workers");
  suggest_add(&list, SUGGEST_MAX_WORKERS + 1, 4, 1, "too many");
  assert_int_equal(list.count, 0);
  suggest_add(&list, 4, 12, 3, "the %s", "first");
  suggest_add(&list, 4, 12, 1, "the same");
  suggest_add(&list, 4, 0, 1, "timed");
  suggest_add(&list, 8, 24, 1, "one too many");
  assert_int_equal(list.count, 2);
  assert_string_equal(cells[0].why, "the first");
  assert_int_equal(cells[0].repeat, 3);
  assert_int_equal(cells[1].batch, 0);
}

static void test_levels_are_found_by_their_workers(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s, HEADER "1,3,3,300,3,0\n2,6,1,0,6,6\n4,12,3.6,1200,12,0\n4,12,3.7,1200,12,0\n");
  assert_int_equal(suggest_row_of(&s.results, 4), 2);
  assert_int_equal(suggest_row_of(&s.results, 3), 3);
  assert_ptr_equal(suggest_usable_below(&s.results, 2), &s.results.workers[0]); // that of 2 failed
  assert_null(suggest_usable_below(&s.results, 0));
  assert_int_equal(suggest_reps_of(&s.results, &s.results.workers[2]), 2);
  assert_int_equal(suggest_usual_repeat(&s.results), 3);
  scenario_free(&s);
}

// A batch that all levels share serves while it has three waves; else three waves of the new level.
static void test_a_new_level_does_the_work_of_the_others(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s, HEADER "1,24,24,2400,24,0\n2,24,13,2400,24,0\n4,24,8,2400,24,0\n");
  assert_int_equal(suggest_batch_for(&s.results, 8), 24);
  assert_int_equal(suggest_batch_for(&s.results, 16), 16 * 6);
  scenario_free(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_cell_is_added_once_and_none_beyond_the_most),
      cmocka_unit_test(test_levels_are_found_by_their_workers),
      cmocka_unit_test(test_a_new_level_does_the_work_of_the_others),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
