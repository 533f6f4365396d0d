// SPDX-License-Identifier: GPL-3.0-or-later
//
// The best cell, as a set: the largest, those that cannot be told apart from it, and the cheapest of them.
#ifndef ANALYZE_BEST_H
#define ANALYZE_BEST_H

#include "analyze/judge/cells.h"

struct best_options {
  enum stat_scale scale;
  struct ci_pool pool; // spread.df 0: no spread is known, and no set is given
  uint64_t seed;
  size_t draws; // Monte Carlo sample size; 0: MCB_DRAWS, fewer for thousands of cells
  bool managed; // sessions are restarts: cells of one level and block share one
};

// Writes results->best and the cells' in_best_set. Without a usable cell best.exists is false.
enum status best_find(const struct cells_samples *samples, const struct best_options *options,
                      struct results *results, struct error *error) MUST_USE;

#endif
