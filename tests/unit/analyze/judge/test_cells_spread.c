// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/buf.h"
#include "tests/unit/analyze/scenario.h"

#define HEADER "workers,batch,total_s,tokens,requests,failed\n"

static void test_interval_of_replicates_is_as_by_hand(void **state) {
  (void)state;
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

// Two cells that move together from one pass to the next measure their spread once, not twice: ln X of both
// is 0.1 above its mean in pass 0 and 0.1 below it in pass 1, s2 = 0.02. Without `rep` nothing tells the
// passes.
static void test_what_a_pass_shares_counts_once(void **state) {
  static const char *const headers[] = {"workers,batch,rep,total_s,tokens\n",
                                        "workers,batch,no,total_s,tokens\n"};
  static const double df[] = {1, 2};
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    struct scenario s;
    struct buf text = {0};
    buf_append_text(&text, headers[i]);
    for (int rep = 0; rep < 2; rep++) {
      for (int workers = 1; workers <= 2; workers++)
        buf_printf(&text, "%d,%d,%d,%.17g,1000\n", workers, workers, rep,
                   exp(rep == 0 ? 0.1 : -0.1) / workers);
    }
    scenario_run(&s, buf_text(&text));
    scenario_near(headers[i], s.results.sigma, sqrt(0.02), 1e-9);
    scenario_near(headers[i], s.results.sigma_df, df[i], 1e-9);
    scenario_free(&s);
    buf_free(&text);
  }
}

static void test_a_given_sigma_makes_the_interval_of_a_single_run(void **state) {
  (void)state;
  struct scenario s;
  struct analysis_options options = scenario_options();
  (void)state;
  options.sigma = (struct ci_spread){0.02, INFINITY};
  scenario_run_with(&s, HEADER "1,1,2,200,1,0\n", &options);
  const struct cell *cell = scenario_cell(&s, 1, 1);
  assert_int_equal(cell->flags, CELL_UNREPLICATED);
  scenario_near("estimate", cell->tokens_per_s.estimate, 100, 0);
  scenario_near("lo", cell->tokens_per_s.lo, 100 * exp(-1.959964 * 0.02), 1e-4); // the normal's 97.5 %
  scenario_near("hi", cell->tokens_per_s.hi, 100 * exp(1.959964 * 0.02), 1e-4);
  assert_true(cell->pooled_interval);
  scenario_free(&s);
}

static void test_single_runs_without_any_spread_have_no_interval_and_no_set(void **state) {
  (void)state;
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

static void test_clearly_different_spreads_are_not_pooled(void **state) {
  (void)state;
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

// Cells below four in flight, or of which only one is alike, tell nothing; three degrees of freedom are
// needed.
static void test_single_runs_may_borrow_a_spread_from_cells_that_are_alike(void **state) {
  (void)state;
  struct scenario s;
  struct buf text = {0};
  static const double noise[] = {1, 1.01, 0.99, 1.005};
  buf_append_text(&text, HEADER);
  for (int i = 0; i < 4; i++)
    buf_printf(&text, "%d,8,1,%.0f,8,0\n", 8 * (i + 1), 1e6 * noise[i]);
  scenario_run(&s, buf_text(&text));
  assert_int_equal(s.results.sigma_source, SIGMA_PSEUDO_REPLICATES);
  scenario_near("df", s.results.sigma_df, 3, 0);
  assert_true(s.results.sigma > 0.005 && s.results.sigma < 0.015);
  assert_true(s.results.cells[0].tokens_per_s.lo < 1e6 && s.results.cells[0].tokens_per_s.hi > 1e6);
  scenario_free(&s);
  buf_free(&text);
}

static void test_equal_repetitions_have_no_spread(void **state) {
  (void)state;
  struct scenario s;
  scenario_run(&s, HEADER "1,1,1,100,1,0\n1,1,1,100,1,0\n2,2,1,150,2,0\n2,2,1,150,2,0\n");
  assert_int_equal(s.results.sigma_source, SIGMA_NONE);
  assert_true(isnan(s.results.sigma) && isnan(s.results.sigma_df));
  scenario_free(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_interval_of_replicates_is_as_by_hand),
      cmocka_unit_test(test_what_a_pass_shares_counts_once),
      cmocka_unit_test(test_a_given_sigma_makes_the_interval_of_a_single_run),
      cmocka_unit_test(test_single_runs_without_any_spread_have_no_interval_and_no_set),
      cmocka_unit_test(test_clearly_different_spreads_are_not_pooled),
      cmocka_unit_test(test_single_runs_may_borrow_a_spread_from_cells_that_are_alike),
      cmocka_unit_test(test_equal_repetitions_have_no_spread),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
