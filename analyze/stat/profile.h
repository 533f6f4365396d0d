// SPDX-License-Identifier: GPL-3.0-or-later
//
// Profile-likelihood interval of one parameter: the values that keep RSS within F of its minimum when all
// others are refitted.
//
// Bates & Watts, Nonlinear Regression Analysis, 6.1. RSS(theta_j) <= RSS (1 + F(confidence; 1, N-p)/(N-p)).
// Unlike theta +- t se it may be lopsided, and it may have no end.
#ifndef ANALYZE_STAT_PROFILE_H
#define ANALYZE_STAT_PROFILE_H

#include "analyze/stat/fit.h"

// The RSS up to which a value of a parameter is not rejected. STATUS_NUMERIC when df is 0.
enum status profile_limit(const struct fit_result *fit, double confidence, double *rss_limit,
                          struct error *error) MUST_USE;

// The interval around a converged fit of the same model and data. An end that is not reached (RSS levels off
// below the limit, or the model stops being defined) is unbounded, as are both for a parameter without
// standard error (plateau's knee); a fit without any residual gives an interval of width 0. STATUS_USAGE for
// a parameter that does not exist, STATUS_NUMERIC when df is 0.
enum status profile_interval(const struct fit_model *model, const struct fit_data *data,
                             const struct fit_result *fit, size_t parameter, double confidence, struct ci *ci,
                             struct error *error) MUST_USE;

// The smallest RSS with one parameter held at a value. False where there is none.
typedef bool profile_rss(void *context, double held, double *rss);

// One end of an interval: where `rss` passes rss_limit on the way from `inside` (where it is below) in steps
// that begin with `step` (negative: downwards) and double. INFINITY or -INFINITY when it never does.
double profile_edge(profile_rss *rss, void *context, double inside, double step, double rss_limit);

#endif
