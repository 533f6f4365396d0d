// SPDX-License-Identifier: GPL-3.0-or-later
//
// Results made by hand for the tests of the chapters: the tables of shared/data with the plain flags of
// METHODS.md 1, and small ones. Statistics proper (intervals, sets, fits) are put in by each test.
#ifndef TESTS_UNIT_ANALYZE_CHAPTERS_FIXTURE_H
#define TESTS_UNIT_ANALYZE_CHAPTERS_FIXTURE_H

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/results/results.h"

static inline void fixture_no_percentiles(struct percentiles *times) {
  struct estimate none = {NAN, NAN, NAN};
  *times = (struct percentiles){none, none, none};
}

static inline struct cell fixture_cell(int64_t workers, int64_t batch, double total_s, double mean_s,
                                       double rate, double tokens) {
  struct cell cell = {.workers = workers,
                      .batch = batch,
                      .reps = 1,
                      .sessions = 1,
                      .total_s = total_s,
                      .mean_s = mean_s,
                      .amount = tokens,
                      .tokens = tokens,
                      .input_tokens = NAN,
                      .cached_tokens = NAN,
                      .requests = batch,
                      .failed = tokens > 0 ? 0 : batch,
                      .failure_rate = {NAN, NAN, NAN},
                      .tokens_per_s = {rate, NAN, NAN},
                      .goodput = {NAN, NAN, NAN},
                      .flags = CELL_UNREPLICATED};
  if (!(tokens > 0)) cell.flags = CELL_FAILED | CELL_UNREPLICATED;
  if (batch > workers && batch % workers != 0) cell.flags |= CELL_PARTIAL_WAVE;
  fixture_no_percentiles(&cell.ttft_s);
  fixture_no_percentiles(&cell.latency_s);
  fixture_no_percentiles(&cell.response_s);
  fixture_no_percentiles(&cell.tpot_s);
  fixture_no_percentiles(&cell.itl_s);
  return cell;
}

static inline void fixture_start(struct results *results, size_t cells) {
  *results = (struct results){
      .confidence = 0.95, .sigma = NAN, .sigma_df = NAN, .client_cpu_max = NAN, .client_lag_p99_max_s = NAN};
  results->cells = calloc(cells + 1, sizeof *results->cells);
  results->workers = calloc(cells + 1, sizeof *results->workers);
  results->best.regret_bound = NAN;
  results->curve = (struct curve){.selected = SIZE_MAX,
                                  .range_lo = NAN,
                                  .range_hi = NAN,
                                  .optimum_n = {NAN, NAN, NAN},
                                  .optimum_throughput = {NAN, NAN, NAN},
                                  .optimum_range = {NAN, NAN, NAN},
                                  .knee_n = {NAN, NAN, NAN},
                                  .lack_of_fit_f = NAN,
                                  .lack_of_fit_p = NAN};
}

static inline void fixture_level(struct results *results, struct workers_row *row) {
  struct cell *cells = &results->cells[row->first_cell];
  if (row->cell_count > 1 && cells[0].batch == 1 &&
      cells[1].tokens_per_s.estimate > 2 * cells[0].tokens_per_s.estimate)
    cells[0].flags |= CELL_COLD;
  row->best_batch = -1;
  row->capacity = (struct estimate){NAN, NAN, NAN};
  row->start_up_s = NAN;
  for (size_t i = 0; i < row->cell_count; i++) {
    if (cells[i].flags & (CELL_COLD | CELL_FAILED | CELL_INVALID_CLIENT)) continue;
    row->usable = true;
    if (cells[i].tokens_per_s.estimate <= row->max_tokens_per_s) continue;
    row->max_tokens_per_s = cells[i].tokens_per_s.estimate;
    row->best_batch = cells[i].batch;
    row->best_is_edge = i + 1 == row->cell_count;
    struct best *best = &results->best;
    if (!best->exists || cells[i].tokens_per_s.estimate > results->cells[best->cell].tokens_per_s.estimate) {
      best->exists = true;
      best->cell = best->recommended = row->first_cell + i;
      best->batch_edge = row->best_is_edge;
    }
  }
}

// Levels, flags, the largest; call it when all cells are in.
static inline void fixture_finish(struct results *results) {
  for (size_t i = 0; i < results->cell_count; i++) {
    struct workers_row *last = results->workers_count ? &results->workers[results->workers_count - 1] : NULL;
    if (!last || last->workers != results->cells[i].workers) {
      last = &results->workers[results->workers_count++];
      last->workers = results->cells[i].workers;
      last->first_cell = i;
    }
    last->cell_count++;
  }
  for (size_t i = 0; i < results->workers_count; i++)
    fixture_level(results, &results->workers[i]);
  if (results->best.exists && results->workers_count > 1)
    results->best.workers_edge =
        results->cells[results->best.cell].workers == results->workers[results->workers_count - 1].workers;
}

static inline void fixture_warn(struct results *results, enum warning_code code, int64_t workers) {
  results->warnings = realloc(results->warnings, (results->warning_count + 1) * sizeof *results->warnings);
  results->warnings[results->warning_count++] = (struct warning){
      .code = code, .workers = workers, .batch = -1, .count = -1, .value = NAN, .lo = NAN, .hi = NAN};
}

static inline void fixture_cliff(struct results *results, int64_t from, int64_t to, struct estimate ratio) {
  results->cliffs = realloc(results->cliffs, (results->cliff_count + 1) * sizeof *results->cliffs);
  results->cliffs[results->cliff_count++] = (struct cliff){.from = from, .to = to, .ratio = ratio};
}

// A CSV of cells with all six columns in the standing order; false: not there.
static inline bool fixture_load(const char *path, struct results *results) {
  FILE *file = fopen(path, "r");
  if (!file) return false;
  fixture_start(results, 256);
  char line[256];
  while (results->cell_count < 256 && fgets(line, sizeof line, file)) {
    int64_t workers, batch;
    double total_s, mean_s, rate, tokens;
    if (sscanf(line, "%" SCNd64 ",%" SCNd64 ",%lf,%lf,%lf,%lf", &workers, &batch, &total_s, &mean_s, &rate,
               &tokens) == 6)
      results->cells[results->cell_count++] = fixture_cell(workers, batch, total_s, mean_s, rate, tokens);
  }
  fclose(file);
  fixture_finish(results);
  return true;
}

#endif
