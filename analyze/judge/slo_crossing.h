// SPDX-License-Identifier: GPL-3.0-or-later
//
// The edge of an open loop from all its repetitions together: at which rate the share of requests beyond a
// limit meets what the limit allows (stat/crossing.h).
#ifndef ANALYZE_JUDGE_SLO_CROSSING_H
#define ANALYZE_JUDGE_SLO_CROSSING_H

#include "analyze/input/load.h"
#include "analyze/results/results.h"

#define SLO_CROSSING_WINDOW 0.5 // ln of the factor: rates farther from the edge have no part in it
#define SLO_CROSSING_FEWEST 8   // repetitions within it

// After slo_edge_find. Where the repetitions near the edge show the crossing of every limit that binds there,
// writes results->slo_edge.crossing, takes its estimate for slo_edge.at, and lets the bracket, load_answer
// and the verdicts of loads follow: a rate below the interval passes, one above it fails. STATUS_MEMORY.
enum status slo_crossing_find(const struct load_data *data, struct results *results,
                              struct error *error) MUST_USE;

#endif
