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

// Writes the limits, and meets_slo of every cell: CELL_SLO_UNKNOWN where a percentile that has a limit was
// not measured. Judges the loads of an open loop (loads_judge).
void slo_apply(const struct slo *slo, struct results *results);

#endif
