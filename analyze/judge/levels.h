// SPDX-License-Identifier: GPL-3.0-or-later
//
// What each workers level does, and where the next one suddenly does less.
#ifndef ANALYZE_LEVELS_H
#define ANALYZE_LEVELS_H

#include "analyze/judge/cells.h"

// Writes results->workers: best batch of each level, its edge, its capacity, and whether it is a hole.
enum status levels_build(const struct cells_samples *samples, struct results *results,
                         struct error *error) MUST_USE;

// Writes results->steps and results->cliffs. *first_cliff: the lowest level that lies beyond one (INFINITY:
// none), be it established or not.
enum status levels_cliffs(struct results *results, double *first_cliff, struct error *error) MUST_USE;

// Tells the established cliffs from the possible ones, once cells have their intervals and the best set is
// known: the interval of the ratio leaves out 1, and no cell from there on may be the best. A ratio without
// an interval of its own (one pair of cells) takes it from theirs. Returns the lowest level that lies beyond
// an established one (INFINITY: none).
double levels_settle_cliffs(struct results *results);

#endif
