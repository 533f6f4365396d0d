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

#include "analyze/sections/sections.h"
#include "tests/unit/analyze/sections/made.h"

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

// 8x8 keeps 2 s by its interval, 8x16 misses it by its interval, 4x8 and 8x24 only by their estimates.
static void limited(struct results *results) {
  static const struct estimate p95_s[5] = {
      {1, 0.9, 1.1}, {2.1, 1.9, 2.3}, {1.8, 1.7, 1.9}, {3, 2.9, 3.1}, {1.9, 1.8, NAN}};
  struct cell *cells = results->cells;
  for (size_t i = 0; i < 5; i++) {
    cells[i].latency_s.p95 = p95_s[i];
    cells[i].meets_slo = p95_s[i].estimate <= 2 ? CELL_SLO_MET : CELL_SLO_MISSED;
    cells[i].slo_certain = p95_s[i].lo > 2 || p95_s[i].hi <= 2;
  }
  cells[5].meets_slo = CELL_SLO_MISSED; // it failed
  results->limits[0] = (struct limit){RESULTS_LATENCY, 95, 2};
  results->limit_count = 1;
}

static void test_the_front_says_what_is_certain_of_its_limits(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  limited(&made->results);
  const char *text = made_report(made, LANG_EN);
  const char *front = strstr(text, "## Throughput and latency");
  assert_non_null(front);
  HAS(front, "1.80 [1.70, 1.90] | kept ");
  HAS(front, "3.00 [2.90, 3.10] | missed ");
  made->results.cells[3].slo_certain = false;
  HAS(made_report(made, LANG_EN), "| missed, not for certain ");
  const struct plot *plot = plot_find(&made->plots, "pareto");
  assert_non_null(plot);
  assert_non_null(plot->marks);
  assert_string_equal(plot->marks->label, "latency p95 \u2264 2 s");
  assert_float_equal(plot->marks->from, 2, 1e-9);
}

static void test_the_levels_say_which_batches_keep_the_limits(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  limited(&made->results);
  const char *text = made_brief(made, LANG_EN);
  HAS(text, "within");
  HAS(text, "8, 24");
  made->results.cells[1].meets_slo = CELL_SLO_MET;
  HAS(made_brief(made, LANG_EN), "[116.4, 123.6]  all ");
}

// 4 workers keep the limits only by their estimate, 8 by their interval.
static void test_a_level_below_the_edge_is_certain_in_its_own_chapter_too(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  struct results *results = &made->results;
  limited(results);
  size_t cell = results_level_cell(results, &results->workers[0]);
  results->cells[cell].meets_slo = CELL_SLO_MET;
  results->cells[cell].slo_certain = false;
  assert_false(chapters_limits_cell_certain(results, &results->cells[cell]));
  results->slo_edge = (struct slo_edge){.exists = true, .passes = 1, .fails = SIZE_MAX, .at = NAN};
  assert_true(chapters_limits_cell_certain(results, &results->cells[cell]));
  results->cells[cell].meets_slo = CELL_SLO_MISSED; // by its estimate alone, on the side that passes
  assert_false(chapters_limits_cell_certain(results, &results->cells[cell]));
}

// A sweep and a run at rates, read together.
static void test_rates_to_measure_next_are_no_cells(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  struct results *results = &made->results;
  results->loads = calloc(1, sizeof *results->loads);
  assert_non_null(results->loads);
  results->loads[0] = (struct load){.rate = 10, .speed = NAN};
  results->load_count = 1;
  results->next[0] = (struct next_cell){.rate = 40};
  results->next_count = 1;
  const char *text = made_report(made, LANG_EN);
  HAS(text, "Measure at 40 requests/s");
  LACKS(text, "0\u00d70");
}

static void test_goodput_names_its_limits(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  made->results.limits[0] = (struct limit){RESULTS_TTFT, 0, 0.5};
  made->results.limits[1] = (struct limit){RESULTS_TPOT, 0, 0.05};
  made->results.limit_count = 2;
  for (size_t i = 0; i < 5; i++)
    made->results.cells[i].goodput = (struct estimate){0, NAN, NAN};
  HAS(made_report(made, LANG_EN),
      "> **Goodput:** in no cell did a request keep TTFT \u2264 500 ms, TPOT \u2264 50 ms.");
  made->results.cells[1].goodput = (struct estimate){3.25, 3.1, 3.4};
  HAS(made_brief(made, LANG_EN), "4\u00d78 has the most requests per second that keep TTFT");
  HAS(made_brief(made, LANG_EN), "3.25 [3.100, 3.400]");
}

static void test_a_baseline_is_judged_by_its_verdict(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  struct comparison *comparison = &made->results.comparison;
  *comparison = (struct comparison){.baseline = strdup("runs/base.jsonl.gz"),
                                    .margin = 0.05,
                                    .max_regression = 0.05,
                                    .ratio = {0.9, 0.88, 0.92},
                                    .verdict = "slower",
                                    .replicates_needed = -1,
                                    .by_blocks = true,
                                    .regressed = true,
                                    .slowest = SIZE_MAX,
                                    .fastest = SIZE_MAX,
                                    .best_ratio = {NAN, NAN, NAN},
                                    .cells = calloc(2, sizeof *comparison->cells),
                                    .cell_count = 2};
  comparison->cells[0] = (struct comparison_cell){
      .workers = 8, .batch = 8, .ratio = {0.9, 0.85, 0.96}, .verdict = "slower", .replicates_needed = -1};
  comparison->cells[1] = (struct comparison_cell){
      .workers = 16, .batch = 16, .ratio = {NAN, NAN, NAN}, .verdict = "failed", .replicates_needed = -1};
  const char *text = made_report(made, LANG_EN);
  HAS(text, "> \u26a0 Against base.jsonl.gz: throughput is 0.900 [0.880, 0.920] of the baseline: slower.");
  HAS(text, "> \u26a0 This is a regression: slower by more than 5% with certainty");
  assert_true(strstr(text, "Against base") < strstr(text, "**Recommendation:**"));
  HAS(text, "- The baseline is `runs/base.jsonl.gz`\n");
  HAS(text, "for each of 1 common cells with its interval; of all together 0.900 [0.880, "
            "0.920]](plots/comparison.png)");
  const struct plot *forest = plot_find(&made->plots, "comparison");
  assert_non_null(forest);
  struct buf data = {0};
  assert_int_equal(plot_data(forest, &data), STATUS_OK);
  HAS(buf_text(&data), "1 0.9 0.85 0.96\n3 0.9 0.88 0.92\n");
  buf_free(&data);
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

static void test_next_says_what_to_measure_or_that_all_is_done(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  fixture_cliff(&made->results, 8, 16, (struct estimate){0.3, 0.28, 0.32});
  made->results.next[0] = (struct next_cell){.workers = 12, .batch = 36};
  made->results.next_count = 1;
  HAS(made_report(made, LANG_EN),
      "**Next:** Do not use 16 workers or more; measure between 8 and 16. Measure "
      "(workers\u00d7batch) 12\u00d736, as ");
  made->results.next_is_hole = true;
  HAS(made_report(made, LANG_EN), "proposes: it failed between levels that work");
  results_free(&made->results); // every neighbour of the best level is known, and it is the best by far
  fixture_start(&made->results, 16);
  static const struct {
    int64_t workers;
    double rate;
  } levels[] = {{4, 150}, {6, 190}, {7, 198}, {8, 220}, {9, 197}, {11, 190}, {16, 120}};
  for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
    made_add(&made->results, levels[i].workers, 2 * levels[i].workers, levels[i].rate);
    struct cell *cell = &made->results.cells[i];
    cell->flags = 0;
    cell->reps = 5;
    cell->tokens_per_s.lo = cell->tokens_per_s.estimate - 1;
    cell->tokens_per_s.hi = cell->tokens_per_s.estimate + 1;
  }
  fixture_finish(&made->results);
  struct best *best = &made->results.best;
  best->set = malloc(sizeof *best->set);
  best->set[0] = best->cell;
  best->set_count = 1;
  made->results.recommendation = (struct recommendation){.state = RECOMMENDATION_SHOWN,
                                                         .cell = best->cell,
                                                         .margin = 0.05,
                                                         .below_best_at_most = 0.004,
                                                         .next_up = SIZE_MAX,
                                                         .fewer = SIZE_MAX};
  best->batch_edge = false;
  HAS(made_brief(made, LANG_EN),
      "Next: Nothing more needs measuring: a better tested configuration can win by\n0.4% at most.");
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
      MADE(test_the_front_says_what_is_certain_of_its_limits),
      MADE(test_the_levels_say_which_batches_keep_the_limits),
      MADE(test_a_level_below_the_edge_is_certain_in_its_own_chapter_too),
      MADE(test_rates_to_measure_next_are_no_cells),
      MADE(test_goodput_names_its_limits),
      MADE(test_a_baseline_is_judged_by_its_verdict),
      MADE(test_next_says_what_to_measure_or_that_all_is_done),
      MADE(test_assertions_say_whether_they_hold),
      MADE(test_the_smallest_warm_batch_is_no_optimum),
      MADE(test_the_command_is_the_one_that_was_typed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
