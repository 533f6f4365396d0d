// SPDX-License-Identifier: GPL-3.0-or-later
//
// The step from each workers level to the next, free of results.h, whose names for the same thing are the
// report's.
#ifndef ANALYZE_LEVELS_SCAN_H
#define ANALYZE_LEVELS_SCAN_H

#include "analyze/stat/ci.h"

// One level: its usable cells (arrays are the caller's), none when all failed.
struct levels_scan_level {
  double workers;
  const double *batches, *throughput;
  size_t count;
};

struct levels_scan_step {
  double from, to; // workers
  struct ci ratio; // throughput at `to` over `from`
  bool is_cliff;
};

// All adjacent pairs, by their common batches (stat/cliff.h) or, where they have none, by their largest cells
// without an interval; into `steps` (count places), *found of them.
enum status levels_scan(const struct levels_scan_level *levels, size_t count, double confidence,
                        struct levels_scan_step *steps, size_t *found, struct error *error) MUST_USE;

#endif
