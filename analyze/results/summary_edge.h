// SPDX-License-Identifier: GPL-3.0-or-later
//
// The members `slo_edge` and `demand` of summary.json, and the name of a limit.
#ifndef ANALYZE_SUMMARY_EDGE_H
#define ANALYZE_SUMMARY_EDGE_H

#include "analyze/results/value.h"

// "ttft", "ttft_p95", ...: as --slo spells results->limits[index]; null: SIZE_MAX.
struct value summary_limit_name(const struct results *results, size_t index);

extern const struct member summary_edge_members[];   // of struct slo_edge
extern const struct member summary_demand_members[]; // of struct demand

#endif
