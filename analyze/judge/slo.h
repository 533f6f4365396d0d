// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is fast enough: limits that each request has to meet, and limits on a cell's percentiles.
#ifndef ANALYZE_SLO_H
#define ANALYZE_SLO_H

#include "analyze/input/load.h"
#include "analyze/results/results.h"

enum { SLO_TIMES = 3 }; // ttft, tpot, latency

struct slo {
  struct load_limits request; // -1: no limit
  bool has_request;
  double cell_s[SLO_TIMES][LOAD_PERCENTILES]; // limits on p50, p95, p99, seconds; 0: none
  bool has_cell;
};

#define SLO_NONE ((struct slo){.request = {-1, -1, -1}})

// Adds "ttft=0.5s,tpot=50ms,latency_p95=10s" to `slo`. STATUS_USAGE: an unknown name, a time out of range, a
// limit twice.
enum status slo_parse(const char *text, struct slo *slo, struct error *error) MUST_USE;

// What is held against the limits.
struct slo_subject {
  const struct percentiles *ttft_s, *tpot_s, *latency_s;
  struct estimate good_share; // of requests within the limits on requests
  bool failing;               // it misses them whatever its times
};

struct slo_subject slo_subject_of_cell(const struct cell *cell);

// A load whose queue grows misses every limit: its times only grow.
struct slo_subject slo_subject_of_load(const struct load *load);

// What is held against one limit: a percentile, or the share of good requests; NaN: not measured.
struct estimate slo_value(const struct slo_subject *subject, const struct limit *limit);

struct slo_verdict {
  enum cell_slo slo; // CELL_SLO_UNKNOWN: there is no limit, or a limited time was not measured
  bool certain;      // the intervals agree: of all limits that are kept, or of one that is missed
  size_t limit;      // index into results->limits: missed by most, or with the least room; SIZE_MAX: unknown
};

// By results->limits. Limits on requests hold when RESULTS_GOOD_SHARE of the requests keep them.
struct slo_verdict slo_judge(const struct results *results, const struct slo_subject *subject);

// Writes the limits, and meets_slo, slo_certain and slo_limit of every cell. Judges the loads of an open loop
// (loads_judge).
void slo_apply(const struct slo *slo, struct results *results);

#endif
