// SPDX-License-Identifier: GPL-3.0-or-later
//
// Limits: what keeps them for certain, and what is recommended within them.
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

#include "analyze/judge/slo.h"
#include "analyze/judge/suggest.h"
#include "tests/unit/analyze/scenario.h"

enum { WAVES = 8, REPEAT = 3, LEVELS_MAX = 8 };

// A server of 16 slots: throughput doubles up to 16 workers, beyond it requests wait. Requests of a level
// take `latency_s` for 100 tokens; each batch differs by `spread`.
struct level {
  int64_t workers;
  double latency_s, ttft_s, spread;
};

static void append_batch(struct buf *text, const struct level *level, int rep, double *at) {
  double factor = 1 + level->spread * (rep - 1), latency = level->latency_s * (1 + 0.001 * (rep - 1));
  long long batch = WAVES * level->workers;
  for (long long i = 0; i < batch; i++) {
    long long wave = i / level->workers;
    double sent = *at + (double)wave * latency;
    buf_printf(
        text,
        "{\"type\":\"request\",\"session\":0,\"workers\":%lld,\"batch\":%lld,\"rep\":%d,\"index\":%lld,"
        "\"intended_s\":%.9g,\"sent_s\":%.9g,\"ttft_s\":%.9g,\"last_text_s\":%.9g,\"latency_s\":%.9g,"
        "\"output_tokens\":100,\"events\":100,\"error\":null}\n",
        (long long)level->workers, batch, rep, i, sent, sent,
        level->ttft_s * factor * (1 + 1e-4 * (double)(i % 7)), latency, latency);
  }
  double total = WAVES * latency;
  buf_printf(text,
             "{\"type\":\"batch\",\"session\":0,\"workers\":%lld,\"batch\":%lld,\"rep\":%d,\"start_s\":%.9g,"
             "\"total_s\":%.9g,\"requests\":%lld,\"failed\":0,\"output_tokens\":%lld}\n",
             (long long)level->workers, batch, rep, *at, total, (long long)batch, 100 * batch);
  *at += total + 1;
}

static void run(struct scenario *s, const struct level *levels, size_t count, const char *limits) {
  struct buf text = {0};
  struct slo slo = SLO_NONE;
  struct error error = {0};
  struct analysis_options options = scenario_options();
  double at = 0;
  if (*limits) assert_int_equal(slo_parse(limits, &slo, &error), STATUS_OK);
  options.slo = &slo;
  buf_append_text(&text, SCENARIO_HEADER("1", ""));
  for (int rep = 0; rep < REPEAT; rep++)
    for (size_t i = 0; i < count; i++)
      append_batch(&text, &levels[i], rep, &at);
  buf_append_text(&text, SCENARIO_END);
  stat_init();
  *s = (struct scenario){.data = LOAD_DATA};
  s->data.limits = slo.request;
  s->data.has_limits = slo.has_request;
  assert_int_equal(scenario_load(&s->data, buf_text(&text), &error), STATUS_OK);
  assert_int_equal(load_finish(&s->data, &error), STATUS_OK);
  assert_int_equal(analysis_run(&s->data, &options, &s->results, &error), STATUS_OK);
  buf_free(&text);
}

// 4, 8 and 16 workers gain, 32 does not; the time to first token at 8 varies by half.
static const struct level LEVELS[] = {
    {4, 1, 0.005, 0.01}, {8, 1, 0.010, 0.5}, {16, 1, 0.020, 0.01}, {32, 2, 1, 0.01}};

static void expect(const char *limits, enum recommendation_state state, enum recommendation_limits kept,
                   int64_t workers, int64_t stopped) {
  struct scenario s;
  run(&s, LEVELS, 4, limits);
  const struct recommendation *chosen = &s.results.recommendation;
  if (chosen->state != state || chosen->limits != kept)
    fail_msg("%s: state %d, limits %d", limits, chosen->state, chosen->limits);
  if (s.results.cells[chosen->cell].workers != workers)
    fail_msg("%s: %lld workers", limits, (long long)s.results.cells[chosen->cell].workers);
  assert_int_equal(chosen->cell, s.results.best.recommended);
  if (stopped == 0)
    assert_true(chosen->stopped == SIZE_MAX);
  else
    assert_int_equal(s.results.cells[chosen->stopped].workers, stopped);
  scenario_free(&s);
}

static void test_what_keeps_the_limits_for_certain_and_has_the_most_is_recommended(void **state) {
  (void)state;
  expect("", RECOMMENDATION_SHOWN, RECOMMENDATION_UNLIMITED, 16, 0);
  expect("ttft_p95=10s", RECOMMENDATION_SHOWN, RECOMMENDATION_KEPT, 16, 0);
  expect("ttft_p95=0.1s", RECOMMENDATION_SHOWN, RECOMMENDATION_KEPT, 16, 32);
  expect("ttft=0.1s", RECOMMENDATION_SHOWN, RECOMMENDATION_KEPT, 16, 32); // of each request
  expect("ttft_p95=0.1s,latency_p50=0.5s", RECOMMENDATION_NONE, RECOMMENDATION_MISSED, 4, 0);
  expect("ttft_p95=7ms", RECOMMENDATION_SHOWN, RECOMMENDATION_KEPT, 4, 8);        // 8 may keep it
  expect("ttft_p95=5.05ms", RECOMMENDATION_UNDECIDED, RECOMMENDATION_OPEN, 8, 0); // 4 or 8 may
  expect("ttft_p95=1ms", RECOMMENDATION_NONE, RECOMMENDATION_MISSED, 4, 0);
}

static void test_nothing_above_a_missed_limit_is_suggested(void **state) {
  static const struct {
    const char *limits;
    int64_t lowest, highest;              // of the workers that are suggested; 0: none
  } cases[] = {{"ttft_p95=7ms", 8, 8},    // open: measured again
               {"ttft_p95=5.05ms", 4, 8}, // the same
               {"ttft_p95=1ms", 2, 2},    // nothing keeps it
               {"ttft_p95=0.1s", 0, 0}};  // 32 gains nothing
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct scenario s;
    struct suggest_cell cells[LEVELS_MAX];
    run(&s, LEVELS, 4, cases[i].limits);
    size_t count = suggest_next(&s.results, LEVELS_MAX, cells);
    int64_t lowest = count > 0 ? cells[0].workers : 0, highest = 0;
    for (size_t k = 0; k < count; k++) {
      lowest = cells[k].workers < lowest ? cells[k].workers : lowest;
      highest = cells[k].workers > highest ? cells[k].workers : highest;
    }
    if (lowest != cases[i].lowest || highest != cases[i].highest)
      fail_msg("%s: %lld to %lld", cases[i].limits, (long long)lowest, (long long)highest);
    scenario_free(&s);
  }
}

// Between 4, which keeps the limit, and 32, which has more throughput and misses it.
static void test_the_gap_below_a_missed_limit_is_halved(void **state) {
  static const struct level far[] = {{4, 1, 0.005, 0.01}, {32, 1.5, 1, 0.01}};
  struct scenario s;
  struct suggest_cell cells[LEVELS_MAX];
  (void)state;
  run(&s, far, 2, "ttft_p95=0.1s");
  assert_int_equal(suggest_next(&s.results, LEVELS_MAX, cells), 1);
  assert_in_range(cells[0].workers, 10, 13);
  scenario_free(&s);
  run(&s, far, 2, "");
  assert_true(suggest_next(&s.results, LEVELS_MAX, cells) > 0);
  assert_int_equal(cells[0].workers, 64); // without limits
  scenario_free(&s);
}

static void test_one_limit_missed_for_certain_is_enough(void **state) {
  struct percentiles times = {.p50 = {1, 0.9, 1.1}, .p95 = {2, 1.5, NAN}, .p99 = {NAN, NAN, NAN}};
  struct slo_subject subject = {&times, &times, &times, {0.96, 0.94, 0.97}, false};
  static const struct {
    struct limit limits[2];
    enum cell_slo slo;
    bool certain;
    size_t limit;
  } cases[] = {
      {{{RESULTS_TTFT, 50, 2}, {RESULTS_TTFT, 50, 1.2}}, CELL_SLO_MET, true, 1},
      {{{RESULTS_TTFT, 50, 2}, {RESULTS_TTFT, 95, 3}}, CELL_SLO_MET, false, 1},
      {{{RESULTS_TTFT, 50, 0.8}, {RESULTS_TTFT, 95, 1.8}}, CELL_SLO_MISSED, true, 0},
      {{{RESULTS_TTFT, 50, 2}, {RESULTS_TTFT, 95, 1.8}}, CELL_SLO_MISSED, false, 1},
      {{{RESULTS_TTFT, 50, 2}, {RESULTS_TTFT, 99, 1.8}}, CELL_SLO_UNKNOWN, false, 0},
      {{{RESULTS_TTFT, 0, 2}, {RESULTS_TTFT, 50, 9}}, CELL_SLO_MET, false, 0}, // 96 % of requests keep it
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct results results = {.limits = {cases[i].limits[0], cases[i].limits[1]}, .limit_count = 2};
    struct slo_verdict verdict = slo_judge(&results, &subject);
    if (verdict.slo != cases[i].slo || verdict.limit != cases[i].limit ||
        (verdict.slo != CELL_SLO_UNKNOWN && verdict.certain != cases[i].certain))
      fail_msg("case %zu: %d, %d, limit %zu", i, verdict.slo, verdict.certain, verdict.limit);
    subject.failing = true;
    assert_true(slo_judge(&results, &subject).slo == CELL_SLO_MISSED);
    subject.failing = false;
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_keeps_the_limits_for_certain_and_has_the_most_is_recommended),
      cmocka_unit_test(test_nothing_above_a_missed_limit_is_suggested),
      cmocka_unit_test(test_the_gap_below_a_missed_limit_is_halved),
      cmocka_unit_test(test_one_limit_missed_for_certain_is_enough),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
