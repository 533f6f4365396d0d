// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/judge/best.h"
#include "analyze/judge/course.h"
#include "analyze/judge/curve.h"
#include "analyze/judge/distributions.h"
#include "analyze/judge/levels.h"
#include "analyze/judge/loads.h"
#include "analyze/judge/recommend.h"
#include "analyze/judge/slo_crossing.h"
#include "analyze/judge/slo_edge.h"
#include "analyze/judge/spend.h"
#include "analyze/judge/steady_levels.h"
#include "analyze/judge/suggest_rates.h"
#include "analyze/judge/warnings.h"

static int compare_apis(const void *a, const void *b) {
  const struct api_row *x = a, *y = b;
  if (x->requests != y->requests) return x->requests > y->requests ? -1 : 1;
  return strcmp(x->name, y->name);
}

static enum status move_apis(struct load_data *data, struct results *results, struct error *error) {
  static const double levels[] = {0.5, 0.95};
  if (data->api_count < 2) return STATUS_OK;
  results->apis = calloc(data->api_count, sizeof *results->apis);
  if (!results->apis) return status_memory(error);
  for (size_t i = 0; i < data->api_count; i++) {
    struct load_api *api = &data->apis[i];
    double ttft[2], latency[2];
    times_quantiles(&api->ttft, levels, 2, ttft);
    times_quantiles(&api->latency, levels, 2, latency);
    struct api_row *row = &results->apis[results->api_count++];
    *row = (struct api_row){.requests = api->requests,
                            .failed = api->failed,
                            .input_tokens = api->input_tokens,
                            .output_tokens = api->output_tokens,
                            .ttft_p50_s = ttft[0],
                            .ttft_p95_s = ttft[1],
                            .latency_p50_s = latency[0],
                            .latency_p95_s = latency[1]};
    memcpy(row->name, api->name, sizeof row->name);
  }
  qsort(results->apis, results->api_count, sizeof *results->apis, compare_apis);
  return STATUS_OK;
}

static void move_facts(struct load_data *data, struct results *results) {
  results->facts = data->facts;
  results->fact_count = data->fact_count;
  data->facts = NULL;
  data->fact_count = data->fact_room = 0;
  results->one_piece = data->answers > 0 ? (double)data->one_piece / (double)data->answers : NAN;
  results->client_cpu_max = data->client_cpu_max;
  results->client_lag_p99_max_s = data->client_lag_p99_max_s;
}

static void propose_next(struct results *results) {
  struct suggest_cell cells[RESULTS_NEXT_MAX];
  results->next_count = suggest_next(results, RESULTS_NEXT_MAX, cells);
  for (size_t i = 0; i < results->next_count; i++)
    results->next[i] = (struct next_cell){cells[i].rate, cells[i].workers, cells[i].batch};
  results->next_is_hole =
      results->next_count > 0 && results->load_count == 0 && suggest_is_hole(results, &cells[0]);
}

static bool is_managed(const struct load_data *data) {
  for (size_t i = 0; i < data->session_count; i++) {
    if (data->sessions[i].batches > 0 && !data->sessions[i].managed) return false;
  }
  return data->session_count > 0;
}

static enum status run_cells(struct load_data *data, const struct analysis_options *options,
                             struct cells_samples *samples, struct steady_levels *steady,
                             struct results *results, struct error *error) {
  struct best_options best = {
      .scale = options->scale, .seed = options->seed, .draws = options->draws, .managed = is_managed(data)};
  struct curve_options curve = {.scale = options->scale,
                                .confidence = options->confidence,
                                .model_count = options->model_count,
                                .draws = options->draws};
  for (size_t i = 0; i < options->model_count; i++)
    curve.models[i] = options->models[i];
  double first_drop = INFINITY, first_cliff = INFINITY;
  enum status status = loads_build(data, results, error);
  if (status == STATUS_OK) status = cells_build(data, options->confidence, results, samples, error);
  if (status == STATUS_OK) status = levels_build(samples, results, error);
  if (status == STATUS_OK) status = steady_levels_build(data, samples, results, steady, error);
  if (status == STATUS_OK)
    status = steady_levels_fill(steady, samples, options->scale, options->sigma, results, error);
  if (status == STATUS_OK) status = levels_steps(results, &first_drop, error);
  if (status == STATUS_OK) {
    status = cells_spread(samples, options->scale, options->sigma, first_drop, results, &best.pool, error);
  }
  if (status == STATUS_OK) status = cells_intervals(samples, options->scale, &best.pool, results, error);
  if (status == STATUS_OK) status = spend_find(samples, results, error);
  if (status == STATUS_OK && options->slo) slo_apply(options->slo, results);
  if (status == STATUS_OK) status = best_find(samples, &best, results, error);
  if (status == STATUS_OK) status = recommend(samples, steady, &best, options->margin, results, error);
  if (status == STATUS_OK) status = slo_edge_find(results, error);
  if (status == STATUS_OK) status = slo_crossing_find(data, results, error);
  if (status == STATUS_OK) status = levels_cliffs(results, &first_cliff, error);
  if (status == STATUS_OK) status = distributions_build(samples, results, error);
  if (status == STATUS_OK) {
    status = data->point_count > 0 ? curve_take_points(data, results, error)
                                   : curve_choose_points(samples, steady, first_cliff, results, error);
  }
  if (status == STATUS_OK) status = curve_fit(&curve, results, error);
  if (status == STATUS_OK) propose_next(results);
  if (status == STATUS_OK) status = warnings_collect(data, samples, results, error);
  return status;
}

enum status analysis_run(struct load_data *data, const struct analysis_options *options,
                         struct results *results, struct error *error) {
  struct cells_samples samples = {0};
  struct steady_levels steady = {0};
  results->confidence = options->confidence;
  results->measure = data->measure;
  results->precision = options->precision > 0 ? options->precision : SUGGEST_PRECISION;
  enum status status = run_cells(data, options, &samples, &steady, results, error);
  if (status == STATUS_OK) status = course_build(data, results, error);
  move_facts(data, results);
  if (status == STATUS_OK) status = move_apis(data, results, error);
  cells_free(&samples);
  steady_levels_free(&steady);
  return status;
}
