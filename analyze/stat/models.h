// SPDX-License-Identifier: GPL-3.0-or-later
//
// The families of capacity curves X(n), throughput against requests in flight, and how each is fitted.
//
//   usl           lambda n / (1 + sigma (n-1) + kappa n (n-1))   Gunther's Universal Scalability Law; kappa
//   may be negative hyperbolic    xmax n / (k + n)                                Michaelis-Menten
//   exponential   xmax (1 - exp(-k n))
//   hill          xmax n^h / (k^h + n^h)
//   plateau       slope min(n, knee)                              linear, then flat
//   quadratic_ln  exp(a + b ln n + c (ln n)^2)                    ln X quadratic in ln n
#ifndef ANALYZE_STAT_MODELS_H
#define ANALYZE_STAT_MODELS_H

#include "analyze/stat/fit.h"

enum models_id {
  MODELS_USL,
  MODELS_HYPERBOLIC,
  MODELS_EXPONENTIAL,
  MODELS_HILL,
  MODELS_PLATEAU,
  MODELS_QUADRATIC_LN,
  MODELS_COUNT,
};

// Index of each parameter in fit_result.theta.
enum { MODELS_USL_LAMBDA, MODELS_USL_SIGMA, MODELS_USL_KAPPA };

// The model behind an id; static, never NULL for an id below MODELS_COUNT. The
// gradient of `plateau` by its knee is 0 at the knee itself and below.
const struct fit_model *models_get(enum models_id id);

// Id of a name ("usl", ...); STATUS_NOT_FOUND with the list of names.
enum status models_find(const char *name, enum models_id *id, struct error *error) MUST_USE;

// True when the family never turns, so that it has no optimum: hyperbolic, exponential, hill, plateau. It may
// fall all the same: hyperbolic with k below 0.
bool models_is_monotone(enum models_id id);

// Least-squares fit of points (n_i > 0, throughput_i > 0, both finite), optionally weighted (NULL: no). USL
// starts from the linear fit of n/X on 1, n, n^2; the others from several Sobol starts; plateau's knee is
// searched on a grid of breakpoints (no standard error for it, se 0: the likelihood has a kink).
// STATUS_NUMERIC (error is set): a point out of range, fewer distinct n than parameters, or no fit.
enum status models_fit(enum models_id id, const double *n, const double *throughput, const double *weights,
                       size_t count, enum stat_scale scale, struct fit_result *result,
                       struct error *error) MUST_USE;

// The same for data of one predictor, whose rows may stand for several observations (fold.h).
enum status models_fit_data(enum models_id id, const struct fit_data *data, enum stat_scale scale,
                            struct fit_result *result, struct error *error) MUST_USE;

// X(n) of a fitted model; 0 where it is not defined.
double models_value(enum models_id id, const double *theta, double n);

#endif
