// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/results/summary.h"

#include <math.h>
#include <stdio.h>

#include "analyze/results/summary_curve.h"
#include "analyze/results/summary_verdicts.h"
#include "lib/json/json_write.h"

static void write_percentiles(struct json_writer *w, const char *key, const struct percentiles *percentiles) {
  json_write_key(w, key);
  if (isnan(percentiles->p50.estimate) && isnan(percentiles->p99.estimate)) {
    json_write_null(w);
    return;
  }
  json_write_object(w);
  summary_estimate(w, "p50", percentiles->p50);
  summary_estimate(w, "p95", percentiles->p95);
  summary_estimate(w, "p99", percentiles->p99);
  json_write_object_end(w);
}

static void write_errors(struct json_writer *w, const struct cell *cell) {
  json_write_key(w, "errors");
  json_write_object(w);
  for (size_t i = 0; i < RESULTS_ERROR_CLASSES; i++) {
    if (cell->errors[i] > 0) json_member_int(w, results_error_names[i], cell->errors[i]);
  }
  json_write_object_end(w);
}

static void write_flags(struct json_writer *w, unsigned flags) {
  json_write_key(w, "flags");
  json_write_array(w);
  for (size_t i = 0; i < CELL_FLAG_COUNT; i++) {
    if (flags & (1u << i)) json_write_string(w, cell_flag_names[i]);
  }
  json_write_array_end(w);
}

static void write_unknown(struct json_writer *w, const char *key) {
  json_write_key(w, key);
  json_write_null(w);
}

static void write_slo(struct json_writer *w, enum cell_slo slo) {
  json_write_key(w, "meets_slo");
  if (slo == CELL_SLO_UNKNOWN)
    json_write_null(w);
  else
    json_write_bool(w, slo == CELL_SLO_MET);
}

static const char *rate_name(const struct results *results) {
  return results->measure == MEASURE_REQUESTS ? "requests_per_s" : "tokens_per_s";
}

static void write_unit(struct json_writer *w, const struct results *results) {
  char unit[32];
  snprintf(unit, sizeof unit, "%s/s", results_measure_names[results->measure]);
  json_member_string(w, "unit", unit);
}

static void write_cell(struct json_writer *w, const struct results *results, const struct cell *cell) {
  json_write_object(w);
  json_member_int(w, "workers", cell->workers);
  json_member_int(w, "batch", cell->batch);
  json_member_bool(w, "timed", cell->timed);
  json_member_int(w, "reps", cell->reps);
  json_member_int(w, "sessions", cell->sessions);
  json_member_int(w, "invalid", cell->invalid);
  json_member_number(w, "total_s", cell->total_s);
  json_member_number(w, "mean_s", cell->mean_s);
  json_member_number(w, "tokens", cell->tokens);
  json_member_number(w, "input_tokens", cell->input_tokens);
  json_member_number(w, "cached_tokens", cell->cached_tokens);
  json_member_int(w, "requests", cell->requests);
  json_member_int(w, "failed", cell->failed);
  summary_estimate(w, "failure_rate", cell->failure_rate);
  write_errors(w, cell);
  summary_estimate(w, rate_name(results), cell->tokens_per_s);
  json_member_bool(w, "pooled_interval", cell->pooled_interval);
  if (isnan(cell->goodput.estimate))
    write_unknown(w, "goodput");
  else
    summary_estimate(w, "goodput", cell->goodput);
  write_percentiles(w, "ttft_s", &cell->ttft_s);
  write_percentiles(w, "latency_s", &cell->latency_s);
  write_percentiles(w, "response_s", &cell->response_s);
  write_percentiles(w, "tpot_s", &cell->tpot_s);
  write_percentiles(w, "itl_s", &cell->itl_s);
  write_flags(w, cell->flags);
  write_slo(w, cell->meets_slo);
  json_member_bool(w, "in_best_set", cell->in_best_set);
  json_write_object_end(w);
}

static void write_steady(struct json_writer *w, const struct steady_level *steady) {
  json_write_key(w, "steady");
  json_write_object(w);
  summary_estimate(w, "throughput", steady->throughput);
  json_member_number(w, "window_share", steady->window_share);
  json_member_number(w, "in_flight", steady->in_flight);
  json_member_number(w, "littles_law", steady->littles_law);
  json_write_object_end(w);
}

static void write_workers(struct json_writer *w, const struct results *results) {
  json_write_key(w, "workers");
  json_write_array(w);
  for (size_t i = 0; i < results->workers_count; i++) {
    const struct workers_row *row = &results->workers[i];
    json_write_object(w);
    json_member_int(w, "workers", row->workers);
    json_member_bool(w, "usable", row->usable);
    json_member_count(w, "best_batch", row->best_batch);
    json_member_bool(w, "best_is_edge", row->best_is_edge);
    json_member_number(w, results->measure == MEASURE_REQUESTS ? "max_requests_per_s" : "max_tokens_per_s",
                       row->usable ? row->max_tokens_per_s : NAN);
    summary_estimate(w, "capacity", row->capacity);
    write_steady(w, &row->steady);
    json_member_number(w, "start_up_s", row->start_up_s);
    json_write_object_end(w);
  }
  json_write_array_end(w);
}

static void write_place(struct json_writer *w, const struct cell *cell) {
  json_write_object(w);
  json_member_int(w, "workers", cell->workers);
  json_member_int(w, "batch", cell->batch);
  json_write_object_end(w);
}

static void write_best(struct json_writer *w, const struct results *results) {
  const struct best *best = &results->best;
  json_write_key(w, "best");
  if (!best->exists) {
    json_write_null(w);
    return;
  }
  const struct cell *cell = &results->cells[best->cell];
  json_write_object(w);
  json_member_int(w, "workers", cell->workers);
  json_member_int(w, "batch", cell->batch);
  summary_estimate(w, rate_name(results), cell->tokens_per_s);
  json_write_key(w, "set");
  json_write_array(w);
  for (size_t i = 0; i < best->set_count; i++)
    write_place(w, &results->cells[best->set[i]]);
  json_write_array_end(w);
  json_member_number(w, "regret_bound", best->regret_bound);
  json_write_key(w, "recommended");
  if (results->recommendation.state == RECOMMENDATION_SHOWN) {
    write_place(w, &results->cells[best->recommended]);
  } else {
    json_write_null(w);
  }
  json_member_bool(w, "batch_edge", best->batch_edge);
  json_member_bool(w, "workers_edge", best->workers_edge);
  json_write_object_end(w);
}

static void write_times(struct json_writer *w, const char *name, const struct percentiles *times) {
  json_write_key(w, name);
  json_write_object(w);
  json_member_number(w, "p50", times->p50.estimate);
  json_member_number(w, "p95", times->p95.estimate);
  json_write_object_end(w);
}

// NULL: there is none.
static const struct cell *cell_at(const struct results *results, size_t index) {
  return index < results->cell_count ? &results->cells[index] : NULL;
}

static void write_next_up(struct json_writer *w, const struct results *results) {
  const struct recommendation *chosen = &results->recommendation;
  json_write_key(w, "next_up");
  const struct cell *up = cell_at(results, chosen->next_up);
  if (!up) {
    json_write_null(w);
    return;
  }
  json_write_object(w);
  json_member_int(w, "workers", up->workers);
  json_member_int(w, "batch", up->batch);
  summary_estimate(w, "ratio", chosen->next_up_ratio);
  write_times(w, "ttft_s", &up->ttft_s);
  write_times(w, "latency_s", &up->latency_s);
  json_write_object_end(w);
}

static void write_recommendation(struct json_writer *w, const struct results *results) {
  const struct recommendation *chosen = &results->recommendation;
  bool shown = chosen->state == RECOMMENDATION_SHOWN;
  const struct cell *cell = shown ? cell_at(results, chosen->cell) : NULL;
  const struct percentiles unknown = {{NAN, NAN, NAN}, {NAN, NAN, NAN}, {NAN, NAN, NAN}};
  json_write_key(w, "recommendation");
  json_write_object(w);
  json_member_string(w, "state", recommendation_state_names[chosen->state]);
  json_member_count(w, "workers", cell ? cell->workers : -1);
  json_member_count(w, "batch", cell ? cell->batch : -1);
  json_member_count(w, "n", !cell ? -1 : cell->workers < cell->batch ? cell->workers : cell->batch);
  json_member_number(w, "margin", chosen->margin);
  json_member_number(w, "below_best_at_most", shown ? chosen->below_best_at_most : NAN);
  summary_estimate(w, "throughput", shown ? chosen->throughput : unknown.p50);
  json_member_bool(w, "steady", chosen->steady);
  write_unit(w, results);
  write_times(w, "ttft_s", cell ? &cell->ttft_s : &unknown);
  write_times(w, "latency_s", cell ? &cell->latency_s : &unknown);
  write_next_up(w, results);
  json_write_key(w, "candidates");
  json_write_array(w);
  for (size_t i = 0; i < chosen->candidate_count; i++) {
    const struct cell *candidate = cell_at(results, chosen->candidates[i]);
    if (candidate) write_place(w, candidate);
  }
  json_write_array_end(w);
  json_member_count(w, "repeat", chosen->repeat > 0 ? chosen->repeat : -1);
  json_write_object_end(w);
}

static void write_cliffs(struct json_writer *w, const struct results *results) {
  json_write_key(w, "cliffs");
  json_write_array(w);
  for (size_t i = 0; i < results->cliff_count; i++) {
    json_write_object(w);
    json_member_int(w, "from", results->cliffs[i].from);
    json_member_int(w, "to", results->cliffs[i].to);
    summary_estimate(w, "ratio", results->cliffs[i].ratio);
    json_member_bool(w, "total", results->cliffs[i].total);
    json_member_bool(w, "established", !results->cliffs[i].possible);
    json_write_object_end(w);
  }
  json_write_array_end(w);
}

static void write_repetitions(struct json_writer *w, const struct load *load) {
  json_write_key(w, "repetitions");
  json_write_array(w);
  for (int64_t i = 0; i < load->reps; i++) {
    const struct load_repetition *repetition = &load->repetitions[i];
    json_write_object(w);
    json_member_number(w, "n", repetition->n);
    json_member_number(w, "tokens_per_s", repetition->tokens_per_s);
    json_member_number(w, "served_per_s", repetition->served_per_s);
    json_member_number(w, "duration_s", repetition->duration_s);
    json_member_int(w, "requests", repetition->requests);
    json_member_int(w, "failed", repetition->failed);
    json_write_object_end(w);
  }
  json_write_array_end(w);
}

static void write_load(struct json_writer *w, const struct load *load) {
  json_write_object(w);
  json_member_number(w, "rate", load->rate);
  json_member_number(w, "speed", load->speed);
  json_member_int(w, "reps", load->reps);
  json_member_int(w, "invalid", load->invalid);
  json_member_number(w, "sent_per_s", load->sent_per_s);
  json_member_number(w, "n", load->n);
  json_member_int(w, "requests", load->requests);
  json_member_int(w, "failed", load->failed);
  summary_estimate(w, "served_per_s", load->served_per_s);
  summary_estimate(w, "tokens_per_s", load->tokens_per_s);
  if (isnan(load->goodput.estimate)) {
    write_unknown(w, "goodput");
    write_unknown(w, "good_share");
  } else {
    summary_estimate(w, "goodput", load->goodput);
    summary_estimate(w, "good_share", load->good_share);
  }
  write_slo(w, load->meets_slo);
  json_member_number(w, "queue_slope", load->queue_slope);
  json_write_key(w, "queue_grows");
  if (isnan(load->queue_slope))
    json_write_null(w);
  else
    json_write_bool(w, load->queue_grows);
  write_percentiles(w, "ttft_s", &load->ttft_s);
  write_percentiles(w, "latency_s", &load->latency_s);
  write_percentiles(w, "tpot_s", &load->tpot_s);
  write_repetitions(w, load);
  json_write_object_end(w);
}

static void write_loads(struct json_writer *w, const struct results *results) {
  json_write_key(w, "loads");
  json_write_array(w);
  for (size_t i = 0; i < results->load_count; i++)
    write_load(w, &results->loads[i]);
  json_write_array_end(w);
  const struct load_answer *answer = &results->load_answer;
  json_write_key(w, "load_answer");
  if (results->load_count == 0) {
    json_write_null(w);
    return;
  }
  json_write_object(w);
  json_member_number(w, "kept_per_s", results_offered(results, answer->kept));
  json_member_number(w, "broken_per_s", results_offered(results, answer->broken));
  json_write_object_end(w);
}

static void write_warnings(struct json_writer *w, const struct results *results, const char *const *texts) {
  json_write_key(w, "warnings");
  json_write_array(w);
  for (size_t i = 0; i < results->warning_count; i++) {
    json_write_object(w);
    json_member_string(w, "code", warning_code_names[results->warnings[i].code]);
    json_member_string(w, "text", texts ? texts[i] : NULL);
    json_write_object_end(w);
  }
  json_write_array_end(w);
}

static void write_spread(struct json_writer *w, const struct results *results) {
  static const char *const sources[] = {[SIGMA_NONE] = NULL,
                                        [SIGMA_REPLICATES] = "replicates",
                                        [SIGMA_GIVEN] = "given",
                                        [SIGMA_PSEUDO_REPLICATES] = "pseudo_replicates"};
  json_write_key(w, "spread");
  json_write_object(w);
  json_member_number(w, "sigma", results->sigma);
  json_member_number(w, "df", results->sigma_df);
  json_member_string(w, "source", sources[results->sigma_source]);
  json_write_object_end(w);
}

static void write_facts(struct json_writer *w, const struct results *results) {
  json_write_key(w, "inputs");
  json_write_array(w);
  for (size_t i = 0; i < results->fact_count; i++) {
    const struct run_facts *facts = &results->facts[i];
    json_write_object(w);
    json_member_string(w, "source", facts->source);
    json_member_string(w, "kind", facts->kind);
    json_member_string(w, "url", facts->url);
    json_member_string(w, "model", facts->model);
    json_member_string(w, "api", facts->api);
    json_member_string(w, "trace_digest", facts->trace_digest);
    json_member_string(w, "sent_digest", facts->sent_digest);
    json_member_string(w, "timing", facts->timing);
    json_member_number(w, "start_unix_s", facts->start_unix_s);
    json_member_count(w, "seed", facts->seed);
    json_member_bool(w, "managed", facts->managed);
    json_member_int(w, "sessions", facts->sessions);
    json_member_int(w, "batches", facts->batches);
    json_member_int(w, "requests", facts->requests);
    json_member_int(w, "failed", facts->failed);
    json_write_object_end(w);
  }
  json_write_array_end(w);
}

enum status summary_json(const struct results *results, const char *const *warning_texts, struct buf *out) {
  struct json_writer writer = JSON_WRITER(out), *w = &writer;
  json_write_object(w);
  json_member_int(w, "version", SUMMARY_VERSION);
  json_member_string(w, "tool", "analyze " TIDEMARK_VERSION);
  json_member_string(w, "title", results->title);
  json_member_number(w, "confidence", results->confidence);
  write_unit(w, results);
  write_facts(w, results);
  write_spread(w, results);
  json_write_key(w, "cells");
  json_write_array(w);
  for (size_t i = 0; i < results->cell_count; i++)
    write_cell(w, results, &results->cells[i]);
  json_write_array_end(w);
  write_workers(w, results);
  write_best(w, results);
  write_recommendation(w, results);
  summary_curve(w, &results->curve);
  write_cliffs(w, results);
  write_loads(w, results);
  summary_comparison(w, results);
  summary_assertions(w, results);
  write_warnings(w, results, warning_texts);
  json_write_object_end(w);
  return buf_append_char(out, '\n');
}
