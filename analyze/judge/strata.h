// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a pooled spread is worth where values of different cells share passes over the plan and sessions.
#ifndef ANALYZE_STRATA_H
#define ANALYZE_STRATA_H

#include "analyze/stat/ci.h"

// A value less its cell's mean, on the scale; a cell is a cell or a level. Values with one `block` share its
// effect, those with one `workers` and `session` that one's.
struct strata_value {
  int64_t workers, block;
  size_t session, cell; // cell: below `cells`
  double residual;
};

// Lowers the degrees of freedom of `pool` to Satterthwaite's: the squares are cut into blocks, sessions
// within them and the rest. `by_run`: blocks are runs of a server's lives, and count as one value each. Sorts
// `values`. Errors only for lack of memory.
enum status strata_depend(struct strata_value *values, size_t count, size_t cells, bool by_run,
                          struct ci_pool *pool, struct error *error) MUST_USE;

#endif
