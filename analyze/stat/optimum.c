// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/optimum.h"

#include <math.h>

#include "analyze/stat/fold.h"
#include "analyze/stat/function_profile.h"
#include "analyze/stat/profile.h"

// Relative width of an interval below which a fit is exact.
#define EXACT 1e-8
#define KNEE_GRID 400
#define REACH_STEP 0.01 // on the logarithm of n
#define REACH_MAX 16
#define KNEE_BISECTIONS 60
// How far beyond the tested range, in ln n, a peak of quadratic_ln is told from "nowhere".
#define QUADRATIC_REACH 50

// USL as n/X = q0 (1 + u n^2) + q1 n: the curvature u = 1/n*^2 is a parameter.
static bool usl_by_curvature(const double *x, const double *theta, double *value, double *gradient,
                             const void *context) {
  (void)context;
  double n = x[0], bend = 1 + theta[2] * n * n, divisor = theta[0] * bend + theta[1] * n;
  if (!(divisor > 0)) return false;
  *value = n / divisor;
  if (gradient) {
    gradient[0] = -*value * bend / divisor;
    gradient[1] = -*value * n / divisor;
    gradient[2] = -*value * theta[0] * n * n / divisor;
  }
  return true;
}

static const struct fit_model BY_CURVATURE = {"usl", 3, (const char *const[]){"q0", "q1", "u"},
                                              usl_by_curvature};

// With u held; theta = (q0, q1). context: u.
static bool usl_curvature_held(const double *x, const double *theta, double *value, double *gradient,
                               const void *context) {
  double full[3] = {theta[0], theta[1], *(const double *)context}, all[3];
  if (!usl_by_curvature(x, full, value, gradient ? all : NULL, NULL)) return false;
  if (gradient) {
    gradient[0] = all[0];
    gradient[1] = all[1];
  }
  return true;
}

static const struct fit_model CURVATURE_HELD = {"usl", 2, NULL, usl_curvature_held};

// USL as n/X = (g - v n)^2 + n/peak, g > 0, v >= 0: the height of the peak is a parameter, n* = g/v.
static bool usl_by_peak(const double *x, const double *theta, double *value, double *gradient,
                        const void *context) {
  (void)context;
  double n = x[0], gap = theta[0] - theta[1] * n, divisor = gap * gap + n / theta[2];
  if (!(divisor > 0) || !(theta[2] > 0)) return false;
  *value = n / divisor;
  if (gradient) {
    double slope = -*value / divisor;
    gradient[0] = slope * 2 * gap;
    gradient[1] = -slope * 2 * gap * n;
    gradient[2] = -slope * n / (theta[2] * theta[2]);
  }
  return true;
}

// With the peak held; theta = (g, v), or only g when the curve is held at its edge v = 0. context: the peak.
static bool usl_peak_held(const double *x, const double *theta, double *value, double *gradient,
                          const void *context) {
  double full[3] = {theta[0], theta[1], *(const double *)context}, all[3];
  if (!usl_by_peak(x, full, value, gradient ? all : NULL, NULL)) return false;
  if (gradient) {
    gradient[0] = all[0];
    gradient[1] = all[1];
  }
  return true;
}

static bool usl_peak_held_flat(const double *x, const double *theta, double *value, double *gradient,
                               const void *context) {
  double full[3] = {theta[0], 0, *(const double *)context}, all[3];
  if (!usl_by_peak(x, full, value, gradient ? all : NULL, NULL)) return false;
  if (gradient) gradient[0] = all[0];
  return true;
}

static const struct fit_model PEAK_HELD = {"usl", 2, NULL, usl_peak_held};
static const struct fit_model PEAK_HELD_FLAT = {"usl", 1, NULL, usl_peak_held_flat};

// quadratic_ln as ln X = top + c (ln n - m)^2, m = ln n*.
static bool quadratic_by_peak(const double *x, const double *theta, double *value, double *gradient,
                              const void *context) {
  (void)context;
  double off = log(x[0]) - theta[0];
  *value = exp(theta[1] + theta[2] * off * off);
  if (gradient) {
    gradient[0] = -2 * theta[2] * off * *value;
    gradient[1] = *value;
    gradient[2] = off * off * *value;
  }
  return isfinite(*value) && *value > 0;
}

static const struct fit_model QUADRATIC_BY_PEAK = {"quadratic_ln", 3, (const char *const[]){"m", "top", "c"},
                                                   quadratic_by_peak};

static void tested_range(const struct fit_data *data, double *n_lo, double *n_hi) {
  *n_lo = INFINITY;
  *n_hi = 0;
  for (size_t i = 0; i < data->count; i++) {
    if (data->weights && data->weights[i] == 0) continue;
    *n_lo = fmin(*n_lo, data->x[i]);
    *n_hi = fmax(*n_hi, data->x[i]);
  }
}

// Up to OPTIMUM_MIN_DISTINCT.
static size_t count_distinct(const struct fit_data *data) {
  double seen[OPTIMUM_MIN_DISTINCT];
  size_t count = 0;
  for (size_t i = 0; i < data->count && count < OPTIMUM_MIN_DISTINCT; i++) {
    bool known = data->weights && !(data->weights[i] > 0);
    for (size_t j = 0; j < count && !known; j++)
      known = seen[j] == data->x[i];
    if (!known) seen[count++] = data->x[i];
  }
  return count;
}

struct peak_walk {
  struct fit_data data;
  enum stat_scale scale;
  double start[2]; // g and v of the last refit
};

static bool rss_of_peak(void *context, double peak, double *rss) {
  struct peak_walk *walk = context;
  struct fit_result result;
  if (!(peak > 0)) return false;
  walk->data.context = &peak;
  enum status status = fit_run(&PEAK_HELD, &walk->data, walk->scale, walk->start, &result, NULL);
  if (!status && result.converged && result.theta[0] * result.theta[1] >= 0) {
    walk->start[0] = result.theta[0];
    walk->start[1] = result.theta[1];
  } else { // the free minimum has no peak: the best curve with this ceiling is the one that only nears it
    status = fit_run(&PEAK_HELD_FLAT, &walk->data, walk->scale, walk->start, &result, NULL);
    if (status || !result.converged) return false;
  }
  *rss = result.rss;
  return true;
}

// A peak that the data do not reject, as (g, v, peak): that of the fit (q0, q1, u), or where the fit has
// none, that of the best curve with a curvature safely inside (0, u_hi).
static bool some_peak(const struct fit_data *data, const struct fit_result *fit, double u_hi, double *curve) {
  double q0 = fit->theta[0], q1 = fit->theta[1], u = fit->theta[2];
  if (!(u > 0)) {
    struct fit_data held = *data;
    struct fit_result result;
    u = u_hi / 4;
    held.context = &u;
    if (fit_run(&CURVATURE_HELD, &held, fit->scale, fit->theta, &result, NULL) || !result.converged)
      return false;
    q0 = result.theta[0];
    q1 = result.theta[1];
  }
  if (!(q0 > 0)) return false;
  curve[0] = sqrt(q0);
  curve[1] = sqrt(q0 * u);
  curve[2] = 1 / (q1 + 2 * q0 * sqrt(u));
  return curve[2] > 0 && isfinite(curve[2]);
}

static enum status peak_height(const struct fit_data *data, const struct fit_result *fit, const struct ci *u,
                               double confidence, struct ci *height, struct error *error) {
  double limit, curve[3];
  enum status status = profile_limit(fit, confidence, &limit, error);
  if (status) return status;
  struct ci result = ci_unbounded(INFINITY);
  if (some_peak(data, fit, u->hi, curve)) {
    struct peak_walk walk = {.data = *data, .scale = fit->scale, .start = {curve[0], curve[1]}};
    double step = 0.02 * curve[2];
    if (u->estimate > 0) result.estimate = curve[2];
    bool exact = u->hi - u->lo < EXACT * fabs(u->estimate); // nothing to walk on but rounding
    result.lo = exact ? curve[2] : profile_edge(rss_of_peak, &walk, curve[2], -step, limit);
    if (u->lo > 0) {
      walk.start[0] = curve[0];
      walk.start[1] = curve[1];
      result.hi = exact ? curve[2] : profile_edge(rss_of_peak, &walk, curve[2], step, limit);
    }
  }
  *height = result;
  return STATUS_OK;
}

static enum status usl_optimum(const struct fit_data *data, const struct fit_result *fit, double confidence,
                               enum optimum_kind *kind, struct optimum *optimum, struct error *error) {
  double lambda = fit->theta[MODELS_USL_LAMBDA], sigma = fit->theta[MODELS_USL_SIGMA];
  double kappa = fit->theta[MODELS_USL_KAPPA];
  if (!(sigma < 1))
    return status_fail(error, STATUS_NUMERIC, "usl: sigma is not below 1, the curve never rises");
  double start[3] = {(1 - sigma) / lambda, (sigma - kappa) / lambda, kappa / (1 - sigma)};
  struct fit_result curved;
  struct ci u;
  enum status status = fit_run(&BY_CURVATURE, data, fit->scale, start, &curved, error);
  if (!status) status = profile_interval(&BY_CURVATURE, data, &curved, 2, confidence, &u, error);
  if (status) return status;
  if (!(u.hi > 0)) {
    *kind = OPTIMUM_MONOTONE;
    return STATUS_OK;
  }
  struct optimum result = {0};
  result.n.estimate = u.estimate > 0 ? 1 / sqrt(u.estimate) : INFINITY;
  result.n.lo = isinf(u.hi) ? -INFINITY : 1 / sqrt(u.hi);
  result.n.hi = u.lo > 0 ? 1 / sqrt(u.lo) : INFINITY;
  status = peak_height(data, &curved, &u, confidence, &result.throughput, error);
  if (status) return status;
  *kind = u.estimate > 0 ? OPTIMUM_PEAK : OPTIMUM_OPEN;
  *optimum = result;
  return STATUS_OK;
}

static enum status quadratic_optimum(const struct fit_data *data, const struct fit_result *fit,
                                     double confidence, enum optimum_kind *kind, struct optimum *optimum,
                                     struct error *error) {
  double a = fit->theta[0], b = fit->theta[1], c = fit->theta[2];
  struct fit_result peaked;
  struct ci position, top;
  enum status status;
  if (!(c < 0)) {
    struct ci bend;
    status = profile_interval(models_get(MODELS_QUADRATIC_LN), data, fit, 2, confidence, &bend, error);
    if (status) return status;
    *kind = bend.lo < 0 ? OPTIMUM_OPEN : OPTIMUM_MONOTONE;
    if (bend.lo < 0)
      *optimum = (struct optimum){.n = ci_unbounded(INFINITY), .throughput = ci_unbounded(INFINITY)};
    return STATUS_OK;
  }
  double start[3] = {-b / (2 * c), a - b * b / (4 * c), c};
  status = fit_run(&QUADRATIC_BY_PEAK, data, fit->scale, start, &peaked, error);
  if (!status) status = profile_interval(&QUADRATIC_BY_PEAK, data, &peaked, 0, confidence, &position, error);
  if (!status) status = profile_interval(&QUADRATIC_BY_PEAK, data, &peaked, 1, confidence, &top, error);
  if (status) return status;
  double n_lo, n_hi;
  tested_range(data, &n_lo, &n_hi);
  struct optimum result = {.n = {exp(position.estimate), exp(position.lo), exp(position.hi)},
                           .throughput = {exp(top.estimate), exp(top.lo), exp(top.hi)}};
  if (position.lo < log(n_lo) - QUADRATIC_REACH) result.n.lo = -INFINITY;
  if (position.hi > log(n_hi) + QUADRATIC_REACH) result.n.hi = result.throughput.hi = INFINITY;
  if (!isfinite(result.n.estimate) || !isfinite(result.throughput.estimate)) {
    return status_fail(error, STATUS_NUMERIC, "quadratic_ln: the peak is beyond the range of numbers");
  }
  *kind = OPTIMUM_PEAK;
  *optimum = result;
  return STATUS_OK;
}

enum status optimum_find(enum models_id id, const double *n, const double *throughput, const double *weights,
                         size_t count, const struct fit_result *fit, double confidence,
                         enum optimum_kind *kind, struct optimum *optimum, struct error *error) {
  struct fit_data data = {.x = n, .predictors = 1, .y = throughput, .weights = weights, .count = count};
  struct optimum found = {0};
  struct fold fold = {0};
  if (models_is_monotone(id)) {
    *kind = OPTIMUM_MONOTONE;
    return STATUS_OK;
  }
  enum status status = fold_points(&data, fit->scale, &fold, error);
  if (status) return status;
  if (fold.data.count < count) data = fold.data;
  if (id == MODELS_USL) {
    status = usl_optimum(&data, fit, confidence, kind, &found, error);
  } else {
    status = quadratic_optimum(&data, fit, confidence, kind, &found, error);
  }
  if (status || *kind == OPTIMUM_MONOTONE) goto cleanup;
  double n_lo, n_hi;
  tested_range(&data, &n_lo, &n_hi);
  found.edge = found.n.estimate < n_lo || found.n.estimate > n_hi;
  found.established = !found.edge && isfinite(found.n.lo) && isfinite(found.n.hi) &&
                      count_distinct(&data) >= OPTIMUM_MIN_DISTINCT;
  *optimum = found;

cleanup:
  fold_free(&fold);
  return status;
}

// How far from its peak on the logarithm of n, in steps of one sign, the curve stays above `least`; INFINITY:
// far beyond any server.
static double reach(enum models_id id, const struct fit_result *fit, double peak, double sign, double least) {
  double inside = 0, outside = REACH_STEP;
  while (models_value(id, fit->theta, peak * exp(sign * outside)) >= least) {
    inside = outside;
    outside *= 2;
    if (outside > REACH_MAX) return INFINITY;
  }
  for (int i = 0; i < KNEE_BISECTIONS; i++) {
    double middle = (inside + outside) / 2;
    *(models_value(id, fit->theta, peak * exp(sign * middle)) >= least ? &inside : &outside) = middle;
  }
  return inside;
}

struct ci optimum_allow(enum models_id id, const struct fit_result *fit, double misfit, struct ci n) {
  double top = stat_to_scale(fit->scale, models_value(id, fit->theta, n.estimate));
  double least = stat_from_scale(fit->scale, top - 2 * misfit);
  struct ci range = ci_unbounded(n.estimate);
  if (!isfinite(n.estimate) || !isfinite(least)) return range;
  if (n.lo > 0)
    range.lo = n.estimate * exp(-hypot(log(n.estimate / n.lo), reach(id, fit, n.estimate, -1, least)));
  if (isfinite(n.hi))
    range.hi = n.estimate * exp(hypot(log(n.hi / n.estimate), reach(id, fit, n.estimate, 1, least)));
  return range;
}

// The knee of n/X = c0 + c1 n + c2 n^2 by its roots; 0 where that is not above zero all over the range, or
// c0 is not.
static double knee_of_usl(const double *theta, double n_lo, double n_hi, double share) {
  double c0 = (1 - theta[MODELS_USL_SIGMA]) / theta[MODELS_USL_LAMBDA];
  double c2 = theta[MODELS_USL_KAPPA] / theta[MODELS_USL_LAMBDA];
  double c1 = theta[MODELS_USL_SIGMA] / theta[MODELS_USL_LAMBDA] - c2;
  double top_at = c2 > 0 ? fmin(fmax(sqrt(c0 / c2), n_lo), n_hi) : n_hi;
  double dip = c2 > 0 ? fmin(fmax(-c1 / (2 * c2), n_lo), n_hi) : n_hi;
  double least = fmin(c0 + c1 * n_lo + c2 * n_lo * n_lo, c0 + c1 * dip + c2 * dip * dip);
  if (!(c0 > 0) || !(least > 0) || !isfinite(least)) return 0;
  double share_of_top = share * top_at / (c0 + c1 * top_at + c2 * top_at * top_at);
  if (n_lo / (c0 + c1 * n_lo + c2 * n_lo * n_lo) >= share_of_top) return n_lo;
  double a = share_of_top * c2, b = share_of_top * c1 - 1, c = share_of_top * c0;
  return fmin(2 * c / (sqrt(fmax(0, b * b - 4 * a * c)) - b), top_at);
}

// The smallest n of the range where the curve reaches a share of its largest value there; 0 where it is not
// defined.
static double find_knee(enum models_id id, const double *theta, double n_lo, double n_hi, double share) {
  double root = id == MODELS_USL ? knee_of_usl(theta, n_lo, n_hi, share) : 0;
  if (root > 0) return root;
  double step = log(n_hi / n_lo) / KNEE_GRID, top = 0, top_at = n_lo;
  for (int i = 0; i <= KNEE_GRID; i++) {
    double n = i == KNEE_GRID ? n_hi : n_lo * exp(step * i), value = models_value(id, theta, n);
    if (value > top) {
      top = value;
      top_at = n;
    }
  }
  if (!(top > 0)) return 0;
  double left = fmax(n_lo, top_at * exp(-step)), right = fmin(n_hi, top_at * exp(step));
  for (int i = 0; i < KNEE_BISECTIONS; i++) { // ternary search: between grid points the curve has one top
    double third = (right - left) / 3;
    if (models_value(id, theta, left + third) < models_value(id, theta, right - third)) {
      left += third;
    } else {
      right -= third;
    }
  }
  top = fmax(top, models_value(id, theta, left + (right - left) / 2));
  double reached = n_lo, below = n_lo;
  for (int i = 0; i <= KNEE_GRID; i++) {
    reached = i == KNEE_GRID ? n_hi : n_lo * exp(step * i);
    if (models_value(id, theta, reached) >= share * top) break;
    below = reached;
  }
  for (int i = 0; i < KNEE_BISECTIONS && reached > below; i++) {
    double middle = below + (reached - below) / 2;
    *(models_value(id, theta, middle) >= share * top ? &reached : &below) = middle;
  }
  return reached;
}

static enum status check_knee(enum models_id id, const struct fit_result *fit, double n_lo, double n_hi,
                              double share, struct error *error) {
  if (!(n_lo > 0) || !(n_hi >= n_lo) || !isfinite(n_hi)) {
    return status_fail(error, STATUS_USAGE, "no range of n from %g to %g", n_lo, n_hi);
  }
  if (!(share > 0 && share <= 1))
    return status_fail(error, STATUS_USAGE, "a share of %g is not within 0 to 1", share);
  if (find_knee(id, fit->theta, n_lo, n_hi, share) > 0) return STATUS_OK;
  return status_fail(error, STATUS_NUMERIC, "%s: not defined in the range", models_get(id)->name);
}

enum status optimum_knee(enum models_id id, const struct fit_result *fit, double n_lo, double n_hi,
                         double share, double *n, struct error *error) {
  enum status status = check_knee(id, fit, n_lo, n_hi, share, error);
  if (!status) *n = find_knee(id, fit->theta, n_lo, n_hi, share);
  return status;
}

struct knee {
  enum models_id id;
  double n_lo;
  double n_hi;
  double share;
};

// ln of the knee: it keeps n above zero, and its steps are relative.
static bool ln_knee(const void *context, const double *theta, double *value) {
  const struct knee *knee = context;
  double n = find_knee(knee->id, theta, knee->n_lo, knee->n_hi, knee->share);
  *value = log(n);
  return n > 0;
}

enum status optimum_knee_interval(enum models_id id, const double *n, const double *throughput,
                                  const double *weights, size_t count, const struct fit_result *fit,
                                  double n_lo, double n_hi, double share, double confidence, struct ci *knee,
                                  struct error *error) {
  struct fit_data data = {.x = n, .predictors = 1, .y = throughput, .weights = weights, .count = count};
  struct knee which = {id, n_lo, n_hi, share};
  struct fold fold = {0};
  struct ci ln;
  enum status status = check_knee(id, fit, n_lo, n_hi, share, error);
  if (status) return status;
  if (id == MODELS_PLATEAU) return status_fail(error, STATUS_NUMERIC, "plateau: a kink has no interval");
  status = fold_points(&data, fit->scale, &fold, error);
  if (status) return status;
  if (fold.data.count < count) data = fold.data;
  status = function_profile_interval(models_get(id), &data, fit, ln_knee, &which, confidence, &ln, error);
  fold_free(&fold);
  if (status) return status;
  *knee = (struct ci){exp(ln.estimate), isfinite(ln.lo) ? exp(ln.lo) : -INFINITY, exp(ln.hi)};
  return STATUS_OK;
}
