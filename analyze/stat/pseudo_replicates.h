// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a table of single runs can still tell: which first cells are cold, and how far throughput spreads by
// itself.
#ifndef ANALYZE_STAT_PSEUDO_REPLICATES_H
#define ANALYZE_STAT_PSEUDO_REPLICATES_H

#include "analyze/stat/ci.h"

// True when the first batch of a level carries model loading: from it to the next one throughput grows by
// more than the batch does (X(2) > 2 X(1) for batches 1 and 2), and by more than chance. `ln_chance`: how far
// the ln of their ratio may be off, above zero. False when a value is out of range.
bool pseudo_replicates_is_cold(double first_batch, double first_throughput, double next_batch,
                               double next_throughput, double ln_chance);

#define IMPORTED_MIN_BATCH 4

// One cell of a table without replicates.
struct pseudo_replicates_cell {
  double workers;
  double batch;
  double throughput; // tokens/s
  bool usable;       // warm, not failed, below the first cliff
};

// The sd of throughput on the scale, estimated from pseudo-replicates: usable cells with batch <= workers and
// the same batch >= IMPORTED_MIN_BATCH differ only in workers that had nothing to do. STATUS_NUMERIC when no
// batch has two such cells or a usable value is out of range; STATUS_MEMORY.
enum status pseudo_replicates_spread(const struct pseudo_replicates_cell *cells, size_t count,
                                     enum stat_scale scale, struct ci_spread *spread,
                                     struct error *error) MUST_USE;

#endif
