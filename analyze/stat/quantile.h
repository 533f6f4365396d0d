// SPDX-License-Identifier: GPL-3.0-or-later
//
// Percentiles with intervals that hold for any distribution: between two order statistics, by the binomial
// distribution.
#ifndef ANALYZE_STAT_QUANTILE_H
#define ANALYZE_STAT_QUANTILE_H

#include <stdint.h>

#include "analyze/stat/ci.h"

// The 1-based rank of the p quantile of `count` values, p in [0, 1]: the smallest value that at least p of
// them do not exceed (Hyndman & Fan type 1). An order statistic, as the ends of its interval are: one between
// two ranks, as R and numpy give it by default, may lie outside that interval. 0 when count is.
uint64_t quantile_rank(uint64_t count, double p);

// The value at that rank of ascending values. STATUS_NUMERIC for count 0 or an end that is not finite,
// STATUS_USAGE for p outside [0, 1].
enum status quantile_of_sorted(const double *sorted, size_t count, double p, double *value,
                               struct error *error) MUST_USE;

// The 1-based ranks of the order statistics that bracket the p quantile of `count` values, each tail at most
// (1 - confidence)/2 (Conover, Practical Nonparametric Statistics, 3.2): lo 0 and hi count + 1 mean that side
// is unbounded. STATUS_USAGE for p or confidence outside (0, 1).
enum status quantile_ranks(uint64_t count, double p, double confidence, uint64_t *lo, uint64_t *hi,
                           struct error *error) MUST_USE;

// Both together: the quantile and its interval, which holds it.
enum status quantile_interval(const double *sorted, size_t count, double p, double confidence, struct ci *ci,
                              struct error *error) MUST_USE;

// The fewest values with both sides bounded: at 95 % 6 for p50, 36 for p90, 72 for p95, 368 for p99. 0 if p
// or confidence is outside (0, 1).
uint64_t quantile_needed(double p, double confidence);

#endif
