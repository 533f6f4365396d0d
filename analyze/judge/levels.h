// SPDX-License-Identifier: GPL-3.0-or-later
//
// What each workers level does, and where the next one suddenly does less.
#ifndef ANALYZE_LEVELS_H
#define ANALYZE_LEVELS_H

#include "analyze/judge/cells.h"

// Writes results->workers: best batch of each level, its edge, its capacity, and whether it is a hole.
enum status levels_build(const struct cells_samples *samples, struct results *results,
                         struct error *error) MUST_USE;

// Writes results->steps: the measured ratio of each level to the next one. *first_drop: the lowest level
// beyond a ratio under CLIFF_RATIO, whatever its interval (INFINITY: none).
enum status levels_steps(struct results *results, double *first_drop, struct error *error) MUST_USE;

// Writes results->cliffs, the steps under CLIFF_RATIO, once cells have their intervals and the best set is
// known. A cliff is established where the interval of its ratio leaves out 1 and no cell from there on may be
// the best; else it is possible. A ratio without an interval of its own (one pair of cells) takes it from
// theirs. *first_cliff: the lowest level that lies beyond an established one (INFINITY: none).
enum status levels_cliffs(struct results *results, double *first_cliff, struct error *error) MUST_USE;

#endif
