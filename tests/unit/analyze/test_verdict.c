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

#include "analyze/judge/baseline.h"
#include "analyze/judge/slo.h"
#include "tests/unit/analyze/scenario.h"

#define HEADER "workers,batch,total_s,tokens,requests,failed\n"

static void test_limits_are_read_per_request_and_per_cell(void **state) {
  struct slo slo = SLO_NONE;
  struct error error = {0};
  (void)state;
  assert_int_equal(slo_parse("ttft=0.5s,tpot=50ms,latency_p95=10,ttft_p99=750us", &slo, &error), STATUS_OK);
  assert_int_equal(slo.request.ttft_ns, 500000000);
  assert_int_equal(slo.request.tpot_ns, 50000000);
  assert_int_equal(slo.request.latency_ns, -1);
  assert_true(slo.has_request && slo.has_cell);
  scenario_near("latency_p95", slo.cell_s[2][1], 10, 0);
  scenario_near("ttft_p99", slo.cell_s[0][2], 750e-6, 1e-15);
  static const char *const bad[] = {"",
                                    "ttft",
                                    "ttft=",
                                    "ttft=x",
                                    "ttft=-1s",
                                    "ttft=0",
                                    "ttft_p42=1s",
                                    "speed=1s",
                                    "ttft=1s,",
                                    "ttft=1s,ttft=2s",
                                    "ttft_p95=1s,ttft_p95=1s",
                                    "ttft_=1s"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct slo fresh = SLO_NONE;
    if (slo_parse(bad[i], &fresh, &error) != STATUS_USAGE) fail_msg("'%s' was taken", bad[i]);
  }
}

static void test_a_cell_meets_its_limits_by_its_percentiles(void **state) {
  struct cell cells[4] = {{.ttft_s.p95.estimate = 0.9, .ttft_s.p99.estimate = 2},
                          {.ttft_s.p95.estimate = 1.1, .ttft_s.p99.estimate = 2},
                          {.ttft_s.p95.estimate = NAN},
                          {.ttft_s.p95.estimate = 0.1, .flags = CELL_FAILED}};
  struct results results = {.cells = cells, .cell_count = 4};
  struct slo slo = SLO_NONE;
  struct error error = {0};
  (void)state;
  assert_int_equal(slo_parse("ttft_p95=1s", &slo, &error), STATUS_OK);
  slo_apply(&slo, &results);
  static const enum cell_slo expected[] = {CELL_SLO_MET, CELL_SLO_MISSED, CELL_SLO_UNKNOWN, CELL_SLO_MISSED};
  for (size_t i = 0; i < 4; i++)
    assert_int_equal(cells[i].meets_slo, expected[i]);
}

// Two runs of four replicates in two cells, the second slower by `ratio`, spread about 1 %.
static void compare_runs(double ratio, double limit, const char *extra, struct comparison *out) {
  static const double noise[] = {1.01, 0.99, 1.005, 0.995};
  struct buf text[2] = {{0}, {0}};
  struct load_data data[2] = {LOAD_DATA, LOAD_DATA};
  struct error error = {0};
  for (int side = 0; side < 2; side++) {
    buf_append_text(&text[side], HEADER);
    for (int r = 0; r < 4; r++) {
      for (int w = 1; w <= 2; w++)
        buf_printf(&text[side], "%d,%d,1,%.0f,%d,0\n", w, w,
                   1e7 * w * noise[(r + w + side) % 4] * (side ? ratio : 1), w);
    }
    if (side == 1) buf_append_text(&text[side], extra);
    if (side == 0) buf_append_text(&text[side], "4,4,1,1000,4,0\n");
    if (scenario_load(&data[side], buf_text(&text[side]), &error) || load_finish(&data[side], &error)) {
      fail_msg("%s", error.text);
    }
    buf_free(&text[side]);
  }
  struct baseline_options options = {0.95, limit, 0};
  if (baseline_compare(&data[0], &data[1], &options, out, &error)) fail_msg("%s", error.text);
  load_free(&data[0]);
  load_free(&data[1]);
}

static void test_a_run_is_judged_against_its_baseline(void **state) {
  static const struct {
    double ratio, limit;
    const char *verdict;
    bool regressed;
  } cases[] = {
      {0.90, 0.05, "slower", true}, // the whole interval is worse than -5 %
      {0.97, 0.05, "same", false},  // slower for certain, but by less than the limit
      {0.90, NAN, "slower", false}, // no limit, no regression
      {1.00, 0.05, "same", false},    {1.10, 0.05, "faster", false},
      {0.949, 0.05, "slower", false}, // about the limit: undecided about it
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct comparison comparison = {0};
    compare_runs(cases[i].ratio, cases[i].limit, "", &comparison);
    scenario_near("ratio", comparison.ratio.estimate, cases[i].ratio, 0.005 * cases[i].ratio);
    assert_string_equal(comparison.verdict, cases[i].verdict);
    if (comparison.regressed != cases[i].regressed)
      fail_msg("case %zu: regressed %d", i, comparison.regressed);
    assert_int_equal(comparison.cell_count, 2); // 4x4 is in the baseline alone
    assert_true(comparison.by_blocks);
    free(comparison.cells);
    free(comparison.missing);
  }
}

static void test_a_cell_that_fails_now_is_a_regression_where_there_is_a_limit(void **state) {
  struct comparison comparison = {0};
  (void)state;
  compare_runs(1.0, 0.05, "4,4,1,0,4,4\n", &comparison);
  assert_int_equal(comparison.cell_count, 3);
  assert_string_equal(comparison.cells[2].verdict, "failed");
  assert_true(comparison.regressed);
  free(comparison.cells);
  free(comparison.missing);
  comparison = (struct comparison){0};
  compare_runs(1.0, NAN, "4,4,1,0,4,4\n", &comparison);
  assert_false(comparison.regressed);
  free(comparison.cells);
  free(comparison.missing);
}

static void test_runs_without_a_common_cell_cannot_be_compared(void **state) {
  struct load_data a = LOAD_DATA, b = LOAD_DATA;
  struct error error = {0};
  struct comparison comparison = {0};
  struct baseline_options options = {0.95, NAN, 0};
  (void)state;
  assert_int_equal(scenario_load(&a, HEADER "1,1,1,10,1,0\n", &error), STATUS_OK);
  assert_int_equal(scenario_load(&b, HEADER "2,2,1,10,2,0\n", &error), STATUS_OK);
  assert_int_equal(baseline_compare(&a, &b, &options, &comparison, &error), STATUS_FORMAT);
  assert_non_null(strstr(error.text, "in common"));
  free(comparison.cells);
  free(comparison.missing);
  load_free(&a);
  load_free(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_limits_are_read_per_request_and_per_cell),
      cmocka_unit_test(test_a_cell_meets_its_limits_by_its_percentiles),
      cmocka_unit_test(test_a_run_is_judged_against_its_baseline),
      cmocka_unit_test(test_a_cell_that_fails_now_is_a_regression_where_there_is_a_limit),
      cmocka_unit_test(test_runs_without_a_common_cell_cannot_be_compared),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
