// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a report says when something was asked of the run: limits, a baseline, assertions, a cheap cell at the
// edge.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/analyze/chapters_made.h"

static void latency(struct results *results, const double *p95_s) {
  for (size_t i = 0; i < 5; i++)
    results->cells[i].latency_s.p95 = (struct estimate){p95_s[i], NAN, NAN};
}

static void test_the_front_leaves_out_what_is_beaten_in_both(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  latency(&made->results, (const double[]){1, 3, 2, 4, 5}); // 4x8 and 8x24 are slower and later than 8x8
  const char *text = made_report(made, LANG_EN);
  HAS(text, "## Throughput and latency\n");
  const char *table = strstr(strstr(text, "## Throughput and latency"), "|--");
  const char *rows = strchr(table, '\n') + 1, *end = strstr(rows, "\n\n");
  struct buf front = {0};
  buf_append(&front, rows, (size_t)(end - rows));
  HAS(buf_text(&front), "|         4 |       4 |");
  HAS(buf_text(&front), "|         8 |       8 |");
  HAS(buf_text(&front), "|         8 |      16 |");
  LACKS(buf_text(&front), "|         4 |       8 |");
  LACKS(buf_text(&front), "|         8 |      24 |");
  LACKS(buf_text(&front), "|        16 |");
  buf_free(&front);
  HAS(text, "5 cells, 3 of them on the front; the front rises from 100 to 204 tokens/s](plots/pareto.png)");
}

static void test_without_latency_there_is_no_front(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  LACKS(made_report(made, LANG_EN), "## Throughput and latency");
  assert_null(plot_find(&made->plots, "pareto"));
}

static void test_limits_name_the_best_cell_that_keeps_them(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  struct cell *cells = made->results.cells;
  cells[1].meets_slo = cells[2].meets_slo = CELL_SLO_MET;
  cells[3].meets_slo = cells[5].meets_slo = CELL_SLO_MISSED;
  HAS(made_report(made, LANG_EN), "> Of the cells that keep every limit (`--slo`), 8×8 measured the highest "
                                  "throughput: 200.00 tokens per second.");
  HAS(made_brief(made, LANG_RU), "скорость у 8×8:");
  HAS(made_report(made, LANG_EN), "| highest, among the best, misses a limit |");
  cells[1].meets_slo = cells[2].meets_slo = CELL_SLO_MISSED;
  HAS(made_report(made, LANG_EN), "> No cell keeps every limit");
}

static void test_a_baseline_is_judged_by_its_verdict(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  struct comparison *comparison = &made->results.comparison;
  *comparison = (struct comparison){.baseline = strdup("base.jsonl.gz"),
                                    .margin = 0.05,
                                    .max_regression = 0.05,
                                    .ratio = {0.9, 0.88, 0.92},
                                    .verdict = "slower",
                                    .replicates_needed = -1,
                                    .by_blocks = true,
                                    .regressed = true,
                                    .cells = calloc(2, sizeof *comparison->cells),
                                    .cell_count = 2};
  comparison->cells[0] = (struct comparison_cell){8, 8, {0.9, 0.85, 0.96}, "slower", -1};
  comparison->cells[1] = (struct comparison_cell){16, 16, {NAN, NAN, NAN}, "failed", -1};
  const char *text = made_report(made, LANG_EN);
  HAS(text, "> \u26a0 Against base.jsonl.gz: throughput is 0.900 [0.880, 0.920] of the baseline: slower.");
  HAS(text, "> \u26a0 This is a regression: for certain more than 5% slower");
  HAS(text, "| slower    |");
  HAS(text, "|                       — | fails now |");
  comparison->regressed = false;
  comparison->ratio = (struct estimate){NAN, NAN, NAN};
  comparison->verdict = "undecided";
  comparison->replicates_needed = 11;
  text = made_report(made, LANG_RU);
  HAS(text, "> По сравнению с base.jsonl.gz: скорость в целом сравнить нельзя, вывод: не решено.");
  HAS(text, "примерно 11 повторов каждого прогона");
  LACKS(text, "ухудшение");
}

static void test_assertions_say_whether_they_hold(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  made->results.assertions = calloc(2, sizeof *made->results.assertions);
  made->results.assertion_count = 2;
  made->results.assertions[0] = (struct assertion){strdup("best.tokens_per_s>=200"), 204, true};
  made->results.assertions[1] = (struct assertion){strdup("curve.optimum.n.lo>=9"), NAN, false};
  const char *text = made_report(made, LANG_EN);
  HAS(text, "| best.tokens_per_s>=200 |     204 | holds         |");
  HAS(text, "| curve.optimum.n.lo>=9  |       — | does not hold |");
}

static void test_the_smallest_warm_batch_is_no_optimum(void **state) {
  struct made *made = *state;
  fixture_start(&made->results, 4);
  made_add(&made->results, 2, 1, 30);
  made_add(&made->results, 2, 2, 90);
  made_add(&made->results, 2, 4, 80);
  made->results.cells[0].flags |= CELL_COLD;
  fixture_finish(&made->results);
  HAS(made_report(made, LANG_EN),
      "**Best batch:** 2 (the smallest that is not a cold start, so no optimum is established)");
  made->results.cells[0].flags &= ~(unsigned)CELL_COLD;
  HAS(made_report(made, LANG_EN), "**Best batch:** 2\n");
}

static void test_the_command_is_the_one_that_was_typed(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  static const char *const arguments[] = {"build/bin/analyze", "my run.jsonl", "--sigma", "2.1%,40"};
  made->results.arguments = arguments;
  made->results.argument_count = 4;
  made->results.facts = calloc(1, sizeof *made->results.facts);
  made->results.fact_count = 1;
  HAS(made_report(made, LANG_EN), "```sh\nanalyze 'my run.jsonl' --sigma 2.1%,40\n```");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      MADE(test_the_front_leaves_out_what_is_beaten_in_both),
      MADE(test_without_latency_there_is_no_front),
      MADE(test_limits_name_the_best_cell_that_keeps_them),
      MADE(test_a_baseline_is_judged_by_its_verdict),
      MADE(test_assertions_say_whether_they_hold),
      MADE(test_the_smallest_warm_batch_is_no_optimum),
      MADE(test_the_command_is_the_one_that_was_typed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
