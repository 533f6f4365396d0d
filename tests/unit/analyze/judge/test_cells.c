// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
// clang-format on

#include "tests/unit/analyze/scenario.h"

#define HEADER "workers,batch,total_s,tokens,requests,failed\n"

static void assert_flags(const struct scenario *scenario, int64_t workers, int64_t batch, unsigned flags) {
  const struct cell *cell = scenario_cell(scenario, workers, batch);
  if (cell->flags != flags)
    fail_msg("%lldx%lld: flags %u, expected %u", (long long)workers, (long long)batch, cell->flags, flags);
}

static void test_success_below_95_percent_fails_a_cell(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s, HEADER "1,100,1,5000,100,5\n2,100,1,9000,100,6\n4,100,1,0,100,0\n");
  assert_flags(&s, 1, 100, CELL_UNREPLICATED); // just 95 %
  assert_flags(&s, 2, 100, CELL_UNREPLICATED | CELL_FAILED);
  assert_flags(&s, 4, 100, CELL_UNREPLICATED | CELL_FAILED); // no token: failed whatever the counts say
  const struct cell *failed = scenario_cell(&s, 2, 100);
  scenario_near("a failed cell's throughput", failed->tokens_per_s.estimate, 0, 0);
  assert_true(isnan(failed->tokens_per_s.lo) && isnan(failed->tokens_per_s.hi));
  assert_int_equal(s.results.cells[s.results.best.cell].workers, 1); // never ranked
  // Clopper-Pearson of 6 in 100 (R: binom.test(6, 100)$conf.int).
  scenario_near("rate", failed->failure_rate.estimate, 0.06, 1e-12);
  scenario_near("rate lo", failed->failure_rate.lo, 0.02233489, 1e-7);
  scenario_near("rate hi", failed->failure_rate.hi, 0.12602994, 1e-7);
  scenario_free(&s);
}

static void test_one_batch_without_tokens_fails_its_cell(void **state) {
  struct scenario s;
  (void)state;
  struct buf text = {0};
  buf_append_text(&text, HEADER);
  for (int i = 0; i < 40; i++)
    buf_printf(&text, "1,1,1,%d,1,%d\n", i == 7 ? 0 : 100, i == 7); // 97.5 % succeed
  scenario_run(&s, buf_text(&text));
  assert_flags(&s, 1, 1, CELL_FAILED);
  assert_false(s.results.best.exists);
  scenario_free(&s);
  buf_free(&text);
}

static void test_everything_failed_ends_without_a_best(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s, HEADER "1,1,1,0,1,1\n1,2,1,0,2,2\n2,2,1,0,2,2\n");
  assert_false(s.results.best.exists);
  assert_non_null(scenario_warning(&s, WARNING_ALL_FAILED));
  assert_false(s.results.workers[0].usable);
  assert_int_equal(s.results.workers[0].best_batch, -1);
  assert_false(s.results.curve.exists);
  scenario_free(&s);
}

// Single batches spread by 5 % at most: 1.645 sqrt(2) 0.05 = 0.116, which is 12 %.
static void test_first_batch_of_a_table_is_cold_when_the_next_is_far_more_than_twice_as_fast(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s, HEADER "2,1,1,100,1,0\n2,2,1,226,2,0\n4,1,1,100,1,0\n4,2,1,223,2,0\n");
  assert_flags(&s, 2, 1, CELL_COLD | CELL_UNREPLICATED);
  assert_flags(&s, 4, 1, CELL_UNREPLICATED);
  const struct warning *warning = scenario_warning(&s, WARNING_COLD_START);
  assert_non_null(warning);
  assert_int_equal(warning->count, 1);
  scenario_free(&s);
}

static void test_partial_wave_is_a_batch_that_does_not_fill_its_last_wave(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s, HEADER "4,3,1,90,3,0\n4,4,1,100,4,0\n4,6,1,100,6,0\n4,8,1,100,8,0\n");
  assert_flags(&s, 4, 3, CELL_UNREPLICATED); // one wave that never fills the workers is no partial wave
  assert_flags(&s, 4, 4, CELL_UNREPLICATED);
  assert_flags(&s, 4, 6, CELL_UNREPLICATED | CELL_PARTIAL_WAVE);
  assert_flags(&s, 4, 8, CELL_UNREPLICATED);
  scenario_free(&s);
}

static void test_a_cell_of_a_bottlenecked_client_is_shown_and_not_ranked(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s,
               SCENARIO_HEADER("1", "") "{\"type\":\"batch\",\"session\":0,\"workers\":2,\"batch\":2,\"rep\":"
                                        "0,\"start_s\":1,\"total_s\":1,"
                                        "\"requests\":2,\"failed\":0,\"output_tokens\":900,"
                                        "\"client\":{\"cpu\":1,\"valid\":false,\"reason\":\"lag\"}}\n"
                                        "{\"type\":\"batch\",\"session\":0,\"workers\":1,\"batch\":2,\"rep\":"
                                        "0,\"start_s\":3,\"total_s\":1,"
                                        "\"requests\":2,\"failed\":0,\"output_tokens\":100}\n" SCENARIO_END);
  assert_flags(&s, 2, 2, CELL_INVALID_CLIENT);
  assert_int_equal(scenario_cell(&s, 2, 2)->reps, 0);
  assert_int_equal(s.results.cells[s.results.best.cell].workers, 1);
  const struct warning *warning = scenario_warning(&s, WARNING_INVALID_CLIENT);
  assert_non_null(warning);
  assert_int_equal(warning->count, 1);
  assert_int_equal(warning->reason.kind, RUN_REASON_OTHER);
  assert_true(json_slice_is(warning->reason.text, "lag"));
  scenario_free(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_success_below_95_percent_fails_a_cell),
      cmocka_unit_test(test_one_batch_without_tokens_fails_its_cell),
      cmocka_unit_test(test_everything_failed_ends_without_a_best),
      cmocka_unit_test(test_first_batch_of_a_table_is_cold_when_the_next_is_far_more_than_twice_as_fast),
      cmocka_unit_test(test_partial_wave_is_a_batch_that_does_not_fill_its_last_wave),
      cmocka_unit_test(test_a_cell_of_a_bottlenecked_client_is_shown_and_not_ranked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
