// SPDX-License-Identifier: GPL-3.0-or-later
//
// Chooses the cells whose times are worth a closer look, and takes how those spread.
#ifndef ANALYZE_DISTRIBUTIONS_H
#define ANALYZE_DISTRIBUTIONS_H

#include "analyze/judge/cells.h"

// A picture tells no more lines apart than this.
enum { DISTRIBUTIONS_MAX = 6 };

// Fills results->distributions, which must be empty, once results->best is known: the recommended cell and
// the largest, then the recommended one's neighbours in batch and in workers, then the rest of the best set;
// only usable cells with measured times. `samples` are results->cells' own. STATUS_MEMORY.
enum status distributions_build(const struct cells_samples *samples, struct results *results,
                                struct error *error) MUST_USE;

#endif
