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

static void test_the_set_holds_what_cannot_be_told_apart_largest_first(void **state) {
  struct scenario s;
  struct analysis_options options = scenario_options();
  (void)state;
  options.sigma = (struct ci_spread){0.01, INFINITY};
  options.margin = 0.05;
  scenario_run_with(&s, HEADER "1,1,1,5000,1,0\n2,2,1,9950,2,0\n2,4,1,9900,4,0\n4,4,1,10000,4,0\n", &options);
  const struct best *best = &s.results.best;
  assert_int_equal(best->set_count, 3);
  static const int64_t tokens[] = {10000, 9950, 9900};
  for (size_t i = 0; i < 3; i++) {
    scenario_near("the set, largest first", s.results.cells[best->set[i]].tokens_per_s.estimate,
                  (double)tokens[i], 0);
    assert_true(s.results.cells[best->set[i]].in_best_set);
  }
  assert_false(scenario_cell(&s, 1, 1)->in_best_set);
  assert_int_equal(best->cell, results_find(&s.results, 4, 4));
  assert_int_equal(best->recommended, results_find(&s.results, 2, 2)); // fewest workers, then smallest batch
  // Four cells, sigma known: the one-sided 95 % d of three rivals with correlation 1/2 is 2.062 (Hsu 1996,
  // table E.1; Dunnett 1955). Regret: exp(ln(0.995) + 2.062 * 0.01 * sqrt(2)) - 1.
  scenario_near("regret", best->regret_bound, exp(log(0.995) + 2.062 * 0.01 * sqrt(2)) - 1, 3e-4);
  scenario_free(&s);
}

static void test_edges_of_the_tested_range_are_named(void **state) {
  static const struct {
    const char *text;
    bool batch_edge, workers_edge;
  } cases[] = {
      {HEADER "1,1,1,10,1,0\n1,2,1,20,2,0\n2,1,1,10,1,0\n2,2,1,19,2,0\n", true, false},
      {HEADER "1,1,1,10,1,0\n1,2,1,20,2,0\n2,1,1,15,1,0\n2,2,1,30,2,0\n", true, true},
      {HEADER "1,1,1,10,1,0\n1,2,1,9,2,0\n2,1,1,9,1,0\n2,2,1,9,2,0\n", false, false},
      {HEADER "1,1,1,10,1,0\n1,2,1,9,2,0\n2,1,1,12,1,0\n2,2,1,9,2,0\n", false, true},
      // What failed was tested: it bounds the range.
      {HEADER "1,1,1,10,1,0\n1,2,1,0,2,2\n2,1,1,0,1,1\n2,2,1,0,2,2\n", false, false},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct scenario s;
    scenario_run(&s, cases[i].text);
    if (s.results.best.batch_edge != cases[i].batch_edge ||
        s.results.best.workers_edge != cases[i].workers_edge)
      fail_msg("case %zu: batch %d workers %d", i, s.results.best.batch_edge, s.results.best.workers_edge);
    assert_true((scenario_warning(&s, WARNING_EDGE_BATCH) != NULL) == cases[i].batch_edge);
    assert_true((scenario_warning(&s, WARNING_EDGE_WORKERS) != NULL) == cases[i].workers_edge);
    scenario_free(&s);
  }
}

// A run of `blocks` blocks on 2 levels x 2 batches, each (level, block) a session with an effect of its own
// that its batches share; ln X of the better batch is `gain` higher.
static void append_run(struct buf *text, const char *managed, int blocks, double gain) {
  static const double session_effects[] = {0.00, 0.06, -0.05, 0.04, -0.06, 0.01, 0.05, -0.03, -0.02, 0.03};
  static const double noise[] = {0.001, -0.001, 0.0005, -0.0005, 0.0015, -0.0015, 0.001, 0, -0.001, 0.0005};
  buf_printf(text, "{\"type\":\"run\",\"version\":1,\"start_unix_s\":1,\"seed\":1,\"warmup\":1%s}\n",
             managed);
  for (int block = 0; block < blocks; block++) {
    for (int level = 1; level <= 2; level++) {
      int session = block * 2 + level - 1;
      for (int b = 0; b < 2; b++) {
        double x = log(1e6) + (level - 1) * 0.3 + session_effects[session] + noise[(session + 3 * b) % 10] +
                   (b == 1 ? gain : 0);
        buf_printf(text,
                   "{\"type\":\"batch\",\"session\":%d,\"workers\":%d,\"batch\":%d,\"rep\":%d,\"start_s\":%d,"
                   "\"total_s\":1,\"requests\":1,\"failed\":0,\"output_tokens\":%.0f}\n",
                   session, level, 2 + 2 * b, block, session * 10 + b, exp(x));
      }
    }
  }
  buf_append_text(text, SCENARIO_END);
}

static void test_batches_that_share_a_session_are_compared_within_it(void **state) {
  struct buf text = {0};
  struct scenario s;
  (void)state;
  // The batches of a level differ by 2 % in every session, the sessions by 5 %: only within sessions is it
  // seen.
  append_run(&text, ",\"server\":\"serve\"", 5, 0.02);
  scenario_run(&s, buf_text(&text));
  assert_int_equal(s.results.best.cell, results_find(&s.results, 2, 4));
  assert_int_equal(s.results.best.set_count, 1);
  scenario_free(&s);
  buf_clear(&text);
  append_run(&text, "", 5, 0.02); // not managed: no session is shared by design, nothing to take out
  scenario_run(&s, buf_text(&text));
  assert_int_equal(s.results.best.set_count, 2);
  assert_non_null(scenario_warning(&s, WARNING_ONE_SESSION));
  scenario_free(&s);
  buf_free(&text);
}

// Each level has a server of its own, and no repetition.
static void test_what_was_measured_once_shares_no_session(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(
      &s,
      SCENARIO_HEADER(
          "1", ",\"server\":\"serve\"") "{\"type\":\"session\",\"session\":0,\"workers\":1,\"ready_s\":1}\n"
                                        "{\"type\":\"batch\",\"session\":0,\"workers\":1,\"batch\":4,\"rep\":"
                                        "0,\"start_s\":1,"
                                        "\"total_s\":4,\"requests\":4,\"failed\":0,\"output_tokens\":400}\n"
                                        "{\"type\":\"session\",\"session\":1,\"workers\":2,\"ready_s\":9}\n"
                                        "{\"type\":\"batch\",\"session\":1,\"workers\":2,\"batch\":4,\"rep\":"
                                        "0,\"start_s\":9,"
                                        "\"total_s\":3,\"requests\":4,\"failed\":0,\"output_tokens\":400}"
                                        "\n" SCENARIO_END);
  assert_null(scenario_warning(&s, WARNING_ONE_SESSION));
  scenario_free(&s);
}

static void test_restarts_are_replicates_and_no_single_session(void **state) {
  struct buf text = {0};
  struct scenario s;
  (void)state;
  append_run(&text, ",\"server\":\"serve\"", 5, 0.02);
  scenario_run(&s, buf_text(&text));
  assert_null(scenario_warning(&s, WARNING_ONE_SESSION));
  assert_int_equal(scenario_cell(&s, 1, 2)->sessions, 5);
  assert_int_equal(scenario_cell(&s, 1, 2)->reps, 5);
  scenario_free(&s);
  buf_free(&text);
}

static void test_the_same_seed_gives_the_same_bound(void **state) {
  struct buf text = {0};
  double bounds[2];
  (void)state;
  append_run(&text, "", 4, 0.01);
  for (int i = 0; i < 2; i++) {
    struct scenario s;
    scenario_run(&s, buf_text(&text));
    bounds[i] = s.results.best.regret_bound;
    scenario_free(&s);
  }
  assert_true(bounds[0] > 0);
  scenario_near("again", bounds[1], bounds[0], 0);
  buf_free(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_set_holds_what_cannot_be_told_apart_largest_first),
      cmocka_unit_test(test_edges_of_the_tested_range_are_named),
      cmocka_unit_test(test_batches_that_share_a_session_are_compared_within_it),
      cmocka_unit_test(test_what_was_measured_once_shares_no_session),
      cmocka_unit_test(test_restarts_are_replicates_and_no_single_session),
      cmocka_unit_test(test_the_same_seed_gives_the_same_bound),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
