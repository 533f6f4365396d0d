// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which points do not belong, and would the answer change without them? Flags and a sensitivity line, nothing
// is dropped.
#ifndef ANALYZE_STAT_ROBUST_H
#define ANALYZE_STAT_ROBUST_H

#include "analyze/stat/models.h"

#define ROBUST_LIMIT 3.0

// A standard deviation that single points cannot move: 1.4826 times the median absolute deviation from the
// median. STATUS_NUMERIC for count < 2 or values that are not finite.
enum status robust_sd(const double *values, size_t count, double *sd, struct error *error) MUST_USE;

// Flags |residual| > ROBUST_LIMIT robust sd into `flags` (count places); returns how many in *flagged. With a
// robust sd of zero nothing is flagged.
enum status robust_flags(const double *residuals, size_t count, bool *flags, size_t *flagged,
                         struct error *error) MUST_USE;

// The fit again with Tukey's bisquare weights (c = 4.685 robust sd, iterated to convergence or 50 times).
// `weights` (count places, NULL: not wanted) tells how much each point kept. Errors as models_fit.
enum status robust_fit(enum models_id id, const double *n, const double *throughput, size_t count,
                       enum stat_scale scale, double *weights, struct fit_result *result,
                       struct error *error) MUST_USE;

#endif
