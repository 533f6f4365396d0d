// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the user asked to be judged: the baseline, the limits, the assertions.
#ifndef ANALYZE_VERDICT_H
#define ANALYZE_VERDICT_H

#include "analyze/opts.h"
#include "lib/base/log.h"

// Fills results->comparison, assertions and the cells' meets_slo as `opts` wants, and logs how each
// came out. *bad: an assertion does not hold, or the run has regressed (exit code 3). *lost: bytes of the
// baseline are known to be missing. `baseline` comes empty and is filled where one is given; results borrow
// its words. Errors are those of reading the baseline.
enum status verdict_reach(const struct opts *opts, const struct load_data *data, struct load_data *baseline,
                          struct results *results, struct log *log, bool *bad, bool *lost,
                          struct error *error) MUST_USE;

#endif
