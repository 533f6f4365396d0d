// SPDX-License-Identifier: GPL-3.0-or-later
//
// What each workers level does, and where the next one suddenly does less.
#ifndef ANALYZE_LEVELS_H
#define ANALYZE_LEVELS_H

#include "analyze/cells.h"

// Writes results->workers: best batch of each level, its edge and its capacity.
enum status levels_build(const struct cells_samples *samples, struct results *results,
                         struct error *error) MUST_USE;

// Writes results->steps and results->cliffs. *first_cliff: the lowest level that lies beyond one (INFINITY:
// none).
enum status levels_cliffs(struct results *results, double *first_cliff, struct error *error) MUST_USE;

#endif
