// SPDX-License-Identifier: GPL-3.0-or-later
//
// Does a curve describe the points at all? The gate before any parametric optimum is printed.
//
// Pure-error F test (Draper & Smith, Applied Regression Analysis, 3rd ed., 2.1): the spread of replicates at
// one n against the spread of their means around the curve.
#ifndef ANALYZE_STAT_LACK_OF_FIT_H
#define ANALYZE_STAT_LACK_OF_FIT_H

#include "analyze/stat/models.h"

#define LACK_OF_FIT_LEVEL 0.05
#define LACK_OF_FIT_MIN_DISTINCT 4
#define LACK_OF_FIT_BREAKS 64 // of 64 different n and more, every 64th is tried as a break

struct lack_of_fit {
  double f;
  double p;
  size_t df_lack;       // distinct x - parameters
  size_t df_pure;       // N - distinct x
  double pure_error_sd; // on the fit's scale: the sd of replicates at one n
  // What the test cannot show: the sd by which means at one n differ from the curve besides their noise, on
  // the fit's scale, at which it rejects half of the time. Their mean square over that of noise is
  // F-distributed but for the factor 1 + replicates sd^2 / noise^2.
  double misfit;
  bool rejected; // p < LACK_OF_FIT_LEVEL
};

// Tests a fit on its own data. Observations with equal x are replicates. STATUS_NUMERIC without replicates,
// without a distinct x to spare, or when replicates are all equal.
enum status lack_of_fit_test(const struct fit_model *model, const struct fit_data *data,
                             const struct fit_result *fit, struct lack_of_fit *test,
                             struct error *error) MUST_USE;

// The range of n over which a family stands.
struct lack_of_fit_range {
  double n_lo;
  double n_hi;
  size_t count;            // points used
  size_t distinct;         // of them distinct n
  struct fit_result fit;   // over that range
  bool tested;             // replicates allowed the test; else fit over all points, `test` all zero
  struct lack_of_fit test; // of that fit
};

// Fits all points. Where lack of fit rejects them and something else than the curve holds for the smallest n
// (cold starts, first waves), there is one break: the one with the best AICc when each n below it has a mean
// of its own and at least LACK_OF_FIT_MIN_DISTINCT distinct n are above (one more than the family has
// parameters, if that is more). The points above are tested once. Rejected too: the range is everything, with
// test.rejected true, and no parametric optimum is to be printed. Dropping n until a test passes would let a
// fifth of the curves through whose step time has kinks. Errors as models_fit.
enum status lack_of_fit_choose_range(enum models_id id, const double *n, const double *throughput,
                                     size_t count, enum stat_scale scale, struct lack_of_fit_range *range,
                                     struct error *error) MUST_USE;

#endif
