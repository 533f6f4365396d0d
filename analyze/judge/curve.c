// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/curve.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/judge/loads.h"
#include "lib/base/array.h"

enum kind { KIND_STEADY, KIND_FULL_WAVES, KIND_OPEN_LOOP, KIND_SINGLE_WAVE, KIND_COUNT };
static const char *const kind_names[KIND_COUNT] = {"steady", "full_waves", "open_loop", "single_wave"};

struct points {
  struct curve_point *of;
  size_t count, room;
};

static enum status add_point(struct points *points, double n, double throughput, int64_t workers,
                             int64_t batch, int64_t unit) {
  if (!(n > 0) || !(throughput > 0) || !isfinite(n) || !isfinite(throughput)) return STATUS_OK;
  enum status status =
      array_grow(&points->of, &points->room, points->count, sizeof *points->of, LOAD_MAX_POINTS);
  if (status == STATUS_OK)
    points->of[points->count++] = (struct curve_point){
        .n = n, .throughput = throughput, .workers = workers, .batch = batch, .unit = unit};
  return status;
}

// The pass over the plan (`by_pass`) or the run whose effect a value shares with others.
static int64_t unit_of(const struct cells_samples *samples, int64_t block, bool by_pass) {
  if (samples->by_run) return block >> 32;
  return by_pass ? block : -1;
}

static enum status add_cell(struct points *points, const struct cells_samples *samples, size_t at, double n,
                            bool by_pass, const struct cell *cell) {
  const struct cells_sample *sample = &samples->of[at];
  for (size_t i = 0; i < sample->count; i++) {
    int64_t block = sample->cell->replicates[sample->replicates[i]].block;
    enum status status =
        add_point(points, n, sample->values[i], cell->workers, cell->batch, unit_of(samples, block, by_pass));
    if (status != STATUS_OK) return status;
  }
  return STATUS_OK;
}

// What each level gave while all its workers were busy.
static enum status add_steady(struct points *points, const struct cells_samples *samples,
                              const struct steady_levels *steady, double first_cliff,
                              const struct results *results) {
  for (size_t i = 0; i < steady->count; i++) {
    const struct steady_sample *level = &steady->of[i];
    const struct workers_row *row = &results->workers[level->row];
    for (size_t k = 0; (double)level->workers < first_cliff && k < level->count; k++) {
      enum status status = add_point(points, (double)level->workers, level->values[k], level->workers,
                                     row->best_batch, unit_of(samples, level->blocks[k], false));
      if (status != STATUS_OK) return status;
    }
  }
  return STATUS_OK;
}

// The longest batch of full waves of each level: one cell per n, so that equal n are replicates and nothing
// else.
static enum status add_full_waves(struct points *points, const struct cells_samples *samples,
                                  double first_cliff, const struct results *results) {
  for (size_t w = 0; w < results->workers_count; w++) {
    const struct workers_row *row = &results->workers[w];
    size_t longest = SIZE_MAX;
    for (size_t i = row->first_cell; i < row->first_cell + row->cell_count; i++) {
      const struct cell *cell = &results->cells[i];
      if (cells_usable(cell) && cell->batch % cell->workers == 0 &&
          cell->batch / cell->workers >= CURVE_MIN_WAVES)
        longest = i;
    }
    if (longest == SIZE_MAX || (double)row->workers >= first_cliff) continue;
    enum status status =
        add_cell(points, samples, longest, (double)row->workers, false, &results->cells[longest]);
    if (status != STATUS_OK) return status;
  }
  return STATUS_OK;
}

static bool is_single_wave(const struct cell *cell, double first_cliff) {
  return cells_usable(cell) && cell->batch <= cell->workers && (double)cell->workers < first_cliff;
}

// A session of a managed server is in all points of its level and pass: where levels have several points,
// only passes as a whole are independent.
static bool share_sessions(const struct cells_samples *samples, double first_cliff,
                           const struct results *results) {
  for (size_t i = 1; samples->managed && i < results->cell_count; i++) {
    if (results->cells[i].workers == results->cells[i - 1].workers &&
        is_single_wave(&results->cells[i], first_cliff) &&
        is_single_wave(&results->cells[i - 1], first_cliff))
      return true;
  }
  return false;
}

static enum status add_single_waves(struct points *points, const struct cells_samples *samples,
                                    double first_cliff, const struct results *results) {
  bool by_pass = share_sessions(samples, first_cliff, results);
  for (size_t i = 0; i < results->cell_count; i++) {
    const struct cell *cell = &results->cells[i];
    if (!is_single_wave(cell, first_cliff)) continue;
    enum status status = add_cell(points, samples, i, (double)cell->batch, by_pass, cell);
    if (status != STATUS_OK) return status;
  }
  return STATUS_OK;
}

// Every repetition is a point; few rates are a list of loads and no curve.
static enum status add_open_loop(struct points *points, const struct results *results) {
  if (loads_usable_rates(results) < CURVE_MIN_DISTINCT) return STATUS_OK;
  for (size_t i = 0; i < results->load_count; i++) {
    const struct load *load = &results->loads[i];
    for (int64_t r = 0; r < load->reps && !load->failing; r++) {
      const struct load_repetition *one = &load->repetitions[r];
      double rate = results->measure == MEASURE_REQUESTS ? one->served_per_s : one->tokens_per_s;
      enum status status = add_point(points, one->n, rate, -1, -1, -1);
      if (status != STATUS_OK) return status;
    }
  }
  return STATUS_OK;
}

static int compare_points(const void *left, const void *right) {
  const struct curve_point *a = left, *b = right;
  if (a->n != b->n) return a->n < b->n ? -1 : 1;
  if (a->workers != b->workers) return a->workers < b->workers ? -1 : 1;
  return (a->throughput > b->throughput) - (a->throughput < b->throughput);
}

static size_t count_distinct(struct points *points) {
  size_t distinct = 0;
  if (points->count > 0) stat_sort(points->of, points->count, sizeof *points->of, compare_points);
  for (size_t i = 0; i < points->count; i++)
    distinct += i == 0 || points->of[i].n > points->of[i - 1].n;
  return distinct;
}

static void keep(struct points *points, const char *kind, struct results *results) {
  results->curve.points = points->of;
  results->curve.point_count = points->count;
  results->curve.kind = kind;
  results->curve.exists = points->count > 0;
  for (size_t i = 0; i < points->count; i++)
    results->curve.shared = results->curve.shared || points->of[i].unit >= 0;
  *points = (struct points){0};
}

enum status curve_choose_points(const struct cells_samples *samples, const struct steady_levels *steady,
                                double first_cliff, struct results *results, struct error *error) {
  struct points points[KIND_COUNT] = {0};
  enum status status = add_steady(&points[KIND_STEADY], samples, steady, first_cliff, results);
  if (status == STATUS_OK) status = add_full_waves(&points[KIND_FULL_WAVES], samples, first_cliff, results);
  if (status == STATUS_OK) status = add_open_loop(&points[KIND_OPEN_LOOP], results);
  if (status == STATUS_OK) {
    status = add_single_waves(&points[KIND_SINGLE_WAVE], samples, first_cliff, results);
  }
  size_t chosen = 0, most = 0;
  for (size_t k = 0; k < KIND_COUNT && most < CURVE_MIN_DISTINCT; k++) {
    size_t distinct = count_distinct(&points[k]);
    if (distinct <= most) continue;
    chosen = k;
    most = distinct;
  }
  // More points than a fit can take in a reasonable time: the cells are there, a curve is not.
  if (status == STATUS_LIMIT)
    status = STATUS_OK;
  else if (status == STATUS_OK)
    keep(&points[chosen], kind_names[chosen], results);
  for (size_t k = 0; k < KIND_COUNT; k++)
    free(points[k].of);
  return status == STATUS_OK ? status : status_plain(error, status);
}

enum status curve_take_points(const struct load_data *data, struct results *results, struct error *error) {
  struct points points = {0};
  for (size_t i = 0; i < data->point_count; i++) {
    enum status status = add_point(&points, data->points[i].n, data->points[i].throughput, -1, -1, -1);
    if (status == STATUS_OK) continue;
    free(points.of);
    return status_plain(error, status);
  }
  count_distinct(&points);
  keep(&points, "file", results);
  return STATUS_OK;
}
