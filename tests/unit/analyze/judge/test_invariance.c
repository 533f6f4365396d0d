// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is decided does not hang on the order of rows, on units, or on what repetitions are called.
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

enum { TABLES = 200, RUNS = 20, MAX_ROWS = 128, DRAWS = 200 };

// One batch; in a run of requests their times to first token lie around `ttft_s`.
struct row {
  int64_t workers, batch;
  int rep;
  double total_s, ttft_s, start_s;
  bool failed;
};

struct table {
  struct row of[MAX_ROWS];
  size_t count;
  bool named_reps;
};

// How the same measurement is told.
struct telling {
  double seconds, tokens;
  int first_rep;
  bool shuffled;
};

static const struct telling PLAIN = {1, 1, 0, false};
static const struct telling OTHERS[] = {{1, 1, 0, true}, {10, 7, 0, false}, {1, 1, 5, true}};
static const char *const other_names[] = {"rows shuffled", "seconds x 10, tokens x 7",
                                          "repetitions renamed, rows shuffled"};

static uint64_t state_of_random;

// A generator of our own, so that every machine draws the same tables.
static double uniform(void) {
  state_of_random = state_of_random * 6364136223846793005U + 1442695040888963407U;
  return (double)(state_of_random >> 11) / 9007199254740992.0;
}

static double normal(void) {
  return sqrt(-2 * log(1 - uniform())) * cos(6.283185307179586 * uniform());
}

static void draw(uint64_t seed, bool requests, struct table *table) {
  state_of_random = seed * 2654435761U + 1;
  *table = (struct table){.named_reps = requests || uniform() < 0.5};
  size_t levels = 2 + (size_t)(4 * uniform()), sizes = requests ? 1 : 1 + (size_t)(3 * uniform());
  int reps = 1 + (int)(4 * uniform());
  double peak = 2 + 20 * uniform(), noise = 0.002 + 0.05 * uniform(), fails = uniform() < 0.2 ? 0.1 : 0;
  double at = 0;
  for (int rep = 0; rep < reps; rep++) {
    for (size_t l = 0; l < levels; l++) {
      for (size_t s = 0; s < sizes; s++) {
        int64_t workers = (int64_t)1 << l, batch = workers * (int64_t)(requests ? 4 : 1 + 2 * s);
        double n = (double)workers, x = 300 * n / (peak / 4 + n / 2 + n * n / (4 * peak));
        struct row *row = &table->of[table->count++];
        *row = (struct row){.workers = workers, .batch = batch, .rep = rep, .start_s = at};
        row->total_s = 100 * (double)batch / (x * exp(noise * normal()));
        row->ttft_s = 0.02 * n * exp(0.1 * normal());
        row->failed = uniform() < fails;
        at += row->total_s + 1;
      }
    }
  }
}

static void append_row(const struct table *table, const struct row *row, const struct telling *how,
                       struct buf *text) {
  int64_t answered = row->failed ? 0 : row->batch;
  buf_printf(text, "%lld,%lld,%.17g,%.17g,%lld,%lld", (long long)row->workers, (long long)row->batch,
             row->total_s * how->seconds, 100 * how->tokens * (double)answered, (long long)row->batch,
             (long long)(row->batch - answered));
  buf_printf(text, table->named_reps ? ",%d\n" : "\n", row->rep + how->first_rep);
}

static void append_batch(const struct row *row, const struct telling *how, struct buf *text) {
  double waves = (double)row->batch / (double)row->workers, latency = row->total_s / waves * how->seconds;
  double start = row->start_s * how->seconds, tokens = 100 * how->tokens;
  for (int64_t i = 0; i < row->batch; i++) {
    int64_t wave = i / row->workers;
    double sent = start + (double)wave * latency;
    double ttft = fmin(row->ttft_s * (1 + 0.01 * (double)(i % 5)) * how->seconds, latency / 2);
    buf_printf(
        text,
        "{\"type\":\"request\",\"session\":0,\"workers\":%lld,\"batch\":%lld,\"rep\":%d,\"index\":%lld,"
        "\"intended_s\":%.9f,\"sent_s\":%.9f,\"ttft_s\":%.9f,\"last_text_s\":%.9f,\"latency_s\":%.9f,"
        "\"output_tokens\":%.0f,\"events\":%.0f,\"error\":null}\n",
        (long long)row->workers, (long long)row->batch, row->rep + how->first_rep, (long long)i, sent, sent,
        ttft, latency, latency, tokens, tokens);
  }
  buf_printf(text,
             "{\"type\":\"batch\",\"session\":0,\"workers\":%lld,\"batch\":%lld,\"rep\":%d,\"start_s\":%.9f,"
             "\"total_s\":%.9f,\"requests\":%lld,\"failed\":0,\"output_tokens\":%.0f}\n",
             (long long)row->workers, (long long)row->batch, row->rep + how->first_rep, start,
             row->total_s * how->seconds, (long long)row->batch, tokens * (double)row->batch);
}

static char *tell(const struct table *table, const struct telling *how, bool requests) {
  struct buf text = {0};
  size_t order[MAX_ROWS] = {0};
  for (size_t i = 0; i < table->count; i++) {
    size_t at = how->shuffled ? (size_t)(uniform() * (double)(i + 1)) : i;
    order[i] = order[at];
    order[at] = i;
  }
  buf_append_text(&text,
                  requests ? SCENARIO_HEADER("1", "") : "workers,batch,total_s,tokens,requests,failed");
  if (!requests) buf_append_text(&text, table->named_reps ? ",rep\n" : "\n");
  for (size_t i = 0; i < table->count; i++) {
    if (requests)
      append_batch(&table->of[order[i]], how, &text);
    else
      append_row(table, &table->of[order[i]], how, &text);
  }
  if (requests) buf_append_text(&text, SCENARIO_END);
  char *copy = strdup(buf_text(&text));
  buf_free(&text);
  return copy;
}

static void name_cell(const struct results *results, const char *what, size_t cell, struct buf *out) {
  buf_printf(out, " %s ", what);
  if (cell < results->cell_count)
    buf_printf(out, "%lldx%lld", (long long)results->cells[cell].workers,
               (long long)results->cells[cell].batch);
}

// What was decided, in words.
static void list_decisions(const struct results *results, struct buf *out) {
  const struct recommendation *chosen = &results->recommendation;
  buf_printf(out, "%s, limits %d", recommendation_state_names[chosen->state], (int)chosen->limits);
  name_cell(results, "cell", chosen->cell, out);
  name_cell(results, "stopped", chosen->stopped, out);
  name_cell(results, "fewer", chosen->fewer, out);
  name_cell(results, "best", results->best.exists ? results->best.cell : SIZE_MAX, out);
  for (size_t i = 0; i < results->best.set_count; i++)
    name_cell(results, "set", results->best.set[i], out);
  for (size_t i = 0; i < results->cell_count; i++) {
    name_cell(results, "\n", i, out);
    buf_printf(out, " flags %u slo %d %d", results->cells[i].flags, (int)results->cells[i].meets_slo,
               results->cells[i].slo_certain);
  }
  buf_printf(out, "\ncurve %d %d %d, cliffs %zu, next", results->curve.optimum_established,
             results->curve.gate_failed, (int)results->curve.course, results->cliff_count);
  for (size_t i = 0; i < results->next_count; i++)
    buf_printf(out, " %lldx%lld", (long long)results->next[i].workers, (long long)results->next[i].batch);
}

static void load(const char *text, const struct slo *slo, struct load_data *data) {
  struct error error = {0};
  *data = LOAD_DATA;
  if (slo) {
    data->limits = slo->request;
    data->has_limits = slo->has_request;
  }
  if (scenario_load(data, text, &error) || load_finish(data, &error)) fail_msg("%s", error.text);
}

// Decisions about a telling, with limits on times where there are requests.
static void decide(const struct table *table, const struct telling *how, bool requests, struct buf *out) {
  struct analysis_options options = scenario_options();
  struct slo slo = SLO_NONE;
  struct scenario s = {0};
  struct error error = {0};
  char limits[64], *text = tell(table, how, requests);
  options.draws = DRAWS;
  snprintf(limits, sizeof limits, "ttft=%.0fms,latency_p95=%.0fms", 200 * how->seconds, 700 * how->seconds);
  assert_int_equal(slo_parse(limits, &slo, &error), STATUS_OK);
  if (requests) options.slo = &slo;
  load(text, requests ? &slo : NULL, &s.data);
  assert_int_equal(analysis_run(&s.data, &options, &s.results, &error), STATUS_OK);
  list_decisions(&s.results, out);
  scenario_free(&s);
  free(text);
}

static void compare(const struct table *before, const struct table *now, const struct telling *how,
                    struct buf *out) {
  static const struct baseline_options options = {
      .confidence = 0.95, .max_regression = 0.05, .session_sd = 0.02};
  char *texts[2] = {tell(before, how, false), tell(now, how, false)};
  struct load_data data[2];
  struct results results = {0};
  struct error error = {0};
  for (int i = 0; i < 2; i++)
    load(texts[i], NULL, &data[i]);
  const struct comparison *found = &results.comparison;
  if (baseline_compare(&data[0], &data[1], &options, &results.comparison, &error))
    buf_printf(out, "%s", error.text);
  else
    buf_printf(out, "%s %d", found->verdict, found->regressed);
  for (size_t i = 0; i < found->cell_count; i++)
    buf_printf(out, " %s", found->cells[i].verdict);
  results_free(&results);
  for (int i = 0; i < 2; i++) {
    load_free(&data[i]);
    free(texts[i]);
  }
}

static void assert_same_decisions(uint64_t seed, bool requests) {
  struct table table, other;
  struct buf plain = {0}, told = {0};
  draw(seed, requests, &table);
  decide(&table, &PLAIN, requests, &plain);
  if (!requests) {
    draw(seed, requests, &other);
    for (size_t i = 0; i < other.count; i++)
      other.of[i].total_s *= 1 + 0.1 * uniform();
    compare(&table, &other, &PLAIN, &plain);
  }
  for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
    told.len = 0;
    decide(&table, &OTHERS[i], requests, &told);
    if (!requests) compare(&table, &other, &OTHERS[i], &told);
    if (strcmp(buf_text(&plain), buf_text(&told)) != 0)
      fail_msg("table %llu, %s:\n%s\n\nbefore:\n%s", (unsigned long long)seed, other_names[i],
               buf_text(&told), buf_text(&plain));
  }
  buf_free(&plain);
  buf_free(&told);
}

static void test_tables_are_judged_alike_however_they_are_told(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= TABLES; seed++)
    assert_same_decisions(seed, false);
}

static void test_runs_of_requests_are_judged_alike_too(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= RUNS; seed++)
    assert_same_decisions(seed, true);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tables_are_judged_alike_however_they_are_told),
      cmocka_unit_test(test_runs_of_requests_are_judged_alike_too),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
