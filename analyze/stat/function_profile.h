// SPDX-License-Identifier: GPL-3.0-or-later
//
// Profile-likelihood interval of anything that is computed from the parameters of a fit: the values it can
// take while RSS stays within F of its minimum.
//
// The parameters are refitted with the derived value held by a stiff extra residual (a quadratic penalty;
// Nocedal & Wright, Numerical Optimization, 17.1). profile.h is quicker and exact where the value is itself a
// parameter.
#ifndef ANALYZE_STAT_FUNCTION_PROFILE_H
#define ANALYZE_STAT_FUNCTION_PROFILE_H

#include "analyze/stat/fit.h"

// A value computed from the parameters, smooth near the estimate. False where it does not exist.
typedef bool function_profile_value(const void *context, const double *theta, double *value);

// The interval around a converged fit of the same model and data. An end that is not reached while the value
// exists is unbounded. STATUS_NUMERIC when df is 0 or the value does not exist at the fit or does not depend
// on the parameters.
enum status function_profile_interval(const struct fit_model *model, const struct fit_data *data,
                                      const struct fit_result *fit, function_profile_value *derived,
                                      const void *context, double confidence, struct ci *ci,
                                      struct error *error) MUST_USE;

#endif
