// SPDX-License-Identifier: GPL-3.0-or-later
//
// The edge of the limits as a picture.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/sections/sections.h"
#include "tests/unit/analyze/sections/made.h"

static struct percentiles about(double p95) {
  return (struct percentiles){{p95 / 2, NAN, NAN}, {p95, p95 * 0.9, NAN}, {p95 * 1.2, NAN, NAN}};
}

// 10, 20 and 40 requests/s with latency p95 of 1, 2 and 4 s, and a limit of 2.5 s.
static void offered(struct results *results) {
  fixture_start(results, 1);
  results->loads = calloc(3, sizeof *results->loads);
  results->load_count = 3;
  for (size_t i = 0; i < 3; i++) {
    struct load *load = &results->loads[i];
    *load = (struct load){.rate = 10 * (double)(1 << i), .speed = NAN, .reps = 1, .requests = 100};
    load->latency_s = about((double)(1 << i));
    fixture_no_percentiles(&load->ttft_s);
    fixture_no_percentiles(&load->tpot_s);
  }
  results->limit_count = 1;
  results->limits[0] = (struct limit){RESULTS_LATENCY, 95, 2.5};
  results->slo_edge = (struct slo_edge){.exists = true, .passes = 0, .fails = 2, .at = NAN};
}

// An interval without its upper end has a bar up to the estimate.
static void test_the_percentile_its_limit_and_both_bounds_are_drawn(void **state) {
  struct made *made = *state;
  struct buf data = {0};
  offered(&made->results);
  HAS(made_report(made, LANG_EN), "plots/edge.png");
  const struct plot *plot = plot_find(&made->plots, "edge");
  assert_string_equal(plot->title, "Up to which load latency p95 ≤ 2.5 s is kept");
  assert_int_equal(plot_data(plot, &data), STATUS_OK);
  HAS(buf_text(&data), "\n20 2 1.8 2");
  HAS(buf_text(&data), "\n40 2.5 ");
  assert_true(plot->marks->from + plot->marks->next->from == 50);
  buf_free(&data);
}

static void test_nothing_is_drawn_without_a_percentile_that_binds(void **state) {
  struct made *made = *state;
  offered(&made->results);
  made->results.limits[0].percentile = 0;
  LACKS(made_report(made, LANG_EN), "plots/edge.png");
  made->results.limits[0].percentile = 95;
  made->results.slo_edge.limit = SIZE_MAX;
  LACKS(made_report(made, LANG_EN), "plots/edge.png");
  made->results.slo_edge = (struct slo_edge){.exists = false};
  LACKS(made_report(made, LANG_EN), "plots/edge.png");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      MADE(test_the_percentile_its_limit_and_both_bounds_are_drawn),
      MADE(test_nothing_is_drawn_without_a_percentile_that_binds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
