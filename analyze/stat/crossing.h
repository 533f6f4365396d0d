// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where a share that rises with a load crosses a given share, from the shares seen in repetitions.
//
// The share's logit is a line in ln load, fitted by quasi-likelihood with binomial variance function
// (McCullagh & Nelder, Generalized Linear Models, 9): what one repetition came to counts as one value, so
// that requests that wait alike do no harm, and the dispersion is that of Pearson's residuals. The interval
// is that of the profile deviance with an F distribution. A few repetitions that happen to be calm have too
// small a dispersion: it counts CROSSING_SPREAD times.
#ifndef ANALYZE_STAT_CROSSING_H
#define ANALYZE_STAT_CROSSING_H

#include "analyze/stat/ci.h"

#define CROSSING_SPREAD 1.6

struct crossing_point {
  double x, share; // ln load; from 0 to 1
};

// The load (not its ln) at which the line meets `share`, from at least 4 points. An end is NaN where no load
// within a factor of e is excluded. STATUS_NUMERIC: too few points, no rise, or no fit.
enum status crossing_find(const struct crossing_point *points, size_t count, double share, double confidence,
                          struct ci *out) MUST_USE;

#endif
