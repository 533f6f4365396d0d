// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a pooled spread is worth where values of different cells share passes over the plan and sessions.
#ifndef ANALYZE_STRATA_H
#define ANALYZE_STRATA_H

#include "analyze/stat/ci.h"

#define STRATA_NO_BLOCK INT64_MIN

// A value less its cell's mean, on the scale; a cell is a cell or a level. Values with one `block` share its
// effect (STRATA_NO_BLOCK: it is not known), those with one `workers` and `session` that one's.
struct strata_value {
  int64_t workers, block;
  size_t session, cell; // cell: below `cells`
  double residual;
};

// A sum of squares between groups of values, with its degrees of freedom.
struct stratum {
  double squares, df, groups;
};

// Between sessions of one `workers`. Sorts `values`.
struct stratum strata_between_sessions(struct strata_value *values, size_t count);

// The level at which degrees of freedom are found, whatever the report's is: they describe the data.
#define STRATA_CONFIDENCE 0.95

// Lowers the degrees of freedom of `pool`. The squares are cut into blocks, sessions within them and the
// rest, and these into variance components; one below zero is zero, and its stratum pooled with the next
// (Thompson, Ann. Math. Stat. 33, 1962). The t quantile is the mean of the strata's, each weighted by what it
// adds to the variance (Cochran and Cox, Experimental Designs, 2nd ed., 4.14), and the degrees of freedom are
// those that have it. Satterthwaite's take a variance for well known in the very samples where blocks happen
// to agree. Sorts `values`. Errors only for lack of memory.
enum status strata_depend(struct strata_value *values, size_t count, size_t cells, struct ci_pool *pool,
                          struct error *error) MUST_USE;

#endif
