// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/warnings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/judge/warnings_drift.h"
#include "analyze/judge/warnings_modes.h"
#include "analyze/stat/optimum.h"

#define MAX_TOKEN_RATIO 1.1
#define MAX_CACHED_DIFFERENCE 0.10 // of the shares of input tokens that came from the prompt cache
#define DRIFT_LEVEL 0.02
#define MAX_IN_FLIGHT_DIFFERENCE 0.02 // of the workers, while all of them should be busy
#define MAX_OUTLIERS 10

// A failed addition sticks, so that the many below need one check.
struct collector {
  const struct load_data *data;
  const struct cells_samples *samples;
  struct results *results;
  enum status status;
};

struct warning warnings_new(enum warning_code code) {
  return (struct warning){
      .code = code, .workers = -1, .batch = -1, .count = -1, .value = NAN, .lo = NAN, .hi = NAN};
}

enum status warnings_add(struct results *results, const struct warning *warning) {
  struct warning *grown =
      reallocarray(results->warnings, results->warning_count + 1, sizeof *results->warnings);
  if (!grown) return STATUS_MEMORY;
  results->warnings = grown;
  results->warnings[results->warning_count++] = *warning;
  return STATUS_OK;
}

static void add(struct collector *collector, const struct warning *warning) {
  if (collector->status == STATUS_OK) collector->status = warnings_add(collector->results, warning);
}

static void add_count(struct collector *collector, enum warning_code code, int64_t count) {
  if (count <= 0) return;
  struct warning warning = warnings_new(code);
  warning.count = count;
  add(collector, &warning);
}

static int64_t count_flag(const struct results *results, unsigned flag) {
  int64_t count = 0;
  for (size_t i = 0; i < results->cell_count; i++)
    count += (results->cells[i].flags & flag) != 0;
  return count;
}

static const char *words_of_level(const struct load_data *data, int64_t workers) {
  for (size_t i = 0; i < data->notice_count; i++) {
    const struct load_notice *notice = &data->notices[i];
    if (notice->code == WARNING_FAILED_LEVEL && notice->workers == workers && notice->words)
      return notice->words;
  }
  return NULL;
}

static void about_failures(struct collector *collector) {
  const struct results *results = collector->results;
  int64_t failed_elsewhere = 0;
  if (count_flag(results, CELL_FAILED) == (int64_t)results->cell_count && results->load_count == 0) {
    add_count(collector, WARNING_ALL_FAILED, (int64_t)results->cell_count);
  }
  for (size_t w = 0; w < results->workers_count; w++) {
    const struct workers_row *row = &results->workers[w];
    int64_t failed = 0;
    for (size_t i = row->first_cell; i < row->first_cell + row->cell_count; i++)
      failed += (results->cells[i].flags & CELL_FAILED) != 0;
    if (row->usable) failed_elsewhere += failed;
    if (row->usable || failed == 0) continue;
    struct warning warning = warnings_new(row->hole ? WARNING_HOLE : WARNING_FAILED_LEVEL);
    warning.workers = row->workers;
    warning.count = failed;
    warning.words = words_of_level(collector->data, row->workers);
    add(collector, &warning);
  }
  add_count(collector, WARNING_FAILED_CELLS, failed_elsewhere);
  for (size_t i = 0; i < results->cliff_count; i++) {
    const struct cliff *cliff = &results->cliffs[i];
    if (cliff->total) continue; // said as a failed level
    struct warning warning = warnings_new(cliff->possible ? WARNING_CLIFF_POSSIBLE : WARNING_CLIFF);
    warning.workers = cliff->from;
    warning.count = cliff->to;
    warning.value = cliff->ratio.estimate;
    warning.lo = cliff->ratio.lo;
    warning.hi = cliff->ratio.hi;
    add(collector, &warning);
  }
}

enum status warnings_of_input(struct results *results, const struct load_data *data) {
  static const bool told[WARNING_CODE_COUNT] = {
      [WARNING_DAMAGED_INPUT] = true, [WARNING_NO_END] = true,         [WARNING_NEWER_VERSION] = true,
      [WARNING_PARTS_DIFFER] = true,  [WARNING_PARTS_APART] = true,    [WARNING_REPLACED] = true,
      [WARNING_UNLIKE_INPUTS] = true, [WARNING_UNLIKE_BASELINE] = true};
  enum status status = STATUS_OK;
  for (size_t i = 0; i < data->notice_count && status == STATUS_OK; i++) {
    const struct load_notice *notice = &data->notices[i];
    struct warning warning = warnings_new(notice->code);
    warning.count = notice->count;
    warning.words = notice->words;
    if (told[notice->code]) status = warnings_add(results, &warning);
  }
  return status;
}

static void about_input(struct collector *collector) {
  int64_t invalid = 0;
  if (collector->status == STATUS_OK)
    collector->status = warnings_of_input(collector->results, collector->data);
  for (size_t i = 0; i < collector->data->notice_count; i++) {
    const struct load_notice *notice = &collector->data->notices[i];
    if (notice->code == WARNING_INVALID_CLIENT) invalid += notice->count;
  }
  for (size_t i = 0; i < collector->results->cell_count; i++)
    invalid += collector->results->cells[i].invalid;
  invalid += collector->data->invalid_failing;
  if (invalid > 0) {
    struct warning warning = warnings_new(WARNING_INVALID_CLIENT);
    warning.count = invalid;
    warning.reason = collector->data->client_reason;
    warning.value = collector->data->invalid_cpu_max;
    warning.lo = (double)collector->data->invalid_failing;
    add(collector, &warning);
  }
}

static void about_replication(struct collector *collector) {
  const struct results *results = collector->results;
  int64_t single = 0;
  for (size_t i = 0; i < results->cell_count; i++)
    single += cells_usable(&results->cells[i]) && results->cells[i].reps == 1;
  if (results->sigma_source == SIGMA_NONE && results->best.exists) {
    add_count(collector, WARNING_NO_SPREAD, single > 0 ? single : 1);
  }
  add_count(collector, WARNING_UNREPLICATED, single);
  if (!results->best.exists && results->cell_count > 0) return; // there is no interval to speak of
  int64_t sessions = 0;
  bool managed = false;
  for (size_t i = 0; i < collector->data->session_count; i++) {
    const struct load_session *session = &collector->data->sessions[i];
    sessions += session->number >= 0 && session->batches > 0;
    managed = managed || session->managed;
  }
  bool repeated = false, restarted = false;
  for (size_t i = 0; i < results->cell_count; i++) {
    repeated |= results->cells[i].reps > 1;
    restarted |= results->cells[i].sessions > 1;
  }
  bool repeats_share_session = managed && repeated && !restarted;
  if (sessions == 1 || (sessions > 0 && (!managed || repeats_share_session))) {
    struct warning warning = warnings_new(WARNING_ONE_SESSION);
    add(collector, &warning);
  }
}

// Of a managed server the slots are known; an unlimited client says nothing of any other.
static void about_dispatch(struct collector *collector) {
  bool burst = false;
  for (size_t i = 0; i < collector->data->fact_count; i++)
    burst = burst || (collector->data->facts[i].burst && !collector->data->facts[i].managed);
  struct warning warning = warnings_new(WARNING_BURST);
  if (burst && collector->results->best.exists) add(collector, &warning);
}

static void about_order(struct collector *collector) {
  bool grid = false;
  for (size_t i = 0; i < collector->data->fact_count; i++)
    grid = grid || collector->data->facts[i].grid;
  struct warning warning = warnings_new(WARNING_GRID_ORDER);
  if (grid && collector->results->best.exists && collector->results->workers_count > 1)
    add(collector, &warning);
}

static void about_best(struct collector *collector) {
  const struct best *best = &collector->results->best;
  if (!best->exists) return;
  for (int edge = 0; edge < 2; edge++) {
    if (!(edge == 0 ? best->batch_edge : best->workers_edge)) continue;
    struct warning warning = warnings_new(edge == 0 ? WARNING_EDGE_BATCH : WARNING_EDGE_WORKERS);
    warning.workers = collector->results->cells[best->recommended].workers;
    warning.batch = collector->results->cells[best->recommended].batch;
    add(collector, &warning);
  }
}

static void about_tokens(struct collector *collector) {
  const struct results *results = collector->results;
  double least = INFINITY, most = 0, cached = 0, input = 0;
  for (size_t i = 0; i < results->cell_count; i++) {
    const struct cell *cell = &results->cells[i];
    if (!cells_usable(cell)) continue;
    double successes = (double)(cell->requests - cell->failed) / (double)cell->reps;
    if (successes > 0) least = fmin(least, cell->tokens / successes);
    if (successes > 0) most = fmax(most, cell->tokens / successes);
    if (cell->cached_tokens > 0) cached += cell->cached_tokens * (double)cell->reps;
    if (cell->input_tokens > 0) input += cell->input_tokens * (double)cell->reps;
  }
  if (most > least * MAX_TOKEN_RATIO) {
    struct warning warning = warnings_new(WARNING_TOKENS_DIFFER);
    warning.value = most / least;
    warning.lo = least;
    warning.hi = most;
    add(collector, &warning);
  }
  if (cached > 0) {
    struct warning warning = warnings_new(WARNING_CACHED_TOKENS);
    warning.value = input > 0 ? cached / input : NAN;
    warning.count = (int64_t)cached;
    add(collector, &warning);
  }
}

// rate x latency, each latency cut at the window's ends, is the mean in flight whatever the latencies are
// (Little's law over a finite window). With latencies that are not cut the ratio is off by 40 % at three
// waves.
static void about_littles_law(struct collector *collector) {
  const struct results *results = collector->results;
  for (size_t w = 0; w < results->workers_count; w++) {
    const struct workers_row *row = &results->workers[w];
    if (!(fabs(row->steady.in_flight / (double)row->workers - 1) > MAX_IN_FLIGHT_DIFFERENCE)) continue;
    struct warning warning = warnings_new(WARNING_LITTLES_LAW);
    warning.workers = row->workers;
    warning.value = row->steady.in_flight;
    add(collector, &warning);
  }
}

// A cell whose prompts came from the cache did less work than one whose prompts did not.
static void about_uneven_cache(struct collector *collector) {
  const struct results *results = collector->results;
  struct warning warning = warnings_new(WARNING_CACHED_UNEVEN);
  for (size_t i = 0; i < results->cell_count; i++) {
    const struct cell *cell = &results->cells[i];
    if (!cells_usable(cell) || !(cell->cached_tokens >= 0) || !(cell->input_tokens > 0)) continue;
    double share = cell->cached_tokens / cell->input_tokens;
    warning.lo = fmin(warning.lo, share);
    if (warning.hi >= share) continue;
    warning.hi = share;
    warning.workers = cell->workers;
    warning.batch = cell->batch;
  }
  warning.value = warning.hi - warning.lo;
  if (warning.value > MAX_CACHED_DIFFERENCE) add(collector, &warning);
}

static bool same_cell(const struct curve_point *a, const struct curve_point *b) {
  return a->n == b->n && a->workers == b->workers && a->batch == b->batch;
}

// The worst MAX_OUTLIERS, each cell once, by its worst point.
static void about_outliers(struct collector *collector) {
  const struct curve *curve = &collector->results->curve;
  const struct curve_point *told[MAX_OUTLIERS];
  for (size_t count = 0; count < MAX_OUTLIERS; count++) {
    const struct curve_outlier *worst = NULL;
    for (size_t i = 0; i < curve->outlier_count; i++) {
      const struct curve_outlier *outlier = &curve->outliers[i];
      bool known = false;
      for (size_t j = 0; j < count && !known; j++)
        known = same_cell(&curve->points[outlier->point], told[j]);
      if (!known && (!worst || fabs(outlier->deviation) > fabs(worst->deviation))) worst = outlier;
    }
    if (!worst) return;
    told[count] = &curve->points[worst->point];
    struct warning warning = warnings_new(WARNING_OUTLIER);
    warning.workers = told[count]->workers;
    warning.batch = told[count]->batch;
    warning.value = worst->deviation;
    warning.lo = told[count]->n;
    add(collector, &warning);
  }
}

static void about_curve(struct collector *collector) {
  const struct curve *curve = &collector->results->curve;
  if (!curve->exists) return;
  if (curve->gate_failed) {
    struct warning warning = warnings_new(WARNING_LACK_OF_FIT);
    warning.value = curve->lack_of_fit_p;
    add(collector, &warning);
  }
  about_outliers(collector);
  int64_t distinct = 0;
  for (size_t i = 0; i < curve->point_count; i++) {
    const struct curve_point *points = curve->points;
    distinct += points[i].fitted && (i == 0 || points[i].n > points[i - 1].n || !points[i - 1].fitted);
  }
  // Without any model the cells speak for themselves.
  if (curve->model_count > 0 && distinct < OPTIMUM_MIN_DISTINCT)
    add_count(collector, WARNING_FEW_LEVELS, distinct);
  if (curve->model_count > 0 && !curve->gate_failed && curve->range_lo > curve->points[0].n) {
    struct warning warning = warnings_new(WARNING_FIT_RANGE);
    warning.lo = curve->range_lo;
    warning.hi = curve->range_hi;
    add(collector, &warning);
  }
}

static void about_drift(struct collector *collector) {
  struct drift drift;
  if (!warnings_drift(collector->data, collector->samples, collector->results, &drift) ||
      drift.p >= DRIFT_LEVEL)
    return;
  struct warning warning = warnings_new(WARNING_DRIFT);
  warning.value = expm1(drift.over_run.estimate);
  warning.lo = isfinite(drift.over_run.lo) ? expm1(drift.over_run.lo) : NAN;
  warning.hi = isfinite(drift.over_run.hi) ? expm1(drift.over_run.hi) : NAN;
  add(collector, &warning);
}

enum status warnings_collect(const struct load_data *data, const struct cells_samples *samples,
                             struct results *results, struct error *error) {
  struct collector collector = {data, samples, results, STATUS_OK};
  about_failures(&collector);
  about_input(&collector);
  about_littles_law(&collector);
  about_dispatch(&collector);
  about_order(&collector);
  about_best(&collector);
  about_replication(&collector);
  add_count(&collector, WARNING_COLD_START, count_flag(results, CELL_COLD));
  if (collector.status == STATUS_OK) collector.status = warnings_modes(samples, results);
  about_drift(&collector);
  about_tokens(&collector);
  about_uneven_cache(&collector);
  about_curve(&collector);
  add_count(&collector, WARNING_PARTIAL_WAVES, count_flag(results, CELL_PARTIAL_WAVE));
  if (collector.status == STATUS_OK) return STATUS_OK;
  return status_fail(error, collector.status, "%s", status_name(collector.status));
}
