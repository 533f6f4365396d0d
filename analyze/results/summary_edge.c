// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/results/summary_edge.h"

#include <math.h>

static const struct value null = {.kind = VALUE_NULL};

struct value summary_limit_name(const struct results *results, size_t index) {
  static const char *const names[RESULTS_TIMES][4] = {
      [RESULTS_LATENCY] = {"latency", "latency_p50", "latency_p95", "latency_p99"},
      [RESULTS_TTFT] = {"ttft", "ttft_p50", "ttft_p95", "ttft_p99"},
      [RESULTS_TPOT] = {"tpot", "tpot_p50", "tpot_p95", "tpot_p99"}};
  if (index == SIZE_MAX) return null;
  const struct limit *limit = &results->limits[index];
  size_t percentile = limit->percentile == 0    ? 0
                      : limit->percentile == 50 ? 1
                      : limit->percentile == 95 ? 2
                                                : 3;
  return VALUE_OF_TEXT(names[limit->time][percentile]);
}

VALUE_VIEW(unit, slo_edge, VALUE_OF_TEXT(results->load_count > 0 ? "requests/s" : "workers"))

VALUE_VIEW(passes, slo_edge, VALUE_OF_NUMBER(results_edge_load(results, self->passes)))

VALUE_VIEW(fails, slo_edge, VALUE_OF_NUMBER(results_edge_load(results, self->fails)))

VALUE_VIEW(binds, slo_edge, summary_limit_name(results, self->limit))

VALUE_VIEW(monotone, slo_edge, VALUE_OF_BOOL(!self->uneven))

static const struct member goodput_members[] = {MEMBER(slo_edge, goodput_at, "at", MEMBER_NUMBER),
                                                MEMBER(slo_edge, goodput, "requests_per_s", MEMBER_ESTIMATE),
                                                MEMBER_END};

const struct member summary_edge_members[] = {
    MEMBER_VIEW_OF("unit", unit),
    MEMBER_VIEW_OF("passes", passes),
    MEMBER_VIEW_OF("fails", fails),
    MEMBER(slo_edge, at, "estimate", MEMBER_NUMBER),
    MEMBER(slo_edge, crossing, "crossing", MEMBER_ESTIMATE),
    MEMBER_VIEW_OF("binds", binds),
    MEMBER_VIEW_OF("monotone", monotone),
    MEMBER_IF_OF(NUMBER, slo_edge, goodput_at, "goodput", goodput_members),
    MEMBER_END};

static const struct member demand_row_members[] = {
    MEMBER(demand_row, servers, "servers", MEMBER_INT), MEMBER(demand_row, kept, "kept", MEMBER_NUMBER),
    MEMBER(demand_row, possible, "possible", MEMBER_NUMBER), MEMBER_END};

VALUE_VIEW(lengths_alike, demand, VALUE_OF_BOOL(!(self->lengths_apart > RESULTS_LENGTHS_ALIKE)))

static const struct member demand_length_members[] = {
    MEMBER(demand, input_tokens, "input_tokens", MEMBER_NUMBER),
    MEMBER(demand, run_input_tokens, "run_input_tokens", MEMBER_NUMBER),
    MEMBER(demand, output_tokens, "output_tokens", MEMBER_NUMBER),
    MEMBER(demand, run_output_tokens, "run_output_tokens", MEMBER_NUMBER),
    MEMBER_VIEW_OF("alike", lengths_alike),
    MEMBER_END};

const struct member summary_demand_members[] = {
    MEMBER(demand, peak_per_s, "peak_per_s", MEMBER_NUMBER),
    MEMBER(demand, percentile, "percentile", MEMBER_NUMBER),
    MEMBER(demand, minutes, "minutes", MEMBER_INT),
    MEMBER(demand, suffice, "suffice", MEMBER_COUNT),
    MEMBER(demand, estimate, "estimate", MEMBER_COUNT),
    MEMBER(demand, too_few, "too_few", MEMBER_COUNT),
    MEMBER_LIST_OF(demand, rows, row_count, "servers", demand_row_members),
    MEMBER_PART("lengths", demand_length_members),
    MEMBER_END};
