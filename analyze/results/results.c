// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/results/results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const results_measure_names[] = {"output_tokens", "input_tokens", "total_tokens", "requests",
                                             NULL};

const char *const cell_flag_names[CELL_FLAG_COUNT] = {"cold", "failed", "partial_wave", "unreplicated",
                                                      "invalid_client"};

const char *const recommendation_state_names[] = {[RECOMMENDATION_NONE] = "none",
                                                  [RECOMMENDATION_SHOWN] = "shown",
                                                  [RECOMMENDATION_UNDECIDED] = "undecided"};

const char *const spend_group_names[] = {"restarts", "runs", "passes", "none"};
const char *const spend_on_names[] = {NULL, "groups", "repetitions", "longer_batches"};
const char *const curve_course_names[] = {
    [CURVE_RISES] = "rises", [CURVE_FALLS] = "falls", [CURVE_DIPS] = "dips", [CURVE_LEVEL] = "level"};

const char *const warning_code_names[WARNING_CODE_COUNT] = {
    [WARNING_COLD_START] = "cold_start",
    [WARNING_FAILED_LEVEL] = "failed_level",
    [WARNING_HOLE] = "hole",
    [WARNING_REPLACED] = "replaced",
    [WARNING_FAILED_CELLS] = "failed_cells",
    [WARNING_ALL_FAILED] = "all_failed",
    [WARNING_UNREPLICATED] = "unreplicated",
    [WARNING_NO_SPREAD] = "no_spread",
    [WARNING_ONE_SESSION] = "one_session",
    [WARNING_INVALID_CLIENT] = "invalid_client",
    [WARNING_EDGE_BATCH] = "edge_batch",
    [WARNING_EDGE_WORKERS] = "edge_workers",
    [WARNING_PARTIAL_WAVES] = "partial_waves",
    [WARNING_CLIFF] = "cliff",
    [WARNING_CLIFF_POSSIBLE] = "cliff_possible",
    [WARNING_TOKENS_DIFFER] = "tokens_differ",
    [WARNING_LACK_OF_FIT] = "lack_of_fit",
    [WARNING_FIT_RANGE] = "fit_range",
    [WARNING_TWO_MODES] = "two_modes",
    [WARNING_DRIFT] = "drift",
    [WARNING_CACHED_TOKENS] = "cached_tokens",
    [WARNING_CACHED_UNEVEN] = "cached_tokens_differ",
    [WARNING_DAMAGED_INPUT] = "damaged_input",
    [WARNING_PARTS_DIFFER] = "parts_differ",
    [WARNING_PARTS_APART] = "parts_apart",
    [WARNING_NO_END] = "no_end",
    [WARNING_PLOTS] = "plots",
    [WARNING_OUTLIER] = "outlier",
    [WARNING_FEW_LEVELS] = "few_levels",
    [WARNING_UNLIKE_INPUTS] = "unlike_inputs",
    [WARNING_UNLIKE_BASELINE] = "unlike_baseline",
    [WARNING_NEWER_VERSION] = "newer_version",
    [WARNING_BURST] = "burst",
    [WARNING_GRID_ORDER] = "grid_order",
    [WARNING_LITTLES_LAW] = "littles_law",
};

// Denser towards the slow end, which is what the reader asks for.
const double results_quantile_levels[RESULTS_QUANTILES] = {
    0.01, 0.05, 0.1,   0.15, 0.2,    0.25,  0.3,    0.35,  0.4,   0.45,   0.5,    0.55,  0.6,  0.65,
    0.7,  0.75, 0.8,   0.82, 0.84,   0.86,  0.88,   0.9,   0.91,  0.92,   0.93,   0.94,  0.95, 0.96,
    0.97, 0.98, 0.985, 0.99, 0.9925, 0.995, 0.9965, 0.998, 0.999, 0.9995, 0.9998, 0.9999};

static void facts_free(struct run_facts *facts) {
  char *texts[] = {facts->source,    facts->kind,           facts->url,         facts->model,
                   facts->api,       facts->server_command, facts->host,        facts->tool_version,
                   facts->arguments, facts->trace_digest,   facts->sent_digest, facts->timing};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    free(texts[i]);
}

void results_free(struct results *results) {
  if (!results) return;
  for (size_t i = 0; i < results->fact_count; i++)
    facts_free(&results->facts[i]);
  free(results->facts);
  free(results->title);
  free(results->cells);
  free(results->workers);
  free(results->best.set);
  free(results->recommendation.candidates);
  free(results->curve.points);
  free(results->curve.models);
  free(results->curve.band);
  free(results->curve.outliers);
  free(results->curve.steps);
  free(results->cliffs);
  free(results->steps);
  for (size_t i = 0; i < results->load_count; i++)
    free(results->loads[i].repetitions);
  free(results->loads);
  free(results->course);
  free(results->demand.rows);
  free(results->distributions);
  for (size_t i = 0; i < results->warning_count; i++)
    free(results->warnings[i].sentence);
  free(results->apis);
  free(results->warnings);
  free(results->comparison.baseline);
  free(results->comparison.cells);
  free(results->comparison.missing);
  for (size_t i = 0; i < results->assertion_count; i++)
    free(results->assertions[i].expression);
  free(results->assertions);
  memset(results, 0, sizeof *results);
}

double results_offered(const struct results *results, size_t index) {
  if (index >= results->load_count) return NAN;
  const struct load *load = &results->loads[index];
  return isfinite(load->rate) && load->rate > 0 ? load->rate : load->sent_per_s;
}

double results_edge_load(const struct results *results, size_t index) {
  if (results->load_count > 0) return results_offered(results, index);
  return index < results->workers_count ? (double)results->workers[index].workers : NAN;
}

const struct estimate *results_limit_value(const struct results *results, const struct cell *cell) {
  static const struct estimate unknown = {NAN, NAN, NAN};
  if (cell->slo_limit >= results->limit_count) return &unknown;
  const struct limit *limit = &results->limits[cell->slo_limit];
  const struct percentiles *times = limit->time == RESULTS_TTFT   ? &cell->ttft_s
                                    : limit->time == RESULTS_TPOT ? &cell->tpot_s
                                                                  : &cell->latency_s;
  if (limit->percentile == 0) return &cell->good_share;
  return limit->percentile == 50 ? &times->p50 : limit->percentile == 95 ? &times->p95 : &times->p99;
}

size_t results_level_cell(const struct results *results, const struct workers_row *row) {
  size_t best = row->usable ? results_find(results, row->workers, row->best_batch) : SIZE_MAX;
  size_t held = SIZE_MAX;
  for (size_t i = row->first_cell; results->recommendation.steady && i < row->first_cell + row->cell_count;
       i++) {
    const struct cell *cell = &results->cells[i];
    if (cell->flags & (CELL_COLD | CELL_FAILED | CELL_INVALID_CLIENT) || cell->batch <= cell->workers)
      continue;
    if (held == SIZE_MAX || cell->tokens_per_s.estimate > results->cells[held].tokens_per_s.estimate)
      held = i;
  }
  return held != SIZE_MAX ? held : best;
}

size_t results_find(const struct results *results, int64_t workers, int64_t batch) {
  size_t lo = 0, hi = results->cell_count;
  while (lo < hi) {
    size_t middle = lo + (hi - lo) / 2;
    const struct cell *cell = &results->cells[middle];
    if (cell->workers == workers && cell->batch == batch) return middle;
    if (cell->workers < workers || (cell->workers == workers && cell->batch < batch))
      lo = middle + 1;
    else
      hi = middle;
  }
  return SIZE_MAX;
}
