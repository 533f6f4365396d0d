// SPDX-License-Identifier: GPL-3.0-or-later
//
// Did the server get slower or faster while it was measured? The slope of residuals against run order.
#ifndef ANALYZE_STAT_DRIFT_H
#define ANALYZE_STAT_DRIFT_H

#include "analyze/stat/ci.h"

struct drift {
  struct ci slope;    // residual per unit of order
  struct ci over_run; // slope times the span of order: the change from first to last
  double p;           // two-sided, of slope 0
};

// The variance of a slope over values that follow each other is larger than over independent ones where
// neighbours are alike: by (1 + rho) / (1 - rho), rho their lag-1 correlation around the slope (Bartlett, J.
// R. Stat. Soc. 98, 1935), mended for its bias of (1 + 4 rho) / n (Marriott and Pope, Biometrika 41, 1954);
// at least 1. The test has as many values fewer.
//
// Least-squares slope of residuals (ln X minus its cell's mean on LN) against their order (position or
// seconds). `lost_df`: degrees of freedom that the residuals have given away (the number of cells whose means
// were taken out; 0 for raw values); the test has count - 1 - max(1, lost_df) of them. STATUS_NUMERIC: fewer
// than one left, all orders equal, a value that is not finite, or residuals without any spread.
enum status drift_test(const double *residuals, const double *order, size_t count, size_t lost_df,
                       double confidence, struct drift *drift, struct error *error) MUST_USE;

#endif
