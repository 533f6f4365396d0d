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

static void test_interval_of_replicates_is_as_by_hand(void **state) {
  struct scenario s;
  (void)state;
  // ln X of cell a: 4.0, 4.2 (mean 4.1, s2 0.02); of cell b: 5.0, 5.1 (mean 5.05, s2 0.005).
  // Pooled s2 = 0.0125 with 2 df; t(0.975, 2) = 4.302653 (tables); half width 4.302653 * sqrt(0.0125 / 2).
  struct buf text = {0};
  buf_printf(&text, HEADER "1,1,1,%.0f,1,0\n1,1,1,%.0f,1,0\n2,2,1,%.0f,2,0\n2,2,1,%.0f,2,0\n", exp(4.0) * 1e9,
             exp(4.2) * 1e9, exp(5.0) * 1e9, exp(5.1) * 1e9);
  scenario_run(&s, buf_text(&text));
  const struct cell *a = scenario_cell(&s, 1, 1), *b = scenario_cell(&s, 2, 2);
  double half = 4.302653 * sqrt(0.0125 / 2), billion = log(1e9);
  scenario_near("a", log(a->tokens_per_s.estimate), billion + 4.1, 1e-8);
  scenario_near("a lo", log(a->tokens_per_s.lo), billion + 4.1 - half, 1e-6);
  scenario_near("a hi", log(a->tokens_per_s.hi), billion + 4.1 + half, 1e-6);
  scenario_near("b lo", log(b->tokens_per_s.lo), billion + 5.05 - half, 1e-6);
  scenario_near("sigma", s.results.sigma, sqrt(0.0125), 1e-8);
  scenario_near("df", s.results.sigma_df, 2, 0);
  assert_int_equal(s.results.sigma_source, SIGMA_REPLICATES);
  assert_true(a->pooled_interval);
  assert_int_equal(a->reps, 2);
  scenario_near("total_s is a mean", b->total_s, 1, 1e-12);
  scenario_near("mean_s is per request", b->mean_s, 0.5, 1e-12);
  scenario_free(&s);
  buf_free(&text);
}

static void test_a_given_sigma_makes_the_interval_of_a_single_run(void **state) {
  struct scenario s;
  struct analysis_options options = scenario_options();
  (void)state;
  options.sigma = (struct ci_spread){0.02, INFINITY};
  scenario_run_with(&s, HEADER "1,1,2,200,1,0\n", &options);
  const struct cell *cell = scenario_cell(&s, 1, 1);
  assert_flags(&s, 1, 1, CELL_UNREPLICATED);
  scenario_near("estimate", cell->tokens_per_s.estimate, 100, 0);
  scenario_near("lo", cell->tokens_per_s.lo, 100 * exp(-1.959964 * 0.02), 1e-4); // the normal's 97.5 %
  scenario_near("hi", cell->tokens_per_s.hi, 100 * exp(1.959964 * 0.02), 1e-4);
  assert_true(cell->pooled_interval);
  scenario_free(&s);
}

static void test_single_runs_without_any_spread_have_no_interval_and_no_set(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s, HEADER "1,1,1,100,1,0\n2,2,1,150,2,0\n");
  const struct cell *cell = scenario_cell(&s, 2, 2);
  assert_true(isnan(cell->tokens_per_s.lo) && isnan(cell->tokens_per_s.hi));
  assert_int_equal(s.results.sigma_source, SIGMA_NONE);
  assert_true(s.results.best.exists);
  assert_int_equal(s.results.best.set_count, 0);
  assert_true(isnan(s.results.best.regret_bound));
  assert_int_equal(s.results.best.cell, results_find(&s.results, 2, 2));
  assert_non_null(scenario_warning(&s, WARNING_NO_SPREAD));
  scenario_free(&s);
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

static void test_first_batch_of_a_table_is_cold_when_the_next_is_more_than_twice_as_fast(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s, HEADER "2,1,1,100,1,0\n2,2,1,201,2,0\n4,1,1,100,1,0\n4,2,1,200,2,0\n");
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
  assert_string_equal(warning->words, "lag");
  scenario_free(&s);
}

// 2 % of the prompt tokens at batch 4, 83 % at batch 24, as one prompt sent again and again gives.
static void test_cells_that_the_prompt_cache_served_unequally_are_told(void **state) {
  static const int cached[] = {83, 11};
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    struct buf text = {0};
    struct scenario s;
    buf_append_text(&text, SCENARIO_HEADER("1", ""));
    for (int b = 0; b < 2; b++)
      buf_printf(&text,
                 "{\"type\":\"batch\",\"session\":0,\"workers\":4,\"batch\":%d,\"rep\":0,\"start_s\":%d,"
                 "\"total_s\":1,\"requests\":4,\"failed\":0,\"output_tokens\":900,\"input_tokens\":1000,"
                 "\"cached_tokens\":%d}\n",
                 b ? 24 : 4, b, 10 * (b ? cached[i] : 2));
    scenario_run(&s, buf_text(&text));
    const struct warning *warning = scenario_warning(&s, WARNING_CACHED_UNEVEN);
    assert_true((warning != NULL) == (i == 0));
    if (warning) {
      scenario_near("least", warning->lo, 0.02, 1e-12);
      scenario_near("most", warning->hi, 0.83, 1e-12);
      assert_int_equal(warning->batch, 24);
    }
    assert_non_null(scenario_warning(&s, WARNING_CACHED_TOKENS));
    scenario_free(&s);
    buf_free(&text);
  }
}

static void test_clearly_different_spreads_are_not_pooled(void **state) {
  struct scenario s;
  (void)state;
  // Spreads of about 0.1 % and 30 %: one interval for both would be wrong for both.
  scenario_run(&s, HEADER "1,1,1,10000,1,0\n1,1,1,10010,1,0\n1,1,1,9990,1,0\n1,1,1,10005,1,0\n"
                          "2,2,1,10000,2,0\n2,2,1,17000,2,0\n2,2,1,8000,2,0\n2,2,1,13000,2,0\n");
  const struct cell *calm = scenario_cell(&s, 1, 1), *wild = scenario_cell(&s, 2, 2);
  assert_false(calm->pooled_interval);
  assert_true(calm->tokens_per_s.hi / calm->tokens_per_s.lo < 1.01);
  assert_true(wild->tokens_per_s.hi / wild->tokens_per_s.lo > 1.5);
  scenario_free(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_interval_of_replicates_is_as_by_hand),
      cmocka_unit_test(test_a_given_sigma_makes_the_interval_of_a_single_run),
      cmocka_unit_test(test_single_runs_without_any_spread_have_no_interval_and_no_set),
      cmocka_unit_test(test_success_below_95_percent_fails_a_cell),
      cmocka_unit_test(test_one_batch_without_tokens_fails_its_cell),
      cmocka_unit_test(test_everything_failed_ends_without_a_best),
      cmocka_unit_test(test_first_batch_of_a_table_is_cold_when_the_next_is_more_than_twice_as_fast),
      cmocka_unit_test(test_partial_wave_is_a_batch_that_does_not_fill_its_last_wave),
      cmocka_unit_test(test_a_cell_of_a_bottlenecked_client_is_shown_and_not_ranked),
      cmocka_unit_test(test_cells_that_the_prompt_cache_served_unequally_are_told),
      cmocka_unit_test(test_clearly_different_spreads_are_not_pooled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
