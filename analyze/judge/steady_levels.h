// SPDX-License-Identifier: GPL-3.0-or-later
//
// The steady throughput of each workers level: one value per replicate, pooled over the windows of its
// batches. It is what levels are compared by, since it does not grow with the size of a batch. Tables have no
// requests and so no windows: there it is the capacity that each replicate's batches give (stat/capacity.h).
#ifndef ANALYZE_STEADY_LEVELS_H
#define ANALYZE_STEADY_LEVELS_H

#include "analyze/judge/cells.h"
#include "lib/sketch/steady.h"

// One level's values; those of two levels with the same block were measured in one pass. A replicate is a
// session of a managed server, otherwise a block.
struct steady_sample {
  size_t row; // index into results.workers
  int64_t workers;
  double *values; // per second, above zero
  int64_t *blocks;
  size_t count;
  struct steady sum; // over all its windows
};

struct steady_levels {
  struct steady_sample *of; // by workers; levels without a window are not among them
  size_t count;
  bool complete; // every usable level is among them, and there is one at least
  bool fitted;   // capacities: then complete, with two replicates of some level at least
  double *values;
  int64_t *blocks;
};

// Reads the windows of usable cells' warm replicates; where no level has any, fits capacities. STATUS_MEMORY;
// steady_levels_free takes half-made ones.
enum status steady_levels_build(const struct load_data *data, const struct cells_samples *samples,
                                const struct results *results, struct steady_levels *out,
                                struct error *error) MUST_USE;
void steady_levels_free(struct steady_levels *levels);

// Writes results->workers[].steady. Intervals stand on the spread that is `given` (df above zero); else
// levels with two replicates or more have one, and spreads are pooled over levels unless they clearly differ
// (ci_of_cell). As with cells, levels of one pass share its effect, and values of one run against a server
// that is not managed are one value where there are several runs (`samples`).
enum status steady_levels_fill(const struct steady_levels *levels, const struct cells_samples *samples,
                               enum stat_scale scale, struct ci_spread given, struct results *results,
                               struct error *error) MUST_USE;

#endif
