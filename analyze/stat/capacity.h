// SPDX-License-Identifier: GPL-3.0-or-later
//
// What one workers level can do in the long run: total_s = t0 + tokens / xinf over its batches.
//
// A throughput that rises with the batch at fixed workers is mostly the constant t0 spread thinner; xinf is
// what remains.
#ifndef ANALYZE_STAT_CAPACITY_H
#define ANALYZE_STAT_CAPACITY_H

#include "analyze/stat/ci.h"

#define CAPACITY_MAX_RESIDUAL_SD 0.03
#define CAPACITY_MIN_DF 2

struct capacity {
  struct ci xinf;     // tokens/s; profile interval
  struct ci t0;       // seconds; may be negative; profile interval
  size_t count;       // batches used
  size_t df;          // count - 2
  double residual_sd; // of ln total_s
  bool stands; // df >= CAPACITY_MIN_DF and residual_sd <= CAPACITY_MAX_RESIDUAL_SD: only then to be printed
};

// Fits on the ln scale of total_s. Give the warm cells of one level with batch >= workers, partial waves
// included; tokens and total_s above zero. STATUS_NUMERIC: fewer than three batches, all of one size, values
// out of range, or time that does not grow with tokens.
enum status capacity_fit(const double *tokens, const double *total_s, size_t count, double confidence,
                         struct capacity *capacity, struct error *error) MUST_USE;

#endif
