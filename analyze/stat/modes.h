// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whether repeated measurements fall into two groups: a server that is sometimes in another state has two
// means, and the mean of all describes neither.
#ifndef ANALYZE_STAT_MODES_H
#define ANALYZE_STAT_MODES_H

#include <stdint.h>

#include "analyze/stat/stat.h"

// A group is two values at least; a single one far off is an outlier. More values than MODES_MAX are not
// looked at, since a few chance draws no longer stand for what so many do.
#define MODES_MIN 4
#define MODES_MAX 50

// The values cut in two where the groups are narrowest.
struct modes {
  size_t low;                 // values in the lower group
  double low_mean, high_mean; // geometric
  double within;              // share of the sum of squares (of ln) that is left within both groups
};

// Puts the values in order. STATUS_NUMERIC for a count out of range, values that are not above zero, or all
// equal.
enum status modes_split(double *values, size_t count, struct modes *modes, struct error *error) MUST_USE;

// What `within` undercuts with probability `level` (above 0, below 1) when `count` values come from one
// normal distribution: from 20,000 draws with this seed, so that levels below 1e-4 are not told apart.
// STATUS_NUMERIC for a count out of range, STATUS_MEMORY.
enum status modes_threshold(size_t count, double level, uint64_t seed, double *threshold,
                            struct error *error) MUST_USE;

#endif
