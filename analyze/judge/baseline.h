// SPDX-License-Identifier: GPL-3.0-or-later
//
// Is this run faster than an older one? Cell by cell and all together, with a verdict that may be
// "undecided".
#ifndef ANALYZE_BASELINE_H
#define ANALYZE_BASELINE_H

#include "analyze/input/load.h"
#include "analyze/results/results.h"

// Ratios closer to 1 than this are "same" where no limit is given.
#define BASELINE_MARGIN 0.05

struct baseline_options {
  double confidence;
  double max_regression; // 0.05: a run that is slower by more than 5 % with certainty has regressed; NaN: no
                         // limit
  double session_sd;     // sd of ln X between lives of a server, allowed for where a server was not managed
};

// Compares the usable cells that both have; load_finish has closed both. Writes everything but
// out->baseline; results_free frees it. The run has regressed when all cells together, or one of them, are
// for certain more than max_regression slower. A cell that works in the baseline and fails in the run is a
// regression whatever the rest says. STATUS_FORMAT: no cell in common; STATUS_MEMORY.
enum status baseline_compare(const struct load_data *baseline, const struct load_data *run,
                             const struct baseline_options *options, struct comparison *out,
                             struct error *error) MUST_USE;

#endif
