// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
// clang-format on

#include "analyze/judge/loads.h"
#include "analyze/judge/slo.h"
#include "tests/unit/analyze/scenario.h"

// One repetition of 10 s: a request each 1 / rate, the answer `latency_s` later plus `rise` seconds a second.
struct repetition {
  double rate, latency_s, rise;
  int failed; // of each ten
  const char *client;
};

// `place` in the run; repetitions of different rates have the same `rep`.
static void append(struct buf *text, int place, int rep, const struct repetition *what) {
  int count = (int)(what->rate * 10), failed = 0;
  double start = place * 100, tokens = 0;
  for (int i = 0; i < count; i++) {
    double at = i / what->rate, latency = what->latency_s + what->rise * at + 0.0001 * (i % 5);
    bool fails = i % 10 < what->failed;
    failed += fails;
    tokens += fails ? 0 : 20;
    buf_printf(text,
               "{\"type\":\"request\",\"session\":0,\"workers\":null,\"batch\":null,\"rep\":%d,\"index\":%d,"
               "\"rate\":%g,"
               "\"intended_s\":%.9g,\"sent_s\":%.9g,\"ttft_s\":%.9g,\"last_text_s\":%.9g,\"latency_s\":%.9g,"
               "\"output_tokens\":20,\"events\":20,\"error\":%s}\n",
               rep, i, what->rate, start + at, start + at, latency / 10, latency, latency,
               fails ? "\"http_5xx\"" : "null");
  }
  buf_printf(text,
             "{\"type\":\"batch\",\"session\":0,\"workers\":null,\"batch\":null,\"rep\":%d,\"start_s\":%g,"
             "\"total_s\":10,\"requests\":%d,\"failed\":%d,\"output_tokens\":%g,\"timing\":\"rate\","
             "\"rate\":%g,\"in_flight_mean\":%g%s}\n",
             rep, start, count, failed, tokens, what->rate, what->rate * what->latency_s,
             what->client ? what->client : "");
}

static void run(struct scenario *s, const struct repetition *repetitions, size_t count, const char *limits) {
  struct buf text = {0};
  struct slo slo = SLO_NONE;
  struct analysis_options options = scenario_options();
  struct error error = {0};
  if (*limits) assert_int_equal(slo_parse(limits, &slo, &error), STATUS_OK);
  buf_append_text(&text, SCENARIO_HEADER("1", ",\"timing\":\"rate\""));
  for (size_t i = 0; i < count; i++) {
    int rep = 0;
    for (size_t k = 0; k < i; k++)
      rep += repetitions[k].rate == repetitions[i].rate;
    append(&text, (int)i, rep, &repetitions[i]);
  }
  buf_append_text(&text, SCENARIO_END);
  stat_init();
  *s = (struct scenario){.data = LOAD_DATA};
  s->data.limits = slo.request;
  s->data.has_limits = slo.has_request;
  assert_int_equal(scenario_load(&s->data, buf_text(&text), &error), STATUS_OK);
  assert_int_equal(load_finish(&s->data, &error), STATUS_OK);
  assert_int_equal(analysis_run(&s->data, &options, &s->results, &error), STATUS_OK);
  slo_apply(&slo, &s->results);
  buf_free(&text);
}

static void test_repetitions_of_a_rate_are_one_load(void **state) {
  (void)state;
  static const struct repetition reps[] = {
      {20, 0.20, 0, 0, NULL}, {10, 0.10, 0, 0, NULL}, {10, 0.12, 0, 0, NULL}, {20, 0.22, 0, 0, NULL}};
  struct scenario s;
  run(&s, reps, 4, "");
  assert_int_equal(s.results.load_count, 2);
  const struct load *load = &s.results.loads[0];
  assert_true(load->rate == 10 && s.results.loads[1].rate == 20);
  assert_int_equal(load->reps, 2);
  assert_int_equal(load->requests, 200);
  scenario_near("sent", load->sent_per_s, 10, 1e-12);
  scenario_near("in flight", load->n, 1.1, 1e-12);
  // All their requests together; two repetitions that differ throughout bound nothing.
  scenario_near("p50", load->latency_s.p50.estimate, 0.1004, 1e-9);
  assert_true(isnan(load->latency_s.p50.lo) && isnan(load->latency_s.p50.hi));
  assert_true(load->needs_s[LOAD_LATENCY][0] > 10);
  // Of each repetition by itself, what came before the first answer too.
  scenario_near("whole", load->whole_latency_s.p50.estimate, sqrt(0.1002 * 0.1202), 1e-9);
  scenario_near("start", load->start_s, 0.1, 0.1);
  scenario_near("time per token", load->tpot_s.p50.estimate, 0.9 * load->latency_s.p50.estimate / 19, 1e-6);
  scenario_near("served", load->served_per_s.estimate, 10, 0.1);
  assert_true(isnan(load->goodput.estimate) && load->meets_slo == CELL_SLO_UNKNOWN);
  assert_int_equal(s.results.load_answer.kept, 1);
  assert_true(s.results.load_answer.broken == SIZE_MAX);
  assert_false(s.results.curve.exists); // of two rates
  assert_int_equal(s.results.warning_count, 0);
  scenario_free(&s);
}

static void test_a_growing_queue_breaks_a_load(void **state) {
  (void)state;
  static const struct repetition reps[] = {
      {10, 0.1, 0, 0, NULL}, {20, 0.1, 0.25, 0, NULL}, {30, 0.1, 0, 0, NULL}};
  struct scenario s;
  run(&s, reps, 3, "");
  assert_true(s.results.loads[1].queue_grows);
  // 20 come and 20 / 1.25 are served; no time is steady.
  scenario_near("slope", s.results.loads[1].queue_slope, 4, 0.05);
  assert_true(isnan(s.results.loads[1].latency_s.p50.estimate));
  assert_true(isfinite(s.results.loads[1].whole_latency_s.p50.estimate));
  assert_true(s.results.loads[1].served_per_s.estimate < 0.9 * 20);
  assert_int_equal(s.results.load_answer.kept, 0);
  assert_int_equal(s.results.load_answer.broken, 1);
  // One repetition: percentiles have the interval of its requests, rates none.
  assert_true(isfinite(s.results.loads[0].latency_s.p50.lo));
  assert_true(isnan(s.results.loads[0].served_per_s.lo));
  scenario_free(&s);
}

static void test_goodput_counts_the_requests_within_every_limit(void **state) {
  (void)state;
  static const struct repetition reps[] = {
      {10, 0.1, 0, 0, NULL}, {20, 0.2, 0, 0, NULL}, {10, 0.1, 0, 0, NULL}, {20, 0.2, 0, 0, NULL}};
  struct scenario s;
  run(&s, reps, 4, "ttft=15ms");
  const struct load *good = &s.results.loads[0], *bad = &s.results.loads[1];
  scenario_near("all", good->good_share.estimate, 1, 0);
  scenario_near("goodput", good->goodput.estimate, 9.9,
                1e-12); // 10 come, but one more ends behind the window
  assert_true(good->goodput.estimate <= good->served_per_s.estimate);
  // No more than the interval of 200 independent requests (Clopper-Pearson: 0.025^(1/200)).
  assert_true(good->good_share.lo > 0.96 && good->good_share.lo <= pow(0.025, 1 / 200.0));
  assert_true(good->meets_slo == CELL_SLO_MET && good->slo_certain);
  scenario_near("none", bad->good_share.estimate, 0, 0);
  scenario_near("no goodput", bad->goodput.estimate, 0, 0);
  assert_true(bad->goodput.hi > 0 && bad->goodput.hi < 1);
  assert_true(bad->meets_slo == CELL_SLO_MISSED && bad->slo_certain);
  assert_int_equal(s.results.load_answer.kept, 0);
  assert_int_equal(s.results.load_answer.broken, 1);
  scenario_free(&s);
}

// Too few requests for an interval: a share is between none and all, and goodput no infinite rate.
static void test_the_share_of_a_few_requests_is_not_open_upwards(void **state) {
  (void)state;
  static const struct repetition reps[] = {{1, 0.1, 0, 0, NULL}, {2, 0.1, 0, 0, NULL}};
  struct scenario s;
  run(&s, reps, 2, "ttft=15ms");
  for (size_t i = 0; i < s.results.load_count; i++) {
    const struct load *load = &s.results.loads[i];
    assert_true(load->good_share.lo >= 0 && load->good_share.hi <= 1);
    assert_true(load->goodput.lo >= 0 && isfinite(load->goodput.hi));
  }
  scenario_free(&s);
}

static void test_limits_on_percentiles_judge_loads_too(void **state) {
  (void)state;
  static const struct repetition reps[] = {{10, 0.1, 0, 0, NULL}, {20, 0.2, 0, 0, NULL}};
  static const struct {
    const char *limits;
    size_t kept, broken;
    bool certain;                                 // of the load kept
  } cases[] = {{"latency_p95=150ms", 0, 1, true}, // a hundred requests bound p95, and no p99
               {"latency_p95=50ms", SIZE_MAX, 0, false},
               {"tpot_p50=1s,ttft=1s", 1, SIZE_MAX, true},
               {"latency_p99=1s", 1, SIZE_MAX, false},
               {"ttft_p50=15ms,latency=10ms", SIZE_MAX, 0, false}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct scenario s;
    run(&s, reps, 2, cases[i].limits);
    assert_true(s.results.load_answer.kept == cases[i].kept);
    assert_true(s.results.load_answer.broken == cases[i].broken);
    if (cases[i].kept != SIZE_MAX)
      assert_true(s.results.loads[cases[i].kept].slo_certain == cases[i].certain);
    scenario_free(&s);
  }
}

static void test_failing_loads_are_kept_by_nothing_and_in_no_curve(void **state) {
  (void)state;
  static const struct repetition reps[] = {
      {10, 0.1, 0, 0, NULL}, {20, 0.1, 0, 0, NULL}, {30, 0.1, 0, 0, NULL}, {40, 0.1, 0, 2, NULL}};
  struct scenario s;
  run(&s, reps, 4, "latency=10s");
  assert_true(s.results.loads[3].failing);
  assert_int_equal(s.results.loads[3].failed, 80);
  assert_true(s.results.loads[3].meets_slo == CELL_SLO_MISSED);
  scenario_near("failed requests are not good", s.results.loads[3].good_share.estimate, 0.8, 1e-3);
  assert_int_equal(s.results.load_answer.kept, 2);
  assert_int_equal(s.results.load_answer.broken, 3);
  assert_int_equal(loads_usable_rates(&s.results), 3);
  assert_false(s.results.curve.exists);
  scenario_free(&s);
}

static void test_repetitions_of_a_slow_client_are_left_out(void **state) {
  (void)state;
  static const char slow[] = ",\"client\":{\"valid\":false,\"reason\":\"late\"}";
  static const struct repetition reps[] = {
      {10, 0.1, 0, 0, NULL}, {20, 0.1, 0, 0, slow}, {10, 0.1, 0, 0, slow}};
  struct scenario s;
  run(&s, reps, 3, "");
  assert_int_equal(s.results.load_count, 2);
  assert_int_equal(s.results.loads[0].reps, 1);
  assert_int_equal(s.results.loads[0].invalid, 1);
  assert_int_equal(s.results.loads[1].reps, 0);
  assert_int_equal(s.results.loads[1].invalid, 1);
  assert_true(isnan(s.results.loads[1].latency_s.p50.estimate));
  assert_int_equal(s.results.load_answer.kept, 0);
  assert_true(s.results.load_answer.broken == SIZE_MAX);
  assert_non_null(scenario_warning(&s, WARNING_INVALID_CLIENT));
  scenario_free(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_repetitions_of_a_rate_are_one_load),
      cmocka_unit_test(test_a_growing_queue_breaks_a_load),
      cmocka_unit_test(test_goodput_counts_the_requests_within_every_limit),
      cmocka_unit_test(test_the_share_of_a_few_requests_is_not_open_upwards),
      cmocka_unit_test(test_limits_on_percentiles_judge_loads_too),
      cmocka_unit_test(test_failing_loads_are_kept_by_nothing_and_in_no_curve),
      cmocka_unit_test(test_repetitions_of_a_slow_client_are_left_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
