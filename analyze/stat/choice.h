// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which of several fitted families to believe: AICc, its weights, and predictions averaged by them.
//
// Burnham & Anderson, Model Selection and Multimodel Inference, 2nd ed., 2.4 (AICc), 2.9 (weights), 4.3
// (averaging).
#ifndef ANALYZE_STAT_CHOICE_H
#define ANALYZE_STAT_CHOICE_H

#include "analyze/stat/fit.h"

// AICc = N ln(RSS/N) + 2K + 2K(K+1)/(N-K-1), K = parameters + 1. STATUS_NUMERIC unless N >= K + 2 and RSS >
// 0.
enum status choice_aicc(const struct fit_result *fit, double *aicc, struct error *error) MUST_USE;

// Akaike weights of `count` values, summing to 1. A value that is not finite (a model that has no AICc) gets
// weight 0; all such: STATUS_NUMERIC. The models must be fitted to the same points on the same scale.
enum status choice_weights(const double *aicc, size_t count, double *weights, struct error *error) MUST_USE;

// Average of estimates with se = sum w sqrt(se^2 + (estimate - mean)^2), the unconditional one. Members of
// weight 0 are not read. STATUS_NUMERIC if nothing has weight or a member is not finite.
enum status choice_average(const double *estimates, const double *se, const double *weights, size_t count,
                           double *mean, double *average_se, struct error *error) MUST_USE;

#endif
