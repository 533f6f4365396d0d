// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/results/summary.h"

#include <math.h>

#include "analyze/results/summary_curve.h"
#include "analyze/results/summary_edge.h"
#include "analyze/results/summary_spend.h"

static const struct value null = {.kind = VALUE_NULL};

static const struct member fact_members[] = {MEMBER(run_facts, source, "source", MEMBER_TEXT),
                                             MEMBER(run_facts, kind, "kind", MEMBER_TEXT),
                                             MEMBER(run_facts, url, "url", MEMBER_TEXT),
                                             MEMBER(run_facts, model, "model", MEMBER_TEXT),
                                             MEMBER(run_facts, api, "api", MEMBER_TEXT),
                                             MEMBER(run_facts, trace_digest, "trace_digest", MEMBER_TEXT),
                                             MEMBER(run_facts, sent_digest, "sent_digest", MEMBER_TEXT),
                                             MEMBER(run_facts, timing, "timing", MEMBER_TEXT),
                                             MEMBER(run_facts, start_unix_s, "start_unix_s", MEMBER_NUMBER),
                                             MEMBER(run_facts, seed, "seed", MEMBER_COUNT),
                                             MEMBER(run_facts, shards, "shards", MEMBER_INT),
                                             MEMBER(run_facts, start_skew_s, "start_skew_s", MEMBER_NUMBER),
                                             MEMBER(run_facts, managed, "managed", MEMBER_BOOL),
                                             MEMBER(run_facts, sessions, "sessions", MEMBER_INT),
                                             MEMBER(run_facts, batches, "batches", MEMBER_INT),
                                             MEMBER(run_facts, requests, "requests", MEMBER_INT),
                                             MEMBER(run_facts, failed, "failed", MEMBER_INT),
                                             MEMBER_END};

static struct value unit(const struct results *results, const void *at UNUSED) {
  static const char *const names[] = {[MEASURE_OUTPUT_TOKENS] = "output_tokens/s",
                                      [MEASURE_INPUT_TOKENS] = "input_tokens/s",
                                      [MEASURE_TOTAL_TOKENS] = "total_tokens/s",
                                      [MEASURE_REQUESTS] = "requests/s"};
  return VALUE_OF_TEXT(names[results->measure]);
}

static struct value spread_source(const struct results *results, const void *at UNUSED) {
  static const char *const names[] = {[SIGMA_NONE] = NULL,
                                      [SIGMA_REPLICATES] = "replicates",
                                      [SIGMA_GIVEN] = "given",
                                      [SIGMA_PSEUDO_REPLICATES] = "pseudo_replicates"};
  return VALUE_OF_TEXT(names[results->sigma_source]);
}

static const struct member spread_members[] = {MEMBER(results, sigma, "sigma", MEMBER_NUMBER),
                                               MEMBER(results, sigma_df, "df", MEMBER_NUMBER),
                                               MEMBER_VIEW_OF("source", spread_source), MEMBER_END};

VALUE_VIEW(components, results,
           self->spend.exists ? VALUE_OF_OBJECT(&self->spend, summary_spend_members) : null)

// The throughput has the name of what it counts.
static const struct member cell_rate_members[][2] = {
    {MEMBER(cell, tokens_per_s, "tokens_per_s", MEMBER_ESTIMATE), MEMBER_END},
    {MEMBER(cell, tokens_per_s, "requests_per_s", MEMBER_ESTIMATE), MEMBER_END}};
static const struct member level_rate_members[][2] = {
    {MEMBER(workers_row, max_tokens_per_s, "max_tokens_per_s", MEMBER_POSITIVE), MEMBER_END},
    {MEMBER(workers_row, max_tokens_per_s, "max_requests_per_s", MEMBER_POSITIVE), MEMBER_END}};

VALUE_VIEW(cell_rate, cell, VALUE_OF_OBJECT(self, cell_rate_members[results->measure == MEASURE_REQUESTS]))

VALUE_VIEW(level_rate, workers_row,
           VALUE_OF_OBJECT(self, level_rate_members[results->measure == MEASURE_REQUESTS]))

static const char *error_name(const void *cell, size_t index) {
  return ((const struct cell *)cell)->errors[index] > 0 ? failure_name((enum failure)index) : NULL;
}

static struct value error_count(const struct results *results UNUSED, const void *cell, size_t index) {
  return VALUE_OF_INT(((const struct cell *)cell)->errors[index]);
}

static struct value errors(const struct results *results UNUSED, const void *cell) {
  return (struct value){
      .kind = VALUE_LIST, .at = cell, .count = FAILURE_COUNT, .name = error_name, .element = error_count};
}

static struct value flag(const struct results *results UNUSED, const void *cell, size_t index) {
  size_t bit = 0;
  for (unsigned flags = ((const struct cell *)cell)->flags;; flags >>= 1, bit++) {
    if ((flags & 1u) && index-- == 0) return VALUE_OF_TEXT(cell_flag_names[bit]);
  }
}

static struct value flags(const struct results *results UNUSED, const void *cell) {
  size_t count = (size_t)__builtin_popcount(((const struct cell *)cell)->flags);
  return (struct value){.kind = VALUE_LIST, .at = cell, .count = count, .element = flag};
}

static const struct member cell_members[] = {MEMBER(cell, workers, "workers", MEMBER_INT),
                                             MEMBER(cell, batch, "batch", MEMBER_INT),
                                             MEMBER(cell, timed, "timed", MEMBER_BOOL),
                                             MEMBER(cell, reps, "reps", MEMBER_INT),
                                             MEMBER(cell, sessions, "sessions", MEMBER_INT),
                                             MEMBER(cell, invalid, "invalid", MEMBER_INT),
                                             MEMBER(cell, total_s, "total_s", MEMBER_NUMBER),
                                             MEMBER(cell, mean_s, "mean_s", MEMBER_NUMBER),
                                             MEMBER(cell, tokens, "tokens", MEMBER_NUMBER),
                                             MEMBER(cell, input_tokens, "input_tokens", MEMBER_NUMBER),
                                             MEMBER(cell, cached_tokens, "cached_tokens", MEMBER_NUMBER),
                                             MEMBER(cell, requests, "requests", MEMBER_INT),
                                             MEMBER(cell, failed, "failed", MEMBER_INT),
                                             MEMBER(cell, failure_rate, "failure_rate", MEMBER_ESTIMATE),
                                             MEMBER_VIEW_OF("errors", errors),
                                             MEMBER_INLINE_OF(cell_rate),
                                             MEMBER(cell, pooled_interval, "pooled_interval", MEMBER_BOOL),
                                             MEMBER(cell, goodput, "goodput", MEMBER_ESTIMATE_OR_NULL),
                                             MEMBER(cell, ttft_s, "ttft_s", MEMBER_PERCENTILES),
                                             MEMBER(cell, latency_s, "latency_s", MEMBER_PERCENTILES),
                                             MEMBER(cell, response_s, "response_s", MEMBER_PERCENTILES),
                                             MEMBER(cell, tpot_s, "tpot_s", MEMBER_PERCENTILES),
                                             MEMBER(cell, itl_s, "itl_s", MEMBER_PERCENTILES),
                                             MEMBER_VIEW_OF("flags", flags),
                                             MEMBER(cell, meets_slo, "meets_slo", MEMBER_SLO),
                                             MEMBER(cell, in_best_set, "in_best_set", MEMBER_BOOL),
                                             MEMBER_END};

static const struct member steady_members[] = {
    MEMBER(steady_level, throughput, "throughput", MEMBER_ESTIMATE),
    MEMBER(steady_level, window_share, "window_share", MEMBER_NUMBER),
    MEMBER(steady_level, in_flight, "in_flight", MEMBER_NUMBER),
    MEMBER(steady_level, littles_law, "littles_law", MEMBER_NUMBER), MEMBER_END};

static const struct member level_members[] = {MEMBER(workers_row, workers, "workers", MEMBER_INT),
                                              MEMBER(workers_row, usable, "usable", MEMBER_BOOL),
                                              MEMBER(workers_row, best_batch, "best_batch", MEMBER_COUNT),
                                              MEMBER(workers_row, best_is_edge, "best_is_edge", MEMBER_BOOL),
                                              MEMBER_INLINE_OF(level_rate),
                                              MEMBER(workers_row, capacity, "capacity", MEMBER_ESTIMATE),
                                              MEMBER_OBJECT_OF(workers_row, steady, "steady", steady_members),
                                              MEMBER(workers_row, start_up_s, "start_up_s", MEMBER_NUMBER),
                                              MEMBER_END};

static const struct member place_members[] = {MEMBER(cell, workers, "workers", MEMBER_INT),
                                              MEMBER(cell, batch, "batch", MEMBER_INT), MEMBER_END};

// An element of a list of indices into the cells.
static struct value place(const struct results *results, const void *indices, size_t index) {
  return VALUE_OF_OBJECT(&results->cells[((const size_t *)indices)[index]], place_members);
}

static struct value places(const size_t *indices, size_t count) {
  return (struct value){.kind = VALUE_LIST, .at = indices, .count = count, .element = place};
}

static bool is_shown(const struct results *results) {
  return results->recommendation.state == RECOMMENDATION_SHOWN;
}

VALUE_VIEW(best_place, results, VALUE_OF_OBJECT(&self->cells[self->best.cell], place_members))

VALUE_VIEW(best_rate, results, cell_rate(self, &self->cells[self->best.cell]))

VALUE_VIEW(best_set, results, places(self->best.set, self->best.set_count))

VALUE_VIEW(best_recommended, results,
           is_shown(self) ? VALUE_OF_OBJECT(&self->cells[self->best.recommended], place_members) : null)

static const struct member best_members[] = {
    MEMBER_INLINE_OF(best_place),
    MEMBER_INLINE_OF(best_rate),
    MEMBER_VIEW_OF("set", best_set),
    MEMBER(results, best.regret_bound, "regret_bound", MEMBER_NUMBER),
    MEMBER_VIEW_OF("recommended", best_recommended),
    MEMBER(results, best.batch_edge, "batch_edge", MEMBER_BOOL),
    MEMBER(results, best.workers_edge, "workers_edge", MEMBER_BOOL),
    MEMBER_END};

static const struct member ttft_members[] = {MEMBER(cell, ttft_s.p50.estimate, "p50", MEMBER_NUMBER),
                                             MEMBER(cell, ttft_s.p95.estimate, "p95", MEMBER_NUMBER),
                                             MEMBER_END};
static const struct member latency_members[] = {MEMBER(cell, latency_s.p50.estimate, "p50", MEMBER_NUMBER),
                                                MEMBER(cell, latency_s.p95.estimate, "p95", MEMBER_NUMBER),
                                                MEMBER_END};
static const struct member chosen_place_members[] = {MEMBER(cell, workers, "workers", MEMBER_COUNT),
                                                     MEMBER(cell, batch, "batch", MEMBER_COUNT), MEMBER_END};
static const struct member chosen_times_members[] = {MEMBER_PART("ttft_s", ttft_members),
                                                     MEMBER_PART("latency_s", latency_members), MEMBER_END};

#define UNKNOWN                                                                                              \
  { NAN, NAN, NAN }
static const struct cell no_cell = {.workers = -1,
                                    .batch = -1,
                                    .ttft_s = {UNKNOWN, UNKNOWN, UNKNOWN},
                                    .latency_s = {UNKNOWN, UNKNOWN, UNKNOWN}};
static const struct recommendation not_shown = {.below_best_at_most = NAN, .throughput = UNKNOWN};

static const struct cell *chosen(const struct results *results) {
  return is_shown(results) && results->recommendation.cell < results->cell_count
             ? &results->cells[results->recommendation.cell]
             : &no_cell;
}

VALUE_VIEW(chosen_place, results, VALUE_OF_OBJECT(chosen(results), chosen_place_members))

VALUE_VIEW(chosen_times, results, VALUE_OF_OBJECT(chosen(results), chosen_times_members))

static struct value chosen_n(const struct results *results, const void *at UNUSED) {
  const struct cell *cell = chosen(results);
  if (cell == &no_cell) return null;
  return VALUE_OF_INT(cell->workers < cell->batch ? cell->workers : cell->batch);
}

static const struct member shown_members[] = {
    MEMBER(recommendation, below_best_at_most, "below_best_at_most", MEMBER_NUMBER),
    MEMBER(recommendation, throughput, "throughput", MEMBER_ESTIMATE), MEMBER_END};

VALUE_VIEW(shown, recommendation, VALUE_OF_OBJECT(is_shown(results) ? self : &not_shown, shown_members))

VALUE_VIEW(next_up_cell, recommendation,
           VALUE_OF_OBJECT(&results->cells[self->next_up], chosen_place_members))

VALUE_VIEW(next_up_times, recommendation,
           VALUE_OF_OBJECT(&results->cells[self->next_up], chosen_times_members))

static const struct member next_up_members[] = {
    MEMBER_INLINE_OF(next_up_cell), MEMBER(recommendation, next_up_ratio, "ratio", MEMBER_ESTIMATE),
    MEMBER_INLINE_OF(next_up_times), MEMBER_END};

VALUE_VIEW(next_up, recommendation,
           self->next_up < results->cell_count ? VALUE_OF_OBJECT(self, next_up_members) : null)

VALUE_VIEW(fewer_cell, recommendation, VALUE_OF_OBJECT(&results->cells[self->fewer], chosen_place_members))

VALUE_VIEW(fewer_times, recommendation, VALUE_OF_OBJECT(&results->cells[self->fewer], chosen_times_members))

static const struct member fewer_members[] = {MEMBER_INLINE_OF(fewer_cell),
                                              MEMBER(recommendation, fewer_ratio, "ratio", MEMBER_ESTIMATE),
                                              MEMBER_INLINE_OF(fewer_times), MEMBER_END};

VALUE_VIEW(fewer, recommendation,
           self->fewer < results->cell_count ? VALUE_OF_OBJECT(self, fewer_members) : null)

VALUE_VIEW(candidates, recommendation, places(self->candidates, self->candidate_count))

VALUE_VIEW(repeat, recommendation, self->repeat > 0 ? VALUE_OF_INT(self->repeat) : null)

VALUE_VIEW(state, recommendation, VALUE_OF_TEXT(recommendation_state_names[self->state]))

VALUE_VIEW(limit_name, cell, summary_limit_name(results, self->slo_limit))

VALUE_VIEW(limit_seconds, cell, VALUE_OF_NUMBER(results->limits[self->slo_limit].limit_s))

static const struct member estimate_members[] = {{"value", MEMBER_ESTIMATE, 0, NULL, 0, 0, NULL}, MEMBER_END};

VALUE_VIEW(limit_value, cell, VALUE_OF_OBJECT(results_limit_value(results, self), estimate_members))

static const struct member binding_members[] = {MEMBER(cell, workers, "workers", MEMBER_INT),
                                                MEMBER(cell, batch, "batch", MEMBER_INT),
                                                MEMBER_VIEW_OF("limit", limit_name),
                                                MEMBER_VIEW_OF("limit_s", limit_seconds),
                                                MEMBER_INLINE_OF(limit_value),
                                                MEMBER(cell, meets_slo, "meets_slo", MEMBER_SLO),
                                                MEMBER(cell, slo_certain, "certain", MEMBER_BOOL),
                                                MEMBER_END};

// The limit that a cell misses by most, or has the least room to; null: no limited time was measured.
static struct value binds(const struct results *results, const void *at) {
  const struct recommendation *self = at;
  size_t index = self->limits == RECOMMENDATION_KEPT ? self->stopped : self->cell;
  if (index >= results->cell_count ||
      !isfinite(results_limit_value(results, &results->cells[index])->estimate))
    return null;
  return VALUE_OF_OBJECT(&results->cells[index], binding_members);
}

static struct value limits_state(const struct results *results UNUSED, const void *at) {
  static const char *const names[] = {
      [RECOMMENDATION_KEPT] = "kept", [RECOMMENDATION_OPEN] = "open", [RECOMMENDATION_MISSED] = "missed"};
  return VALUE_OF_TEXT(names[((const struct recommendation *)at)->limits]);
}

static const struct member limits_members[] = {MEMBER_VIEW_OF("state", limits_state),
                                               MEMBER_VIEW_OF("binds", binds), MEMBER_END};

VALUE_VIEW(limits, recommendation,
           self->limits == RECOMMENDATION_UNLIMITED ? null : VALUE_OF_OBJECT(self, limits_members))

static const struct member recommendation_members[] = {
    MEMBER_VIEW_OF("state", state),
    MEMBER_INLINE_OF(chosen_place),
    MEMBER_VIEW_OF("n", chosen_n),
    MEMBER(recommendation, margin, "margin", MEMBER_NUMBER),
    MEMBER_INLINE_OF(shown),
    MEMBER(recommendation, steady, "steady", MEMBER_BOOL),
    MEMBER(recommendation, fitted, "fitted", MEMBER_BOOL),
    MEMBER_VIEW_OF("unit", unit),
    MEMBER_INLINE_OF(chosen_times),
    MEMBER_VIEW_OF("next_up", next_up),
    MEMBER_VIEW_OF("fewer", fewer),
    MEMBER_VIEW_OF("candidates", candidates),
    MEMBER_VIEW_OF("repeat", repeat),
    MEMBER_VIEW_OF("slo", limits),
    MEMBER_END};

VALUE_VIEW(established, cliff, VALUE_OF_BOOL(!self->possible))

static const struct member cliff_members[] = {
    MEMBER(cliff, from, "from", MEMBER_INT),        MEMBER(cliff, to, "to", MEMBER_INT),
    MEMBER(cliff, ratio, "ratio", MEMBER_ESTIMATE), MEMBER(cliff, total, "total", MEMBER_BOOL),
    MEMBER_VIEW_OF("established", established),     MEMBER_END};

static const struct member repetition_members[] = {
    MEMBER(load_repetition, n, "n", MEMBER_NUMBER),
    MEMBER(load_repetition, tokens_per_s, "tokens_per_s", MEMBER_NUMBER),
    MEMBER(load_repetition, served_per_s, "served_per_s", MEMBER_NUMBER),
    MEMBER(load_repetition, duration_s, "duration_s", MEMBER_NUMBER),
    MEMBER(load_repetition, requests, "requests", MEMBER_INT),
    MEMBER(load_repetition, failed, "failed", MEMBER_INT),
    MEMBER_END};

static struct value repetitions(const struct results *results UNUSED, const void *at) {
  const struct load *load = at;
  return (struct value){.kind = VALUE_LIST,
                        .at = load->repetitions,
                        .members = repetition_members,
                        .count = (size_t)load->reps,
                        .size = sizeof *load->repetitions};
}

VALUE_VIEW(queue_grows, load, isnan(self->queue_slope) ? null : VALUE_OF_BOOL(self->queue_grows))

static const struct member whole_members[] = {MEMBER(load, whole_ttft_s, "ttft_s", MEMBER_PERCENTILES),
                                              MEMBER(load, whole_latency_s, "latency_s", MEMBER_PERCENTILES),
                                              MEMBER(load, whole_tpot_s, "tpot_s", MEMBER_PERCENTILES),
                                              MEMBER_END};

static const struct member load_members[] = {MEMBER(load, rate, "rate", MEMBER_NUMBER),
                                             MEMBER(load, speed, "speed", MEMBER_NUMBER),
                                             MEMBER(load, reps, "reps", MEMBER_INT),
                                             MEMBER(load, invalid, "invalid", MEMBER_INT),
                                             MEMBER(load, sent_per_s, "sent_per_s", MEMBER_NUMBER),
                                             MEMBER(load, n, "n", MEMBER_NUMBER),
                                             MEMBER(load, requests, "requests", MEMBER_INT),
                                             MEMBER(load, failed, "failed", MEMBER_INT),
                                             MEMBER(load, served_per_s, "served_per_s", MEMBER_ESTIMATE),
                                             MEMBER(load, tokens_per_s, "tokens_per_s", MEMBER_ESTIMATE),
                                             MEMBER(load, goodput, "goodput", MEMBER_ESTIMATE_OR_NULL),
                                             MEMBER(load, good_share, "good_share", MEMBER_ESTIMATE_OR_NULL),
                                             MEMBER(load, meets_slo, "meets_slo", MEMBER_SLO),
                                             MEMBER(load, queue_slope, "queue_slope", MEMBER_NUMBER),
                                             MEMBER_VIEW_OF("queue_grows", queue_grows),
                                             MEMBER(load, ttft_s, "ttft_s", MEMBER_PERCENTILES),
                                             MEMBER(load, latency_s, "latency_s", MEMBER_PERCENTILES),
                                             MEMBER(load, tpot_s, "tpot_s", MEMBER_PERCENTILES),
                                             MEMBER(load, start_s, "start_s", MEMBER_NUMBER),
                                             MEMBER_PART("needs_s", summary_needs_members),
                                             MEMBER_PART("whole", whole_members),
                                             MEMBER_VIEW_OF("repetitions", repetitions),
                                             MEMBER_END};

VALUE_VIEW(kept_per_s, results, VALUE_OF_NUMBER(results_offered(self, self->load_answer.kept)))

VALUE_VIEW(broken_per_s, results, VALUE_OF_NUMBER(results_offered(self, self->load_answer.broken)))

static const struct member load_answer_members[] = {MEMBER_VIEW_OF("kept_per_s", kept_per_s),
                                                    MEMBER_VIEW_OF("broken_per_s", broken_per_s), MEMBER_END};

VALUE_VIEW(slo_edge, results,
           self->slo_edge.exists ? VALUE_OF_OBJECT(&self->slo_edge, summary_edge_members) : null)

VALUE_VIEW(demand, results,
           self->demand.exists ? VALUE_OF_OBJECT(&self->demand, summary_demand_members) : null)

VALUE_VIEW(load_answer, results, self->load_count > 0 ? VALUE_OF_OBJECT(self, load_answer_members) : null)

static const struct member before_after_members[] = {MEMBER(before_after, before, "before", MEMBER_POSITIVE),
                                                     MEMBER(before_after, now, "now", MEMBER_POSITIVE),
                                                     MEMBER_END};

static const struct member comparison_cell_members[] = {
    MEMBER(comparison_cell, workers, "workers", MEMBER_INT),
    MEMBER(comparison_cell, batch, "batch", MEMBER_INT),
    MEMBER(comparison_cell, ratio, "ratio", MEMBER_ESTIMATE),
    MEMBER(comparison_cell, verdict, "verdict", MEMBER_TEXT),
    MEMBER(comparison_cell, replicates_needed, "replicates_needed", MEMBER_COUNT),
    MEMBER_OBJECT_OF(comparison_cell, ttft_p95_s, "ttft_p95_s", before_after_members),
    MEMBER_OBJECT_OF(comparison_cell, latency_p50_s, "latency_p50_s", before_after_members),
    MEMBER_END};

// The cell of that index by its workers and batch; null where there is none.
#define VALUE_OF_COMPARED(index)                                                                             \
  ((index) < self->comparison.cell_count ? VALUE_OF_OBJECT(&self->comparison.cells[index], compared_place)   \
                                         : (struct value){.kind = VALUE_NULL})
static const struct member compared_place[] = {MEMBER(comparison_cell, workers, "workers", MEMBER_INT),
                                               MEMBER(comparison_cell, batch, "batch", MEMBER_INT),
                                               MEMBER_END};
VALUE_VIEW(slowest, results, VALUE_OF_COMPARED(self->comparison.slowest))
VALUE_VIEW(fastest, results, VALUE_OF_COMPARED(self->comparison.fastest))

static const struct member comparison_place_members[] = {
    MEMBER(comparison_place, workers, "workers", MEMBER_INT),
    MEMBER(comparison_place, batch, "batch", MEMBER_INT), MEMBER_END};

static const struct member compared_best_members[] = {
    MEMBER_OBJECT_OF(results, comparison.best_before, "before", comparison_place_members),
    MEMBER_OBJECT_OF(results, comparison.best_now, "now", comparison_place_members),
    MEMBER(results, comparison.best_ratio, "ratio", MEMBER_ESTIMATE), MEMBER_END};
static const struct member comparison_members[] = {
    MEMBER(results, comparison.baseline, "baseline", MEMBER_TEXT),
    MEMBER(results, comparison.margin, "margin", MEMBER_NUMBER),
    MEMBER(results, comparison.max_regression, "max_regression", MEMBER_NUMBER),
    MEMBER(results, comparison.regressed, "regressed", MEMBER_BOOL),
    MEMBER(results, comparison.by_blocks, "by_blocks", MEMBER_BOOL),
    MEMBER(results, comparison.session_sd, "session_sd", MEMBER_NUMBER),
    MEMBER(results, comparison.ratio, "ratio", MEMBER_ESTIMATE),
    MEMBER(results, comparison.verdict, "verdict", MEMBER_TEXT),
    MEMBER(results, comparison.replicates_needed, "replicates_needed", MEMBER_COUNT),
    MEMBER(results, comparison.uneven_p, "uneven_p", MEMBER_NUMBER),
    MEMBER_VIEW_OF("slowest", slowest),
    MEMBER_VIEW_OF("fastest", fastest),
    MEMBER_PART("best", compared_best_members),
    MEMBER_LIST_OF(results, comparison.cells, comparison.cell_count, "cells", comparison_cell_members),
    MEMBER_LIST_OF(results, comparison.missing, comparison.missing_count, "missing",
                   comparison_place_members),
    MEMBER_END};

static const struct member assertion_members[] = {MEMBER(assertion, expression, "expression", MEMBER_TEXT),
                                                  MEMBER(assertion, value, "value", MEMBER_NUMBER),
                                                  MEMBER(assertion, passed, "passed", MEMBER_BOOL),
                                                  MEMBER_END};

VALUE_VIEW(warning_code, warning, VALUE_OF_TEXT(warning_code_names[self->code]))

static const struct member warning_members[] = {MEMBER_VIEW_OF("code", warning_code),
                                                MEMBER(warning, sentence, "text", MEMBER_TEXT), MEMBER_END};

VALUE_VIEW(version, results, VALUE_OF_INT(SUMMARY_VERSION))

VALUE_VIEW(tool, results, VALUE_OF_TEXT("analyze " TIDEMARK_VERSION))

VALUE_VIEW(curve, results, self->curve.exists ? VALUE_OF_OBJECT(&self->curve, summary_curve_members) : null)

VALUE_VIEW(api_name, api_row, VALUE_OF_TEXT(self->name))

static const struct member api_members[] = {MEMBER_VIEW_OF("api", api_name),
                                            MEMBER(api_row, requests, "requests", MEMBER_INT),
                                            MEMBER(api_row, failed, "failed", MEMBER_INT),
                                            MEMBER(api_row, input_tokens, "input_tokens", MEMBER_INT),
                                            MEMBER(api_row, output_tokens, "output_tokens", MEMBER_INT),
                                            MEMBER(api_row, ttft_p50_s, "ttft_p50_s", MEMBER_NUMBER),
                                            MEMBER(api_row, ttft_p95_s, "ttft_p95_s", MEMBER_NUMBER),
                                            MEMBER(api_row, latency_p50_s, "latency_p50_s", MEMBER_NUMBER),
                                            MEMBER(api_row, latency_p95_s, "latency_p95_s", MEMBER_NUMBER),
                                            MEMBER_END};
static const struct member apis_members[] = {MEMBER_LIST_OF(results, apis, api_count, "apis", api_members),
                                             MEMBER_END};

// Left out where no run has several.
VALUE_VIEW(apis, results, VALUE_OF_OBJECT(self, apis_members + (self->api_count == 0)))

static const struct member summary_members[] = {
    MEMBER_VIEW_OF("version", version),
    MEMBER_VIEW_OF("tool", tool),
    MEMBER(results, title, "title", MEMBER_TEXT),
    MEMBER(results, confidence, "confidence", MEMBER_NUMBER),
    MEMBER_VIEW_OF("unit", unit),
    MEMBER_LIST_OF(results, facts, fact_count, "inputs", fact_members),
    MEMBER_INLINE_OF(apis),
    MEMBER_PART("spread", spread_members),
    MEMBER_VIEW_OF("components", components),
    MEMBER_LIST_OF(results, cells, cell_count, "cells", cell_members),
    MEMBER_LIST_OF(results, workers, workers_count, "workers", level_members),
    MEMBER_IF_OF(BOOL, results, best.exists, "best", best_members),
    MEMBER_OBJECT_OF(results, recommendation, "recommendation", recommendation_members),
    MEMBER_VIEW_OF("curve", curve),
    MEMBER_LIST_OF(results, cliffs, cliff_count, "cliffs", cliff_members),
    MEMBER_LIST_OF(results, loads, load_count, "loads", load_members),
    MEMBER_VIEW_OF("load_answer", load_answer),
    MEMBER_VIEW_OF("slo_edge", slo_edge),
    MEMBER_VIEW_OF("demand", demand),
    MEMBER_IF_OF(TEXT, results, comparison.baseline, "comparison", comparison_members),
    MEMBER_LIST_OF(results, assertions, assertion_count, "assertions", assertion_members),
    MEMBER_LIST_OF(results, warnings, warning_count, "warnings", warning_members),
    MEMBER_END};

struct value summary_value(const struct results *results) {
  return VALUE_OF_OBJECT(results, summary_members);
}

enum status summary_json(const struct results *results, struct buf *out) {
  struct json_writer writer = JSON_WRITER(out);
  value_write(&writer, results, summary_value(results));
  return buf_append_char(out, '\n');
}
