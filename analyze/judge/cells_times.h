// SPDX-License-Identifier: GPL-3.0-or-later
//
// Percentiles of a cell's times, with intervals over the units that repeat: server sessions or batches.
#ifndef ANALYZE_CELLS_TIMES_H
#define ANALYZE_CELLS_TIMES_H

#include "analyze/input/load.h"
#include "analyze/results/results.h"

// Requests of one session or batch that have to lie beyond a percentile of it, on average.
#define CELLS_TIMES_BEYOND 20

// Fills ttft_s, latency_s, tpot_s, response_s and itl_s of `cell`; NaN where nothing was measured.
//
// One batch: order-statistic intervals over its requests. Several sessions of a managed server: a t interval
// on the ln scale over each session's percentile, since requests of one session share too much. Where a
// session has fewer than CELLS_TIMES_BEYOND requests beyond the percentile, its own is near its largest: the
// percentile is that of all requests, and its interval the wider of that and the one over them. Several
// batches of a server that is not managed: the same over each batch's percentile, and no narrower than over
// the requests. itl_s.p50 and p99 are the medians over
// requests of each response's own p50 and p99 of the gaps between its text events (the records hold no more);
// its p95 is not known.
void cells_times_fill(const struct load_cell *from, double confidence, struct cell *cell);

// The geometric mean of one percentile's values, one per server session or repetition and above zero, with
// its interval over them; without ends where there is none, or where it would be of no use. None: NaN.
struct estimate cells_times_over(const double *values, size_t count, double confidence);

// The share `hits` of `trials` requests. Its interval is the wider of two: over requests, and over the
// `count` shares of batches or repetitions. NaN without trials.
struct estimate cells_times_share(const double *shares, size_t count, double hits, double trials,
                                  double confidence);

#endif
