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

// The 1-based ranks of the order statistics that bracket the p quantile of `count` values, each tail at most
// (1 - confidence)/2 (Conover, Practical Nonparametric Statistics, 3.2): lo 0 and hi count + 1 mean that side
// is unbounded. STATUS_USAGE for p or confidence outside (0, 1).
enum status quantile_ranks(uint64_t count, double p, double confidence, uint64_t *lo, uint64_t *hi,
                           struct error *error) MUST_USE;

// The quantile of ascending values and its interval, which holds it. STATUS_NUMERIC for count 0 or an end
// that is not finite; STATUS_USAGE as above.
enum status quantile_interval(const double *sorted, size_t count, double p, double confidence, struct ci *ci,
                              struct error *error) MUST_USE;

#endif
