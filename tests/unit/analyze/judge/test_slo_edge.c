// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "analyze/judge/slo.h"
#include "analyze/judge/slo_edge.h"
#include "tests/unit/analyze/scenario.h"

#define UNKNOWN ((struct estimate){NAN, NAN, NAN})

// A rate with its TTFT p95, all in seconds, and how it ended.
struct row {
  double rate, p95, lo, hi;
  bool failing, queue_grows;
  double good; // share within the limits on requests; 0: there are none
};

enum { ROWS_MAX = 6 };
static struct load loads[ROWS_MAX];

static struct slo_edge edge_of(const struct row *rows, size_t count, const char *limits,
                               struct results *results) {
  struct slo slo = SLO_NONE;
  struct error error = {0};
  assert_int_equal(slo_parse(limits, &slo, &error), STATUS_OK);
  for (size_t i = 0; i < count; i++) {
    loads[i] = (struct load){.rate = rows[i].rate,
                             .reps = 3,
                             .failing = rows[i].failing,
                             .queue_grows = rows[i].queue_grows,
                             .queue_slope = 0,
                             .ttft_s = {UNKNOWN, {rows[i].p95, rows[i].lo, rows[i].hi}, UNKNOWN},
                             .latency_s = {UNKNOWN, {0.1, 0.09, 0.11}, UNKNOWN},
                             .tpot_s = {UNKNOWN, UNKNOWN, UNKNOWN},
                             .good_share = UNKNOWN,
                             .goodput = UNKNOWN};
    if (rows[i].good <= 0) continue;
    loads[i].good_share = (struct estimate){rows[i].good, rows[i].good - 0.01, fmin(1, rows[i].good + 0.01)};
    loads[i].goodput.estimate = rows[i].good * rows[i].rate;
  }
  *results = (struct results){.loads = loads, .load_count = count};
  slo_apply(&slo, results);
  assert_int_equal(slo_edge_find(results, &error), STATUS_OK);
  return results->slo_edge;
}

static void test_the_edge_lies_between_what_passes_and_what_fails(void **state) {
  (void)state;
  static const struct row rows[] = {{5, 0.1, 0.09, 0.12, false, false, 0},
                                    {10, 0.2, 0.15, 0.3, false, false, 0},
                                    {20, 0.4, 0.3, 0.6, false, false, 0},
                                    {40, 1.6, 1.2, 2.0, false, false, 0}};
  struct results results;
  struct slo_edge edge = edge_of(rows, 4, "ttft_p95=0.8s,latency_p95=1s", &results);
  assert_true(edge.exists && !edge.uneven);
  assert_int_equal(edge.passes, 2);
  assert_int_equal(edge.fails, 3);
  scenario_near("estimate", edge.at, 20 * sqrt(2), 1e-9); // half way from 0.4 to 1.6 in ln
  assert_int_equal(results.limits[edge.limit].time, RESULTS_TTFT);
  assert_true(results.load_answer.kept == 2 && results.load_answer.broken == 3);

  edge = edge_of(rows, 4, "ttft_p95=0.5s", &results); // 20/s keeps it, but not for certain
  assert_int_equal(edge.passes, 1);
  assert_int_equal(edge.fails, 3);
}

static void test_nothing_is_said_beyond_what_was_tested(void **state) {
  (void)state;
  static const struct row rows[] = {{5, 0.1, 0.09, 0.12, false, false, 0},
                                    {10, 0.2, 0.15, 0.3, false, false, 0}};
  struct results results;
  struct slo_edge edge = edge_of(rows, 2, "ttft_p95=1s", &results);
  assert_true(edge.passes == 1 && edge.fails == SIZE_MAX && isnan(edge.at));
  edge = edge_of(rows, 2, "ttft_p95=50ms", &results);
  assert_true(edge.passes == SIZE_MAX && edge.fails == 0 && isnan(edge.at));
  edge = edge_of(rows, 2, "tpot_p95=1s", &results); // not measured
  assert_false(edge.exists);
  edge = edge_of(rows, 0, "ttft_p95=1s", &results);
  assert_false(edge.exists);
}

static void test_a_queue_or_failures_end_the_loads_that_count(void **state) {
  (void)state;
  static const struct row rows[] = {{5, 0.1, 0.09, 0.12, false, false, 0},
                                    {10, 0.2, 0.15, 0.3, false, true, 0},
                                    {20, 0.2, 0.15, 0.3, false, false, 0}};
  struct results results;
  struct slo_edge edge = edge_of(rows, 3, "ttft_p95=1s", &results);
  assert_true(edge.passes == 0 && edge.fails == 1 && isnan(edge.at) && edge.limit == SIZE_MAX);
  assert_int_equal(results.loads[1].meets_slo, CELL_SLO_MISSED);
  struct row first[] = {rows[1]};
  first[0].failing = true;
  edge = edge_of(first, 1, "ttft_p95=1s", &results);
  assert_true(edge.exists && edge.passes == SIZE_MAX && edge.fails == 0);
}

static void test_unequal_noise_is_no_edge(void **state) {
  (void)state;
  static const struct row rows[] = {{5, 0.3, 0.29, 0.31, false, false, 0},
                                    {10, 0.2, 0.15, 0.30, false, false, 0},
                                    {20, 2.0, 1.9, 2.1, false, false, 0},
                                    {30, 0.3, 0.2, 0.4, false, false, 0}};
  struct results results;
  struct slo_edge edge = edge_of(rows, 4, "ttft_p95=1s", &results);
  assert_true(edge.uneven);
  assert_true(edge.passes == 1 && edge.fails == 2); // 30/s passes, yet nothing above a miss is promised
}

static void test_goodput_has_its_own_maximum(void **state) {
  (void)state;
  static const struct row rows[] = {{5, 0.1, 0.09, 0.12, false, false, 1},
                                    {10, 0.2, 0.15, 0.3, false, false, 0.97},
                                    {20, 0.4, 0.3, 0.6, false, false, 0.6},
                                    {40, 1.6, 1.2, 2.0, false, false, 0.1}};
  struct results results;
  struct slo_edge edge = edge_of(rows, 4, "ttft=0.5s", &results);
  assert_true(edge.passes == 1 && edge.fails == 2);
  scenario_near("most goodput at", edge.goodput_at, 20, 0);
  scenario_near("goodput", edge.goodput.estimate, 12, 1e-12);
}

// Levels: by the cell whose times stand beside the level's throughput; a hole says nothing, a level of which
// everything failed is the end.
static void test_levels_of_a_closed_loop_have_an_edge_too(void **state) {
  (void)state;
  static const double p95[] = {0.1, 9, 0.2, NAN, 0.9, NAN};
  static const int64_t workers[] = {4, 8, 8, 16, 32, 64}, batch[] = {16, 8, 16, 96, 96, 96};
  struct cell cells[6];
  for (size_t i = 0; i < 6; i++) {
    bool failed = isnan(p95[i]);
    cells[i] =
        (struct cell){.workers = workers[i],
                      .batch = batch[i],
                      .tokens_per_s = {failed ? 0 : 100 * (double)workers[i] / (double)batch[i], NAN, NAN},
                      .ttft_s = {UNKNOWN, {p95[i], 0.9 * p95[i], 1.1 * p95[i]}, UNKNOWN},
                      .good_share = UNKNOWN,
                      .goodput = UNKNOWN,
                      .flags = failed ? CELL_FAILED : 0};
  }
  struct workers_row rows[] = {
      {.workers = 4, .first_cell = 0, .cell_count = 1, .usable = true, .best_batch = 16},
      {.workers = 8, .first_cell = 1, .cell_count = 2, .usable = true, .best_batch = 8}, // whole batches
      {.workers = 16, .first_cell = 3, .cell_count = 1, .hole = true, .best_batch = -1},
      {.workers = 32, .first_cell = 4, .cell_count = 1, .usable = true, .best_batch = 96},
      {.workers = 64, .first_cell = 5, .cell_count = 1, .best_batch = -1}};
  struct results results = {
      .cells = cells, .cell_count = 6, .workers = rows, .workers_count = 5, .recommendation.steady = true};
  struct slo slo = SLO_NONE;
  struct error error = {0};
  assert_int_equal(slo_parse("ttft_p95=0.5s", &slo, &error), STATUS_OK);
  slo_apply(&slo, &results);
  assert_int_equal(slo_edge_find(&results, &error), STATUS_OK);
  struct slo_edge edge = results.slo_edge;
  assert_true(edge.exists && edge.passes == 1 && edge.fails == 3);
  scenario_near("estimate", edge.at, 8 * pow(4, log(0.5 / 0.2) / log(0.9 / 0.2)), 1e-9);
  cells[4].ttft_s.p95 = (struct estimate){0.3, 0.2, 0.4};
  assert_int_equal(slo_edge_find(&results, &error), STATUS_OK);
  assert_true(results.slo_edge.passes == 3 && results.slo_edge.fails == 4 && isnan(results.slo_edge.at));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_edge_lies_between_what_passes_and_what_fails),
      cmocka_unit_test(test_nothing_is_said_beyond_what_was_tested),
      cmocka_unit_test(test_a_queue_or_failures_end_the_loads_that_count),
      cmocka_unit_test(test_unequal_noise_is_no_edge),
      cmocka_unit_test(test_goodput_has_its_own_maximum),
      cmocka_unit_test(test_levels_of_a_closed_loop_have_an_edge_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
