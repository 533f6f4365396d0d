// SPDX-License-Identifier: GPL-3.0-or-later
//
// Nonlinear least squares for any model that brings its value and gradient: one start, or many.
//
// gsl_multifit_nlinear: trust region, Levenberg-Marquardt, More scaling, QR, analytic Jacobian. It minimises
// RSS = sum w_i (residual_i)^2 with residual ln f - ln y (LN) or f - y (LINEAR).
#ifndef ANALYZE_STAT_FIT_H
#define ANALYZE_STAT_FIT_H

#include "analyze/stat/ci.h"

#define FIT_MAX_PARAMETERS 12

// A curve y = f(x; theta). `context` is what fit_data carries; most models ignore it.
struct fit_model {
  const char *name;
  size_t parameters;                  // 1..FIT_MAX_PARAMETERS
  const char *const *parameter_names; // NULL or one per parameter
  // Writes f and, unless NULL, its gradient by theta. False where the model is not defined: the step is then
  // refused.
  bool (*evaluate)(const double *x, const double *theta, double *value, double *gradient,
                   const void *context);
};

// Observations; the arrays are the caller's.
struct fit_data {
  const double *x;       // count rows of `predictors` values
  size_t predictors;     // 0 is read as 1
  const double *y;       // count values; above zero on LN
  const double *weights; // NULL: all 1; else count values, finite, >= 0
  size_t count;
  const void *context; // handed to the model
  // What rows that stand for several observations leave out (fold.h): their sum of squares around the rows,
  // and how many more observations than rows there are.
  double extra_rss;
  size_t extra_count;
};

struct fit_result {
  enum stat_scale scale;
  size_t parameters;
  size_t count;                     // N: observations with weight above zero
  double theta[FIT_MAX_PARAMETERS]; // estimates
  double se[FIT_MAX_PARAMETERS];    // standard errors, from the covariance below; 0 when df is 0
  double
      covariance[FIT_MAX_PARAMETERS * FIT_MAX_PARAMETERS]; // row-major by `parameters`: (J'WJ)^-1 RSS/(N - p)
  double rss;
  size_t df;          // N - p
  double residual_sd; // sqrt(rss/df); 0 when df is 0
  size_t iterations;
  size_t starts; // starts that were tried
  bool converged;
  const char
      *stop; // why it stopped, in words ("step small enough", "gradient small enough", ...); static text
};

// Fits from one start. STATUS_USAGE: no data, N < p, weights below zero. STATUS_NUMERIC: data not finite (or
// on LN not above zero), the model not defined at the start, or no covariance (the data do not determine a
// parameter). An iteration limit is STATUS_OK with `converged` false.
enum status fit_run(const struct fit_model *model, const struct fit_data *data, enum stat_scale scale,
                    const double *start, struct fit_result *result, struct error *error) MUST_USE;

// A box of starts: each parameter between lo and hi, spaced geometrically where `log` says so (both of one
// sign then).
struct fit_box {
  double lo[FIT_MAX_PARAMETERS];
  double hi[FIT_MAX_PARAMETERS];
  bool log[FIT_MAX_PARAMETERS];
};

// Fits from `start` (NULL: none) and from `starts` points of a Sobol sequence in the box, and keeps the
// smallest RSS among the converged ones (among all when none converged). Fails only when every start failed,
// with the last one's words.
enum status fit_run_many(const struct fit_model *model, const struct fit_data *data, enum stat_scale scale,
                         const double *start, const struct fit_box *box, size_t starts,
                         struct fit_result *result, struct error *error) MUST_USE;

// The fitted value at x on the fit's scale (LN: ln f) and its standard error by the delta method.
// STATUS_NUMERIC where the model is not defined.
enum status fit_predict(const struct fit_model *model, const struct fit_result *result, const double *x,
                        const void *context, double *value, double *se, struct error *error) MUST_USE;

// Writes the residuals (fitted minus observed, on the fit's scale, not weighted) into count places, which
// hold nothing of use after STATUS_NUMERIC.
enum status fit_residuals(const struct fit_model *model, const struct fit_data *data,
                          const struct fit_result *result, double *residuals, struct error *error) MUST_USE;

#endif
