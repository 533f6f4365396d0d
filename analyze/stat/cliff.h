// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where more workers suddenly cost throughput: the ratio of adjacent workers levels over the batches that
// both reach.
#ifndef ANALYZE_STAT_CLIFF_H
#define ANALYZE_STAT_CLIFF_H

#include "analyze/stat/ci.h"

#define CLIFF_RATIO 0.7
#define CLIFF_SHARE_OF_MAX 0.8

// The usable cells of one workers level (warm, not failed, one entry per batch size); the arrays are the
// caller's.
struct cliff_level {
  double workers;
  const double *batches;
  const double *throughput; // tokens/s, above zero
  size_t count;             // 0: the level failed altogether
};

struct cliff_step {
  double from; // workers: the cliff lies in (from, to]
  double to;
  struct ci ratio; // throughput at `to` over `from`; both ends unbounded with a single pair; 0 when `to`
                   // failed altogether
  size_t pairs;    // batches that were paired
  bool is_cliff;   // ratio below CLIFF_RATIO
};

// The ratio of two levels: geometric mean over the common batches at which both reach 80 % of their own
// maximum, with a paired t interval. STATUS_NUMERIC when there is no such batch or a value is out of range;
// STATUS_USAGE when `from` is empty.
enum status cliff_ratio(const struct cliff_level *from, const struct cliff_level *to, double confidence,
                        struct cliff_step *cliff, struct error *error) MUST_USE;

// All adjacent pairs of levels that are sorted by workers, written to `cliffs` (count - 1 places); *found of
// them. Pairs that cannot be compared are left out; a failed level is compared from the level below it only.
enum status cliff_scan(const struct cliff_level *levels, size_t count, double confidence,
                       struct cliff_step *cliffs, size_t *found, struct error *error) MUST_USE;

#endif
