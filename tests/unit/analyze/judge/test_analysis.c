// SPDX-License-Identifier: GPL-3.0-or-later
//
// The whole way; each step has a file of its own.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/analyze/scenario.h"

#define TABLE                                                                                                \
  "workers,batch,total_s,tokens,requests,failed\n1,4,4,400,4,0\n1,4,4,404,4,0\n2,8,5,900,8,0\n2,8,5,909,8,"  \
  "0\n"                                                                                                      \
  "4,16,8,1700,16,0\n4,16,8,1690,16,0\n8,32,15,3300,32,0\n8,32,15,3310,32,0\n"

static void test_every_step_leaves_its_part(void **state) {
  (void)state;
  struct scenario s;
  scenario_run(&s, TABLE);
  assert_int_equal(s.results.cell_count, 4);
  assert_int_equal(s.results.workers_count, 4);
  assert_int_equal(s.results.sigma_source, SIGMA_REPLICATES);
  assert_true(s.results.best.exists && s.results.best.set_count > 0);
  assert_true(s.results.recommendation.state != RECOMMENDATION_NONE);
  assert_true(s.results.curve.exists && s.results.curve.model_count == 1);
  assert_true(s.results.confidence == 0.95);
  assert_int_equal(s.results.measure, MEASURE_OUTPUT_TOKENS);
  assert_int_equal(s.results.fact_count, 1); // taken over
  assert_int_equal(s.data.fact_count, 0);
  assert_null(s.data.facts);
  scenario_free(&s);
}

static void test_the_same_input_gives_the_same_numbers(void **state) {
  (void)state;
  struct scenario a, b;
  scenario_run(&a, TABLE);
  scenario_run(&b, TABLE);
  assert_int_equal(a.results.warning_count, b.results.warning_count);
  assert_true(a.results.best.regret_bound == b.results.best.regret_bound);
  assert_memory_equal(&a.results.curve.optimum_n, &b.results.curve.optimum_n,
                      sizeof a.results.curve.optimum_n);
  for (size_t i = 0; i < a.results.cell_count; i++)
    assert_memory_equal(&a.results.cells[i].tokens_per_s, &b.results.cells[i].tokens_per_s,
                        sizeof(struct estimate));
  scenario_free(&a);
  scenario_free(&b);
}

static void test_no_measurement_at_all_is_no_error(void **state) {
  (void)state;
  struct load_data data = LOAD_DATA;
  struct results results = {0};
  struct analysis_options options = scenario_options();
  struct error error;
  assert_int_equal(analysis_run(&data, &options, &results, &error), STATUS_OK);
  assert_int_equal(results.cell_count, 0);
  assert_false(results.best.exists || results.curve.exists);
  assert_true(isnan(results.sigma) && isnan(results.one_piece));
  results_free(&results);
  load_free(&data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_step_leaves_its_part),
      cmocka_unit_test(test_the_same_input_gives_the_same_numbers),
      cmocka_unit_test(test_no_measurement_at_all_is_no_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
