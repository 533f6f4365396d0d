// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a report says about how long requests take.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/analyze/sections/made.h"

static struct percentiles about(double p95) {
  return (struct percentiles){
      {p95 / 2, p95 / 2 * 0.9, p95 / 2 * 1.1}, {p95, p95 * 0.9, p95 * 1.1}, {p95 * 1.2, p95, NAN}};
}

// A distribution of every cell: all its quantiles grow with the level up to p99.
static void spread(struct results *results) {
  results->distributions = calloc(results->cell_count, sizeof *results->distributions);
  for (size_t i = 0; i < results->cell_count; i++) {
    struct distribution *distribution = &results->distributions[results->distribution_count++];
    size_t pair = i / 2;
    double p95 = 1 + (double)pair;
    distribution->cell = i;
    distribution->requests = 240;
    results->cells[i].latency_s = about(p95);
    results->cells[i].tpot_s = about(p95 / 100);
    for (size_t q = 0; q < RESULTS_QUANTILES; q++) {
      double level = results_quantile_levels[q];
      distribution->of[RESULTS_LATENCY][q] = level > 0.99 ? NAN : p95 * level / 0.95;
      distribution->of[RESULTS_TPOT][q] = distribution->of[RESULTS_LATENCY][q] / 100;
      distribution->of[RESULTS_TTFT][q] = distribution->of[RESULTS_ITL][q] = NAN;
    }
  }
}

static void test_times_are_compared_with_the_recommended_by_their_intervals(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  spread(&made->results);
  const struct results *results = &made->results;
  const struct cell *own = &results->cells[results->best.recommended];
  assert_int_equal(own->workers, 8);
  const char *text = made_report(made, LANG_EN);
  HAS(text, "## How the times spread");
  HAS(text, "### Latency (s)\n\n![Latency (s) by percentile of requests, one line for each of ");
  HAS(text, "p95 is established to be lower than that of the recommended");
  HAS(text, "(the intervals overlap) at: ");
  HAS(text, "2.00 [1.80, 2.20]");
  HAS(text, "20.0 [18.0, 22.0]"); // TPOT is in milliseconds
  LACKS(text, "### Time to first token");
  LACKS(text, "### Median gap");
  HAS(made_report(made, LANG_RU), "## Распределение времен");
}

static void test_lines_end_with_the_last_percentile_that_was_seen(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  spread(&made->results);
  made_report(made, LANG_EN);
  const struct plot *plot = plot_find(&made->plots, "distribution_latency");
  assert_non_null(plot);
  struct buf data = {0};
  assert_int_equal(plot_data(plot, &data), STATUS_OK);
  HAS(buf_text(&data), "\n100 ");   // p99
  LACKS(buf_text(&data), "\n200 "); // p99.5
  buf_free(&data);
}

static void test_without_times_nothing_is_said_of_them(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  LACKS(made_report(made, LANG_EN), "How the times spread");
  assert_null(plot_find(&made->plots, "distribution_latency"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      MADE(test_times_are_compared_with_the_recommended_by_their_intervals),
      MADE(test_lines_end_with_the_last_percentile_that_was_seen),
      MADE(test_without_times_nothing_is_said_of_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
