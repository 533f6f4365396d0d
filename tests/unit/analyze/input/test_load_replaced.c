// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
// clang-format on

#include "tests/unit/analyze/scenario.h"

#define BATCH(rep, start, rest)                                                                              \
  "{\"type\":\"batch\",\"session\":0,\"workers\":2,\"batch\":20,\"rep\":" #rep ",\"start_s\":" #start        \
  ",\"total_s\":2,\"requests\":20," rest "}\n"
#define GOOD(rep, start) BATCH(rep, start, "\"failed\":0,\"output_tokens\":100,\"errors\":{}")
#define DEAD(rep, start) BATCH(rep, start, "\"failed\":20,\"output_tokens\":0,\"errors\":{\"connect\":20}")
#define HALF(rep, start)                                                                                     \
  BATCH(rep, start, "\"failed\":10,\"output_tokens\":50,\"errors\":{\"connect\":6,\"truncated\":4}")
#define RUN(start) SCENARIO_HEADER(#start, "")
#define RESUMED(start) SCENARIO_HEADER(#start, ",\"resumes\":true")

static void test_dead_batches_that_were_measured_again_are_left_out(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s, RUN(100) GOOD(0, 0) DEAD(1, 2) DEAD(2, 4) SCENARIO_END RESUMED(200) GOOD(1, 0) GOOD(2, 2)
                       SCENARIO_END);
  const struct cell *cell = scenario_cell(&s, 2, 20);
  assert_int_equal(cell->flags, 0);
  assert_int_equal(cell->reps, 3);
  assert_int_equal(cell->requests, 60);
  assert_int_equal(cell->failed, 0);
  scenario_near("throughput", cell->tokens_per_s.estimate, 50, 1e-12);
  assert_int_equal(scenario_warning(&s, WARNING_REPLACED)->count, 2);
  scenario_free(&s);
}

static void test_a_dead_batch_that_was_not_measured_again_fails_its_cell(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s, RUN(100) GOOD(0, 0) DEAD(1, 2) DEAD(2, 4) SCENARIO_END RESUMED(200) GOOD(1, 0) DEAD(2, 2)
                       SCENARIO_END);
  const struct cell *cell = scenario_cell(&s, 2, 20);
  assert_true(cell->flags & CELL_FAILED);
  assert_int_equal(cell->failed, 40); // repetition 2, twice
  assert_int_equal(scenario_warning(&s, WARNING_REPLACED)->count, 1);
  scenario_free(&s);
}

// The good one came first: the server died after it.
static void test_a_good_batch_before_a_dead_one_replaces_nothing(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s, RUN(100) GOOD(0, 0) DEAD(0, 9) SCENARIO_END);
  assert_true(scenario_cell(&s, 2, 20)->flags & CELL_FAILED);
  assert_null(scenario_warning(&s, WARNING_REPLACED));
  scenario_free(&s);
}

static void test_a_dead_batch_that_took_no_time_is_replaced_too(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(
      &s, RUN(100) GOOD(0, 0) "{\"type\":\"batch\",\"session\":0,\"workers\":2,\"batch\":20,\"rep\":1,"
                              "\"start_s\":2,\"total_s\":0,\"requests\":20,\"failed\":20,"
                              "\"output_tokens\":0,\"errors\":{\"connect\":20}}\n" GOOD(1, 3) SCENARIO_END);
  assert_int_equal(scenario_cell(&s, 2, 20)->flags, 0);
  assert_int_equal(scenario_warning(&s, WARNING_REPLACED)->count, 1);
  scenario_free(&s);
}

// The server died in repetition 1, so that part of it failed; the rest of the run could not connect.
static void test_the_batch_in_which_the_server_died_is_replaced_with_the_dead_ones(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s, RUN(100) GOOD(0, 0) HALF(1, 2) DEAD(2, 4) DEAD(3, 6) SCENARIO_END RESUMED(200) GOOD(2, 0)
                       GOOD(3, 2) SCENARIO_END);
  const struct cell *cell = scenario_cell(&s, 2, 20);
  assert_int_equal(cell->flags, 0);
  assert_int_equal(cell->reps, 3);
  assert_int_equal(scenario_warning(&s, WARNING_REPLACED)->count, 3);
  scenario_free(&s);
}

static void test_a_failed_cell_is_replaced_by_a_run_without_a_failure(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s, RUN(100) HALF(0, 0) GOOD(1, 2) SCENARIO_END RUN(200) GOOD(0, 0) SCENARIO_END);
  assert_int_equal(scenario_cell(&s, 2, 20)->flags, 0);
  assert_int_equal(scenario_cell(&s, 2, 20)->reps, 2);
  scenario_free(&s);
  // One good batch does not outweigh two that failed, and nothing does that came before.
  scenario_run(&s, RUN(100) HALF(0, 0) HALF(1, 2) SCENARIO_END RUN(200) GOOD(0, 0) SCENARIO_END);
  assert_true(scenario_cell(&s, 2, 20)->flags & CELL_FAILED);
  scenario_free(&s);
  scenario_run(&s, RUN(100) GOOD(0, 0) GOOD(1, 2) SCENARIO_END RUN(200) HALF(0, 0) SCENARIO_END);
  assert_true(scenario_cell(&s, 2, 20)->flags & CELL_FAILED);
  assert_int_equal(scenario_cell(&s, 2, 20)->failed_runs, 1);
  scenario_free(&s);
}

static void test_the_date_of_a_run_counts_not_the_order_of_reading(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s, RUN(200) HALF(0, 0) SCENARIO_END RUN(100) GOOD(0, 0) GOOD(1, 2) SCENARIO_END);
  assert_true(scenario_cell(&s, 2, 20)->flags & CELL_FAILED);
  scenario_free(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_dead_batches_that_were_measured_again_are_left_out),
      cmocka_unit_test(test_a_dead_batch_that_was_not_measured_again_fails_its_cell),
      cmocka_unit_test(test_a_good_batch_before_a_dead_one_replaces_nothing),
      cmocka_unit_test(test_a_dead_batch_that_took_no_time_is_replaced_too),
      cmocka_unit_test(test_the_batch_in_which_the_server_died_is_replaced_with_the_dead_ones),
      cmocka_unit_test(test_a_failed_cell_is_replaced_by_a_run_without_a_failure),
      cmocka_unit_test(test_the_date_of_a_run_counts_not_the_order_of_reading),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
