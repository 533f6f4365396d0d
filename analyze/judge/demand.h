// SPDX-License-Identifier: GPL-3.0-or-later
//
// How many servers like the one that was measured a traffic needs to keep the limits of --slo.
#ifndef ANALYZE_DEMAND_H
#define ANALYZE_DEMAND_H

#include "analyze/input/load.h"
#include "analyze/results/results.h"

struct demand_options {
  char *traffic;     // a trace's file, or requests per second as a number
  double percentile; // of the trace's minutes; 0, 100: the busiest one
};

// Writes results->demand, once slo_edge_find has the edge of an open loop. N servers get a Nth of the
// requests each: those suffice for certain whose share is not above the rate that passes, and those do not
// whose share reaches the rate that fails. Minutes count from the first request of the trace. STATUS_USAGE
// without an edge, STATUS_FORMAT for a trace of less than a minute or more than ten years; otherwise as
// trace_reader_open.
enum status demand_find(const struct demand_options *options, const struct load_data *data,
                        struct results *results, struct error *error) MUST_USE;

#endif
