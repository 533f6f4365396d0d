// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analyze/judge/slo.h"
#include "tests/unit/analyze/scenario.h"

static void test_limits_are_read_per_request_and_per_cell(void **state) {
  (void)state;
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
  (void)state;
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

static void test_the_limits_that_were_given_are_listed(void **state) {
  (void)state;
  struct results results = {0};
  struct slo slo = SLO_NONE;
  struct error error;
  assert_int_equal(slo_parse("latency_p99=2s,ttft=500ms", &slo, &error), STATUS_OK);
  assert_int_equal(slo_parse("ttft_p50=100ms", &slo, &error), STATUS_OK); // given twice: they add up
  slo_apply(&slo, &results);
  assert_int_equal(results.limit_count, 3);
  static const struct limit expected[] = {
      {RESULTS_TTFT, 0, 0.5}, {RESULTS_TTFT, 50, 0.1}, {RESULTS_LATENCY, 99, 2}};
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(results.limits[i].time, expected[i].time);
    assert_int_equal(results.limits[i].percentile, expected[i].percentile);
    assert_true(results.limits[i].limit_s == expected[i].limit_s);
  }
}

static void test_refusals_name_the_limit(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } rows[] = {
      {"ttft", "'ttft' is no name=limit (ttft=0.5s)"},
      {"speed=1s", "'speed' is not one of ttft, tpot, latency, or these with _p50, _p95, _p99"},
      {"tpot=1s,tpot=2s", "'tpot' has two limits"},
      {"tpot_p95=1s,tpot_p95=1s", "'tpot_p95' has two limits"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct slo slo = SLO_NONE;
    struct error error;
    assert_int_equal(slo_parse(rows[i].text, &slo, &error), STATUS_USAGE);
    assert_string_equal(error.text, rows[i].message);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_limits_are_read_per_request_and_per_cell),
      cmocka_unit_test(test_a_cell_meets_its_limits_by_its_percentiles),
      cmocka_unit_test(test_the_limits_that_were_given_are_listed),
      cmocka_unit_test(test_refusals_name_the_limit),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
