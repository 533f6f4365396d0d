// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which cells get a closer look, and that their quantiles are those of their requests.
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

#include "analyze/judge/distributions.h"
#include "lib/base/buf.h"
#include "tests/unit/analyze/scenario.h"

enum { BLOCKS = 3 };

// One batch whose requests take 1 to `batch` times 10 ms, and half of that to their first token.
static void append_batch(struct buf *text, int workers, int batch, int rep, double tokens_per_s) {
  static const double wobble[BLOCKS] = {0.99, 1.01, 1};
  for (int i = 0; i < batch; i++)
    buf_printf(text,
               "{\"type\":\"request\",\"session\":%d,\"workers\":%d,\"batch\":%d,\"rep\":%d,\"index\":%d,"
               "\"seq\":%d,\"intended_s\":0,\"ready_s\":0,\"sent_s\":0,\"ttft_s\":%.3f,\"last_text_s\":%.3f,"
               "\"latency_s\":%.3f,\"status\":200,\"output_tokens\":100,\"token_source\":\"usage\","
               "\"events\":100,\"error\":null}\n",
               workers * 10 + rep, workers, batch, rep, i, i, 0.005 * (i + 1), 0.01 * (i + 1),
               0.01 * (i + 1));
  buf_printf(text,
             "{\"type\":\"batch\",\"session\":%d,\"workers\":%d,\"batch\":%d,\"rep\":%d,\"start_s\":%d,"
             "\"total_s\":%.6f,\"requests\":%d,\"failed\":0,\"output_tokens\":%d,\"errors\":{}}\n",
             workers * 10 + rep, workers, batch, rep, 100 * rep + workers + batch,
             100.0 * batch / (tokens_per_s * wobble[rep]), batch, 100 * batch);
}

// 16x40 is the best by far; every other cell lies below it.
static void append_sweep(struct buf *text) {
  static const int levels[] = {4, 8, 16, 32}, sizes[] = {10, 20, 40, 100};
  buf_append_text(text, SCENARIO_HEADER("1", SCENARIO_MANAGED));
  for (int rep = 0; rep < BLOCKS; rep++) {
    for (int w = 0; w < 4; w++) {
      for (int b = 0; b < 4; b++)
        append_batch(text, levels[w], sizes[b], rep, levels[w] == 16 && sizes[b] == 40 ? 900 : 300 + 10 * w);
    }
  }
  buf_append_text(text, SCENARIO_END);
}

static void test_the_best_and_its_neighbours_are_looked_at(void **state) {
  struct buf text = {0};
  struct scenario scenario;
  (void)state;
  append_sweep(&text);
  scenario_run(&scenario, buf_text(&text));
  const struct results *results = &scenario.results;
  static const int64_t expected[][2] = {{8, 40}, {16, 20}, {16, 40}, {16, 100}, {32, 40}};
  assert_int_equal(results->distribution_count, 5);
  for (size_t i = 0; i < 5; i++) {
    const struct cell *cell = &results->cells[results->distributions[i].cell];
    assert_int_equal(cell->workers, expected[i][0]);
    assert_int_equal(cell->batch, expected[i][1]);
  }
  scenario_free(&scenario);
  buf_free(&text);
}

// Three batches of 10, 20 ... 400 ms: the p quantile over all is 400 p ms, rounded up to whole 10 ms.
static void test_quantiles_are_over_all_requests_of_the_cell(void **state) {
  struct buf text = {0};
  struct scenario scenario;
  (void)state;
  append_sweep(&text);
  scenario_run(&scenario, buf_text(&text));
  const struct distribution *distribution = &scenario.results.distributions[2];
  assert_int_equal(distribution->requests, 120);
  for (size_t i = 0; i < RESULTS_QUANTILES; i++) {
    double level = results_quantile_levels[i], latency_s = distribution->of[RESULTS_LATENCY][i];
    if ((1 - level) * 120 < 1 - 1e-9) {
      assert_true(isnan(latency_s));
      continue;
    }
    double expected_s = 0.01 * ceil(ceil(level * 120 - 1e-9) / 3);
    scenario_near("latency", latency_s, expected_s, 1e-9);
    scenario_near("TTFT", distribution->of[RESULTS_TTFT][i], expected_s / 2, 1e-9);
    assert_true(isnan(distribution->of[RESULTS_ITL][i])); // the records hold none
  }
  scenario_free(&scenario);
  buf_free(&text);
}

static void test_levels_rise_and_hold_the_percentiles_of_the_tables(void **state) {
  (void)state;
  static const double named[] = {0.01, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999};
  size_t found = 0;
  for (size_t i = 0; i < RESULTS_QUANTILES; i++) {
    assert_true(results_quantile_levels[i] > (i ? results_quantile_levels[i - 1] : 0));
    assert_true(results_quantile_levels[i] < 1);
    for (size_t j = 0; j < sizeof named / sizeof named[0]; j++)
      found += fabs(results_quantile_levels[i] - named[j]) < 1e-12;
  }
  assert_int_equal(found, sizeof named / sizeof named[0]);
}

static void test_tables_have_no_times(void **state) {
  struct scenario scenario;
  (void)state;
  scenario_run(&scenario, "workers,batch,total_s,tokens\n1,2,1,100\n1,4,1,200\n2,4,1,300\n");
  assert_int_equal(scenario.results.distribution_count, 0);
  assert_null(scenario.results.distributions);
  scenario_free(&scenario);
}

int main(void) {
  stat_init();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_best_and_its_neighbours_are_looked_at),
      cmocka_unit_test(test_quantiles_are_over_all_requests_of_the_cell),
      cmocka_unit_test(test_levels_rise_and_hold_the_percentiles_of_the_tables),
      cmocka_unit_test(test_tables_have_no_times),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
