// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where a fitted curve peaks, how high, and what the data leave open about both.
//
// Intervals are profile likelihood on the fit's own scale: delta-method intervals cover 74-91 % here and
// invent optima.
#ifndef ANALYZE_STAT_OPTIMUM_H
#define ANALYZE_STAT_OPTIMUM_H

#include "analyze/stat/models.h"

// A curve of three parameters passes through three n whatever they are, so that its peak is no evidence.
#define OPTIMUM_MIN_DISTINCT 4

// n* and X* are never clipped to the tested range.
struct optimum {
  struct ci n;          // requests in flight; hi INFINITY: "no optimum established; at least lo"
  struct ci throughput; // tokens/s at n; hi INFINITY wherever n.hi is
  bool edge;            // the estimate of n lies outside the tested range
  bool established; // n.hi is bounded, n is inside the tested range, and OPTIMUM_MIN_DISTINCT n stand behind
                    // it
};

// PEAK: the curve has a peak. OPEN: it has none, but the data allow one: both estimates are INFINITY, n.lo is
// "at least". MONOTONE: the data rule a peak out (u_hi <= 0) or the family has none (be it that it rises or
// falls); `optimum` is not written.
enum optimum_kind { OPTIMUM_PEAK, OPTIMUM_OPEN, OPTIMUM_MONOTONE };

// The optimum of a converged fit by models_fit on the same points. USL: n* = sqrt((1-sigma)/kappa), interval
// in u = 1/n*^2 = kappa/(1-sigma), which may include 0 and below. quadratic_ln: exp(-b/2c). STATUS_NUMERIC
// when df is 0.
enum status optimum_find(enum models_id id, const double *n, const double *throughput, const double *weights,
                         size_t count, const struct fit_result *fit, double confidence,
                         enum optimum_kind *kind, struct optimum *optimum, struct error *error) MUST_USE;

// Where the peak may lie if the curve is off by up to `misfit` (on the fit's scale; lack_of_fit.h) besides:
// the n around its interval `n` whose fitted throughput is within two misfits of the peak's, one for either
// n. Both reaches add up as squares on the logarithm of n. An end of `n` that is not bounded stays so.
struct ci optimum_allow(enum models_id id, const struct fit_result *fit, double misfit, struct ci n);

// The smallest n in [n_lo, n_hi] where the fitted curve reaches `share` (0.95) of its largest value there.
// STATUS_USAGE for an empty range or a share outside (0, 1].
enum status optimum_knee(enum models_id id, const struct fit_result *fit, double n_lo, double n_hi,
                         double share, double *n, struct error *error) MUST_USE;

// The same with its profile-likelihood interval, for a converged fit by models_fit on the same points. An end
// beyond [n_lo, n_hi] is unbounded. STATUS_NUMERIC for plateau (its knee is a kink), when df is 0, or where
// the knee is n_lo or n_hi whatever the parameters.
enum status optimum_knee_interval(enum models_id id, const double *n, const double *throughput,
                                  const double *weights, size_t count, const struct fit_result *fit,
                                  double n_lo, double n_hi, double share, double confidence, struct ci *knee,
                                  struct error *error) MUST_USE;

#endif
