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
#include <unistd.h>
#include <cmocka.h>
// clang-format on

#include "analyze/judge/analysis.h"
#include "lib/base/buf.h"
#include "tests/unit/analyze/scenario.h"
#include "tests/unit/analyze/simulated.h"

#define CASES "../shared/cases/answer/"
enum { WORKERS = 8, WAVES = 6, TOKENS = 100 };

static const struct steady_level *steady_of(const struct results *results, int64_t workers) {
  for (size_t i = 0; i < results->workers_count; i++) {
    if (results->workers[i].workers == workers) return &results->workers[i].steady;
  }
  fail_msg("no level of %lld workers", (long long)workers);
  return NULL;
}

// One batch of requests of 1 s each, after each of which its worker pauses; its workers start 0.125 s apart.
static void append_batch_at(struct buf *text, int rep, double pause_s, double start_s, bool valid) {
  int count = WORKERS * WAVES;
  for (int i = 0; i < count; i++) {
    int worker = i % WORKERS, wave = i / WORKERS;
    double sent_s = start_s + 0.125 * worker + (1 + pause_s) * wave;
    buf_printf(
        text,
        "{\"type\":\"request\",\"session\":0,\"workers\":%d,\"batch\":%d,\"rep\":%d,\"index\":%d,"
        "\"seq\":%d,\"intended_s\":%.6f,\"ready_s\":%.6f,\"sent_s\":%.6f,\"ttft_s\":0.2,\"last_text_s\":1,"
        "\"latency_s\":1,\"status\":200,\"output_tokens\":%d}\n",
        WORKERS, count, rep, i, i, start_s, start_s, sent_s, TOKENS);
  }
  buf_printf(text,
             "{\"type\":\"batch\",\"session\":0,\"workers\":%d,\"batch\":%d,\"rep\":%d,\"start_s\":%.6f,"
             "\"total_s\":%.6f,\"requests\":%d,\"failed\":0,\"output_tokens\":%d,\"errors\":{},"
             "\"client\":{\"cpu\":0.1,\"valid\":%s,\"reason\":null}}\n",
             WORKERS, count, rep, start_s, 0.125 * (WORKERS - 1) + (1 + pause_s) * WAVES - pause_s, count,
             count * TOKENS, valid ? "true" : "false");
}

static void append_batch(struct buf *text, int rep, double pause_s) {
  append_batch_at(text, rep, pause_s, 1, true);
}

static void test_workers_that_pause_are_found(void **state) {
  (void)state;
  for (int paused = 0; paused < 2; paused++) {
    struct buf text = {0};
    struct scenario s;
    double pause_s = paused ? 0.1 : 0, truth = WORKERS * TOKENS / (1 + pause_s);
    buf_append_text(&text, SCENARIO_HEADER("1", ""));
    append_batch(&text, 0, pause_s);
    append_batch(&text, 1, pause_s);
    buf_append_text(&text, SCENARIO_END);
    scenario_run(&s, buf_text(&text));
    const struct steady_level *steady = steady_of(&s.results, WORKERS);
    scenario_near("steady throughput", steady->throughput.estimate, truth, 0.02 * truth);
    scenario_near("in flight", steady->in_flight, WORKERS / (1 + pause_s), 0.02 * WORKERS);
    const struct warning *warning = scenario_warning(&s, WARNING_LITTLES_LAW);
    assert_int_equal(warning != NULL, paused);
    if (warning) assert_int_equal(warning->workers, WORKERS);
    scenario_free(&s);
    buf_free(&text);
  }
}

// The client was busy, so the batch came again with the same numbers.
static void test_a_batch_that_was_measured_again_has_a_window(void **state) {
  (void)state;
  struct buf text = {0};
  struct scenario s;
  buf_append_text(&text, SCENARIO_HEADER("1", ""));
  append_batch_at(&text, 0, 0.1, 1, false);
  append_batch_at(&text, 0, 0, 20, true);
  buf_append_text(&text, SCENARIO_END);
  scenario_run(&s, buf_text(&text));
  scenario_near("steady throughput", steady_of(&s.results, WORKERS)->throughput.estimate, WORKERS * TOKENS,
                0.02 * WORKERS * TOKENS);
  assert_int_equal(s.results.cells[0].reps, 1);
  scenario_near("latency", s.results.cells[0].latency_s.p50.estimate, 1, 0.02);
  scenario_free(&s);
  buf_free(&text);
}

// Recorded sweeps on a server of 16 slots, whose batch throughput climbs from 5323 to 6224 tokens/s.
static void test_recorded_sweeps_have_their_plateau(void **state) {
  (void)state;
  static const struct {
    const char *path;
    int64_t workers;
    double least, most;
  } cases[] = {
      {CASES "loop.jsonl.gz", 16, 6489, 6491},  {CASES "loop.jsonl.gz", 27, 6560, 6562},
      {CASES "loop.jsonl.gz", 32, 6508, 6510},  {CASES "loop.jsonl.gz", 54, 6431, 6470},
      {CASES "loop.jsonl.gz", 128, 6431, 6470}, {CASES "loop.jsonl.gz", 181, 6431, 6470},
      {CASES "run2.jsonl.gz", 16, 6361, 6423},  {CASES "run2.jsonl.gz", 128, 6379, 6487},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    if (access(cases[i].path, R_OK) != 0) {
      print_message("skipped: %s is not there\n", cases[i].path);
      skip();
    }
    struct load_data data = LOAD_DATA;
    struct results results = {0};
    struct error error = {0};
    struct analysis_options options = scenario_options();
    if (load_file(&data, cases[i].path, &error) || load_finish(&data, &error) ||
        analysis_run(&data, &options, &results, &error))
      fail_msg("%s", error.text);
    double middle = (cases[i].least + cases[i].most) / 2;
    scenario_near(cases[i].path, steady_of(&results, cases[i].workers)->throughput.estimate, middle,
                  cases[i].most - middle);
    for (size_t w = 0; w < results.warning_count; w++)
      assert_int_not_equal(results.warnings[w].code, WARNING_LITTLES_LAW);
    results_free(&results);
    load_free(&data);
  }
}

// Batches of 1 to 6 waves take a start of two seconds and their tokens at the level's rate, off by `noise` in
// turns.
static void append_ladder(struct buf *table, int64_t workers, double rate, int repeat, double noise) {
  static const int64_t waves[] = {1, 2, 3, 4, 6};
  for (int rep = 0; rep < repeat; rep++) {
    for (size_t i = 0; i < sizeof waves / sizeof waves[0]; i++) {
      int64_t batch = workers * waves[i];
      double tokens = TOKENS * (double)batch;
      double off = noise * ((rep + (int)i) % 3 - 1);
      buf_printf(table, "%lld,%lld,%.9g,%.0f\n", (long long)workers, (long long)batch,
                 (2 + tokens / rate) * (1 + off), tokens);
    }
  }
}

static void run_ladder(int repeat, struct ci_spread sigma, struct scenario *s) {
  struct buf table = {0};
  struct analysis_options options = scenario_options();
  options.sigma = sigma;
  buf_append_text(&table, "workers,batch,total_s,tokens\n");
  append_ladder(&table, 8, 700, repeat, 0.002);
  append_ladder(&table, 16, 1000, repeat, 0.002);
  append_ladder(&table, 64, 1005, repeat, 0.002);
  scenario_run_with(s, buf_text(&table), &options);
  buf_free(&table);
}

// By their batches 64 workers give a fifth more than 16: the start is spread thinner.
static void test_a_table_is_compared_by_fitted_capacities(void **state) {
  struct scenario s;
  (void)state;
  run_ladder(3, (struct ci_spread){0, 0}, &s);
  const struct recommendation *chosen = &s.results.recommendation;
  assert_true(chosen->steady && chosen->fitted);
  scenario_near("8 workers", steady_of(&s.results, 8)->throughput.estimate, 700, 7);
  scenario_near("16 workers", steady_of(&s.results, 16)->throughput.estimate, 1000, 10);
  scenario_near("64 workers", steady_of(&s.results, 64)->throughput.estimate, 1005, 10);
  assert_true(isnan(steady_of(&s.results, 16)->littles_law));
  assert_int_equal(chosen->state, RECOMMENDATION_SHOWN);
  assert_int_equal(s.results.cells[chosen->cell].workers, 16);
  assert_string_equal(s.results.curve.kind, "steady");
  scenario_free(&s);
}

static void test_single_batches_of_a_table_give_no_steady_throughput(void **state) {
  struct scenario s;
  (void)state;
  run_ladder(1, (struct ci_spread){0, 0}, &s);
  assert_false(s.results.recommendation.steady);
  assert_true(isnan(steady_of(&s.results, 16)->throughput.estimate));
  scenario_near("the capacity", s.results.workers[1].capacity.estimate, 1000, 10);
  assert_int_equal(s.results.recommendation.state, RECOMMENDATION_NONE);
  scenario_free(&s);
}

// One window each: which is the highest is known, what is shown is not, unless a spread is given.
static void test_windows_measured_once_need_a_given_spread(void **state) {
  static const struct simulated_server server = {.n_star = 60, .peak = 1000, .s = 0.5};
  (void)state;
  for (int given = 0; given < 2; given++) {
    struct load_data data = LOAD_DATA;
    struct results results = {0};
    struct analysis_options options = scenario_options();
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    if (given) options.sigma = (struct ci_spread){0.01, 20};
    for (int64_t workers = 4; workers <= 16; workers *= 2) {
      struct simulated_cell cell = {.workers = workers, .batch = 48, .repeat = 1, .sd = 0.001};
      assert_true(simulated_measure(&server, &cell, rng, &data));
    }
    assert_int_equal(load_finish(&data, NULL), STATUS_OK);
    assert_int_equal(analysis_run(&data, &options, &results, NULL), STATUS_OK);
    const struct recommendation *chosen = &results.recommendation;
    assert_true(chosen->steady && !chosen->fitted);
    assert_int_equal(chosen->state, given ? RECOMMENDATION_SHOWN : RECOMMENDATION_NONE);
    assert_int_equal(results.cells[chosen->cell].workers, 16);
    assert_true(isfinite(steady_of(&results, 16)->throughput.lo) == (given == 1));
    gsl_rng_free(rng);
    results_free(&results);
    load_free(&data);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_workers_that_pause_are_found),
      cmocka_unit_test(test_a_batch_that_was_measured_again_has_a_window),
      cmocka_unit_test(test_recorded_sweeps_have_their_plateau),
      cmocka_unit_test(test_a_table_is_compared_by_fitted_capacities),
      cmocka_unit_test(test_single_batches_of_a_table_give_no_steady_throughput),
      cmocka_unit_test(test_windows_measured_once_need_a_given_spread),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
