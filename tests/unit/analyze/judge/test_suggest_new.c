// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>
// clang-format on

#include "analyze/judge/suggest_new.h"
#include "tests/unit/analyze/scenario.h"

#define HEADER "workers,batch,total_s,tokens,requests,failed\n"
#define RISING "1,3,3,300,3,0\n2,6,3.2,600,6,0\n4,12,3.6,1200,12,0\n"

static struct suggest_list list_of(const struct scenario *s, struct suggest_cell *cells, size_t most) {
  return (struct suggest_list){.results = &s->results, .cells = cells, .most = most};
}

static void test_up_is_twice_the_last_level(void **state) {
  struct scenario s;
  struct suggest_cell cells[2];
  (void)state;
  scenario_run(&s, HEADER RISING);
  struct suggest_list list = list_of(&s, cells, 2);
  suggest_go_up(&list);
  assert_int_equal(list.count, 1);
  assert_int_equal(cells[0].workers, 8);
  assert_string_equal(cells[0].why, "throughput still rises at 4 workers");
  scenario_free(&s);
}

static void test_up_ends_below_a_fall(void **state) {
  struct scenario s;
  struct suggest_cell cells[2];
  (void)state;
  scenario_run(&s, HEADER RISING "8,24,12,2400,24,0\n");
  struct suggest_list list = list_of(&s, cells, 2);
  suggest_go_up(&list);
  assert_int_equal(list.count, 0);
  scenario_free(&s);
}

// Servers have their steps at 1, 2, 3, 4, 6, 8, 12, ...
static void test_a_level_between_two_is_a_round_one(void **state) {
  static const struct {
    int64_t from, to;
    double wanted;
    int64_t workers; // 0: none
  } gaps[] = {{4, 8, 5.7, 6},     {8, 16, 10.9, 12}, {16, 32, 22.6, 24},
              {16, 24, 19.6, 20}, {2, 4, 2.8, 3},    {3, 4, 3.5, 0}};
  struct scenario s;
  (void)state;
  scenario_run(&s, HEADER RISING);
  for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++) {
    struct suggest_cell cell = {0};
    struct suggest_list list = list_of(&s, &cell, 1);
    const struct workers_row lower = {.workers = gaps[i].from}, upper = {.workers = gaps[i].to};
    suggest_look_between(&list, &lower, &upper, gaps[i].wanted, "it may lie in");
    assert_int_equal(cell.workers, gaps[i].workers);
    if (i == 0) assert_string_equal(cell.why, "it may lie in (4, 8)");
  }
  scenario_free(&s);
}

// What was tried there has failed.
static void test_a_level_between_two_is_not_tried_again(void **state) {
  struct scenario s;
  struct suggest_cell cells[1];
  (void)state;
  scenario_run(&s, HEADER RISING);
  struct suggest_list list = list_of(&s, cells, 1);
  suggest_look_between(&list, &s.results.workers[0], &s.results.workers[2], 2, "it may lie in");
  assert_int_equal(list.count, 0);
  scenario_free(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_up_is_twice_the_last_level),
      cmocka_unit_test(test_up_ends_below_a_fall),
      cmocka_unit_test(test_a_level_between_two_is_a_round_one),
      cmocka_unit_test(test_a_level_between_two_is_not_tried_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
