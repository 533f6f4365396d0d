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

// The interval around a converged fit of the same model and data. An end that is not reached (RSS levels off
// below the limit, or the model stops being defined) is unbounded. STATUS_USAGE for a parameter that does not
// exist, STATUS_NUMERIC when df is 0.
enum status profile_interval(const struct fit_model *model, const struct fit_data *data,
                             const struct fit_result *fit, size_t parameter, double confidence, struct ci *ci,
                             struct error *error) MUST_USE;

// The same between fences: the search stops at `lowest` and `highest` (-INFINITY, INFINITY: none), and an end
// that lies beyond is unbounded.
enum status profile_interval_within(const struct fit_model *model, const struct fit_data *data,
                                    const struct fit_result *fit, size_t parameter, double confidence,
                                    double lowest, double highest, struct ci *ci,
                                    struct error *error) MUST_USE;

#endif
