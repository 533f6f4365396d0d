// SPDX-License-Identifier: GPL-3.0-or-later
//
// One answer in one report: what 2000 random results recommend is the same in every place, nobody is sent
// beyond a plateau, and with limits only what keeps them is recommended. A third has limits.
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

#include <gsl/gsl_randist.h>

#include "analyze/judge/cells.h"
#include "analyze/judge/slo.h"
#include "analyze/judge/suggest.h"
#include "analyze/results/summary.h"
#include "lib/json/json_scan.h"
#include "tests/unit/analyze/scenario.h"
#include "tests/unit/analyze/sections/made.h"
#include "tests/unit/analyze/simulated.h"

enum { RESULTS = 2000, LEVELS = 12, FULL_EVERY = 100 };

// What happens in a random run, so that a test of nothing but easy ones is noticed.
static struct { int shown, undecided, none, edges, plateaus, kept, open, missed; } seen;

static double between(gsl_rng *rng, double low, double high) {
  return low + (high - low) * gsl_rng_uniform(rng);
}

static bool chance(gsl_rng *rng, double share) {
  return gsl_rng_uniform(rng) < share;
}

static struct simulated_server random_server(gsl_rng *rng) {
  struct simulated_server server = {.n_star = exp(between(rng, log(2), log(150))),
                                    .peak = exp(between(rng, log(20), log(9000))),
                                    .s = between(rng, 0.05, 0.95)};
  if (chance(rng, 0.2)) server.kink = between(rng, 0, 0.3);
  if (chance(rng, 0.3)) server.plateau = 1 + (int64_t)gsl_rng_uniform_int(rng, 40);
  if (chance(rng, 0.2)) server.cliff = 1 + (int64_t)gsl_rng_uniform_int(rng, 64);
  if (chance(rng, 0.2)) server.limit = (int64_t)gsl_rng_uniform_int(rng, 64) + 1;
  return server;
}

// Levels with or without windows, of one batch size or several, repeated alike or not.
static void random_run(gsl_rng *rng, struct load_data *data) {
  static const int64_t workers[LEVELS] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64};
  static const double spreads[] = {0.002, 0.01, 0.03, 0.1, 0.3};
  struct simulated_server server = random_server(rng);
  bool ladder = chance(rng, 0.3), windows = chance(rng, 0.6), managed = chance(rng, 0.4);
  bool ragged = chance(rng, 0.3), uneven = chance(rng, 0.3);
  double sd = spreads[gsl_rng_uniform_int(rng, 5)], share = between(rng, 0.1, 1);
  int64_t repeat = 1 + (int64_t)gsl_rng_uniform_int(rng, 5);
  size_t always = gsl_rng_uniform_int(rng, LEVELS);
  for (size_t i = 0; i < LEVELS; i++) {
    if (i != always && !chance(rng, share)) continue;
    for (int64_t waves = 1; waves <= (ladder ? 3 : 1); waves++) {
      struct simulated_cell cell = {.workers = workers[i],
                                    .batch = waves * (windows ? 192 : workers[i]),
                                    .repeat = ragged ? 1 + (int64_t)gsl_rng_uniform_int(rng, 5) : repeat,
                                    .sd = uneven ? sd * exp(between(rng, -2, 2)) : sd,
                                    .managed = managed};
      assert_true(simulated_measure(&server, &cell, rng, data));
    }
  }
  assert_int_equal(load_finish(data, NULL), STATUS_OK);
}

enum { REQUESTS = 80 };

// Requests of a level wait for each other: 10 ms a worker, more or less.
static void random_times(gsl_rng *rng, struct load_data *data) {
  double spread = between(rng, 0.01, 0.5);
  for (size_t i = 0; i < data->cell_count; i++) {
    struct load_cell *cell = &data->cells[i];
    for (int k = 0; k < REQUESTS; k++) {
      double latency_s = 0.01 * (double)cell->workers * exp(gsl_ran_gaussian(rng, spread));
      assert_int_equal(times_add(&cell->pooled.of[LOAD_LATENCY], (int64_t)(1e9 * latency_s)), STATUS_OK);
      assert_int_equal(times_add(&cell->pooled.of[LOAD_TTFT], (int64_t)(1e8 * latency_s)), STATUS_OK);
    }
  }
}

static void random_limits(gsl_rng *rng, struct slo *slo) {
  static const char *const names[] = {"latency_p50", "latency_p95", "ttft_p50", "ttft_p95"};
  struct error error = {0};
  char text[96];
  size_t name = gsl_rng_uniform_int(rng, 4);
  double limit_s = exp(between(rng, log(0.005), log(1.5))) / (name < 2 ? 1 : 10);
  *slo = SLO_NONE;
  snprintf(text, sizeof text, "%s=%.4fs", names[name], limit_s);
  if (slo_parse(text, slo, &error) != STATUS_OK) fail_msg("%s", error.text);
}

static bool keeps_limits(const struct results *results, size_t cell) {
  return results->cells[cell].meets_slo == CELL_SLO_MET && results->cells[cell].slo_certain;
}

static bool misses_limits(const struct results *results, size_t cell) {
  return results->cells[cell].meets_slo == CELL_SLO_MISSED && results->cells[cell].slo_certain;
}

// What is shown keeps its limits for certain; nothing is suggested above the lowest level that misses them.
static void check_limits(const struct results *results) {
  const struct recommendation *chosen = &results->recommendation;
  struct suggest_cell cells[SUGGEST_MAX];
  if (results->limit_count == 0 || !results->best.exists) return;
  seen.kept += chosen->limits == RECOMMENDATION_KEPT;
  seen.open += chosen->limits == RECOMMENDATION_OPEN;
  seen.missed += chosen->limits == RECOMMENDATION_MISSED;
  if (chosen->state == RECOMMENDATION_SHOWN) {
    assert_int_equal(chosen->limits, RECOMMENDATION_KEPT);
    assert_true(keeps_limits(results, chosen->cell));
    if (chosen->fewer != SIZE_MAX) assert_true(keeps_limits(results, chosen->fewer));
  }
  size_t count = suggest_next(results, SUGGEST_MAX, cells);
  for (size_t w = 0; w < results->workers_count; w++) {
    size_t level = results_level_cell(results, &results->workers[w]);
    if (level == SIZE_MAX || !misses_limits(results, level)) continue;
    for (size_t i = 0; i < count; i++) {
      if (cells[i].workers > results->workers[w].workers && !suggest_is_hole(results, &cells[i]))
        fail_msg("%lld workers are suggested above %lld, which miss a limit: %s", (long long)cells[i].workers,
                 (long long)results->workers[w].workers, cells[i].why);
    }
    return;
  }
}

static int count_of(const char *text, const char *word) {
  int count = 0;
  for (; (text = strstr(text, word)) != NULL; text += strlen(word))
    count++;
  return count;
}

// The summary in `text`.
static struct json_slice json_of(const struct results *results, struct buf *text) {
  struct json_slice json;
  struct error error = {0};
  assert_int_equal(summary_json(results, text), STATUS_OK);
  if (json_scan_text(text->data, text->len, &json, &error) != STATUS_OK) fail_msg("%s", error.text);
  return json;
}

static void same_cell(struct json_slice json, const struct cell *cell) {
  int64_t workers = -1, batch = -1;
  json_scan_int64(json_scan_get(json, "workers"), &workers);
  json_scan_int64(json_scan_get(json, "batch"), &batch);
  assert_int_equal(workers, cell->workers);
  assert_int_equal(batch, cell->batch);
}

static void check_json(const struct results *results) {
  const struct recommendation *chosen = &results->recommendation;
  struct buf text = {0}, name = {0};
  struct json_slice json = json_of(results, &text);
  struct json_slice own = json_scan_get(json, "recommendation"), best = json_scan_get(json, "best");
  assert_true(json_scan_string(json_scan_get(own, "state"), &name));
  assert_string_equal(buf_text(&name), recommendation_state_names[chosen->state]);
  if (chosen->state == RECOMMENDATION_SHOWN) {
    same_cell(own, &results->cells[chosen->cell]);
    same_cell(json_scan_get(best, "recommended"), &results->cells[chosen->cell]);
  } else {
    assert_int_equal(json_scan_kind(json_scan_get(own, "workers")), JSON_NULL);
    if (results->best.exists) assert_int_equal(json_scan_kind(json_scan_get(best, "recommended")), JSON_NULL);
  }
  buf_free(&text);
  buf_free(&name);
}

// Said once, of the right level, and not at all where nothing is shown.
static void check_words(const struct results *results, const char *text, const char *told, const char *mark) {
  const struct recommendation *chosen = &results->recommendation;
  bool shown = chosen->state == RECOMMENDATION_SHOWN;
  if (count_of(text, told) != shown) fail_msg("'%s' is not there %d times:\n%s", told, shown, text);
  if (count_of(text, mark) != shown) fail_msg("'%s' is not there %d times:\n%s", mark, shown, text);
  if (!shown) return;
  const char *number = strstr(text, told) + strlen(told);
  number += strcspn(number, "0123456789");
  assert_int_equal(strtoll(number, NULL, 10), results->cells[chosen->cell].workers);
}

static void check_texts(struct made *made) {
  check_words(&made->results, made_brief(made, LANG_EN), "Recommendation:", " recommended");
  check_words(&made->results, made_brief(made, LANG_RU), "Рекомендация:", " рекомендуется");
}

// What is compared: the steady throughput of a level, or a cell's own.
static struct estimate level_value(const struct results *results, size_t row) {
  const struct workers_row *level = &results->workers[row];
  struct estimate most = {0, 0, 0};
  if (!level->usable) return most;
  if (results->recommendation.steady) return level->steady.throughput;
  for (size_t i = level->first_cell; i < level->first_cell + level->cell_count; i++) {
    struct estimate own = results->cells[i].tokens_per_s;
    if (own.estimate > most.estimate && cells_usable(&results->cells[i])) most = own;
  }
  return most;
}

static void check_no_loser(const struct results *results) {
  const struct recommendation *chosen = &results->recommendation;
  if (chosen->state != RECOMMENDATION_SHOWN) return;
  assert_true(chosen->below_best_at_most <= chosen->margin);
  for (size_t i = 0; i < results->workers_count; i++) {
    struct estimate other = level_value(results, i);
    size_t level = results_level_cell(results, &results->workers[i]);
    if (results->limit_count > 0 && (level == SIZE_MAX || !keeps_limits(results, level))) continue;
    if (chosen->throughput.hi < (1 - chosen->margin) * other.lo) {
      fail_msg("%g [%g, %g] is recommended beside %g [%g, %g]", chosen->throughput.estimate,
               chosen->throughput.lo, chosen->throughput.hi, other.estimate, other.lo, other.hi);
    }
  }
}

// No cell, no mark and no warning that sends anyone beyond the last level where that does not gain more than
// the margin, or is not the one to choose.
static void check_plateau(const struct results *results) {
  const struct recommendation *chosen = &results->recommendation;
  if (chosen->state == RECOMMENDATION_NONE || results->workers_count < 2) return;
  size_t last = results->workers_count - 1;
  int64_t most = results->workers[last].workers;
  double top = level_value(results, last).estimate, below = level_value(results, last - 1).estimate;
  bool plateau = !(top >= (1 + chosen->margin) * below);
  bool settled = chosen->state == RECOMMENDATION_SHOWN && results->cells[chosen->cell].workers != most;
  seen.edges += results->best.workers_edge;
  seen.plateaus += plateau;
  if (!plateau && !settled) return;
  struct suggest_cell cells[SUGGEST_MAX];
  size_t count = suggest_next(results, SUGGEST_MAX, cells);
  for (size_t i = 0; i < count; i++) {
    if (cells[i].workers > most) {
      fail_msg("%lld workers are suggested beyond %lld: %s", (long long)cells[i].workers, (long long)most,
               cells[i].why);
    }
  }
  if (results->best.workers_edge)
    fail_msg("%lld workers are called an edge: %g after %g", (long long)most, top, below);
  for (size_t i = 0; i < results->warning_count; i++)
    assert_int_not_equal(results->warnings[i].code, WARNING_EDGE_WORKERS);
}

static void test_one_answer_in_one_report(void **state) {
  struct made *made = *state;
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  assert_non_null(rng);
  stat_init();
  for (unsigned long run = 1; run <= RESULTS; run++) {
    struct load_data data = LOAD_DATA;
    struct analysis_options options = scenario_options();
    options.draws = 500;
    struct slo slo;
    if (run % FULL_EVERY != 0) options.model_count = 0; // curves take longest and say nothing here
    gsl_rng_set(rng, run);
    random_run(rng, &data);
    if (run % 3 == 0) {
      random_times(rng, &data);
      random_limits(rng, &slo);
      options.slo = &slo;
    }
    assert_int_equal(analysis_run(&data, &options, &made->results, NULL), STATUS_OK);
    const struct recommendation *chosen = &made->results.recommendation;
    seen.shown += chosen->state == RECOMMENDATION_SHOWN;
    seen.undecided += chosen->state == RECOMMENDATION_UNDECIDED;
    seen.none += chosen->state == RECOMMENDATION_NONE;
    check_json(&made->results);
    check_no_loser(&made->results);
    check_plateau(&made->results);
    check_limits(&made->results);
    check_texts(made);
    if (run % FULL_EVERY == 0)
      assert_true(count_of(made_report(made, LANG_EN), "Recommendation:") ==
                  (chosen->state == RECOMMENDATION_SHOWN));
    results_free(&made->results);
    load_free(&data);
  }
  gsl_rng_free(rng);
  print_message("%d results: %d shown, %d undecided, %d without; %d at the edge, %d on a plateau\n", RESULTS,
                seen.shown, seen.undecided, seen.none, seen.edges, seen.plateaus);
  assert_true(seen.shown > RESULTS / 10 && seen.undecided > RESULTS / 10 && seen.none > RESULTS / 50);
  print_message("with limits: %d keep them, %d are open, %d miss them\n", seen.kept, seen.open, seen.missed);
  assert_true(seen.kept > RESULTS / 20 && seen.open > RESULTS / 100 && seen.missed > RESULTS / 100);
  assert_true(seen.edges > RESULTS / 50 && seen.plateaus > RESULTS / 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      MADE(test_one_answer_in_one_report),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
