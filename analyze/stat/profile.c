// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/profile.h"

#include <math.h>

#define MAX_DOUBLINGS 40
#define MAX_HALVINGS 30
#define MAX_REFINEMENTS 100
#define EDGE_TOLERANCE 1e-11
// Relative half width of an interval below which a fit is exact.
#define EXACT 1e-9

// A model with one of its parameters held.
struct held {
  const struct fit_model *model;
  const void *context; // of that model
  size_t parameter;
  double value;
};

static void with_held(const struct held *held, const double *free_theta, double *theta) {
  for (size_t i = 0, j = 0; i < held->model->parameters; i++) {
    theta[i] = i == held->parameter ? held->value : free_theta[j++];
  }
}

static bool evaluate_held(const double *x, const double *free_theta, double *value, double *gradient,
                          const void *context) {
  const struct held *held = context;
  double theta[FIT_MAX_PARAMETERS], full[FIT_MAX_PARAMETERS];
  with_held(held, free_theta, theta);
  if (!held->model->evaluate(x, theta, value, gradient ? full : NULL, held->context)) return false;
  for (size_t i = 0, j = 0; gradient && i < held->model->parameters; i++) {
    if (i != held->parameter) gradient[j++] = full[i];
  }
  return true;
}

// What a walk along a profile remembers: the last two refits, from which the next start is extrapolated.
struct walk {
  const struct fit_model *model;
  const struct fit_data *data;
  const struct fit_result *fit;
  size_t parameter;
  double at[2];                         // last, and the one before
  double others[2][FIT_MAX_PARAMETERS]; // the free parameters there
};

static bool rss_without_free(const struct walk *walk, double held, double *rss) {
  struct fit_result one = *walk->fit;
  double sum = walk->data->extra_rss;
  one.theta[0] = held;
  for (size_t i = 0; i < walk->data->count; i++) {
    struct fit_data row = *walk->data;
    size_t predictors = row.predictors ? row.predictors : 1;
    double residual;
    row.x += i * predictors;
    row.y += i;
    row.count = 1;
    if (fit_residuals(walk->model, &row, &one, &residual, NULL)) return false;
    sum += (row.weights ? row.weights[i] : 1) * residual * residual;
  }
  *rss = sum;
  return true;
}

static bool refit(void *context, double value, double *rss) {
  struct walk *walk = context;
  size_t others = walk->model->parameters - 1;
  if (others == 0) return rss_without_free(walk, value, rss);
  struct held held = {walk->model, walk->data->context, walk->parameter, value};
  struct fit_model reduced = {walk->model->name, others, NULL, evaluate_held};
  struct fit_data data = *walk->data;
  struct fit_result result;
  double start[FIT_MAX_PARAMETERS];
  double span = walk->at[0] - walk->at[1];
  double share = span != 0 ? (value - walk->at[0]) / span : 0;
  data.context = &held;
  for (size_t i = 0; i < others; i++) {
    start[i] = walk->others[0][i] + share * (walk->others[0][i] - walk->others[1][i]);
  }
  if (fit_run(&reduced, &data, walk->fit->scale, start, &result, NULL) &&
      fit_run(&reduced, &data, walk->fit->scale, walk->others[0], &result, NULL)) {
    return false;
  }
  if (!result.converged) return false;
  walk->at[1] = walk->at[0];
  walk->at[0] = value;
  for (size_t i = 0; i < others; i++) {
    walk->others[1][i] = walk->others[0][i];
    walk->others[0][i] = result.theta[i];
  }
  *rss = result.rss;
  return true;
}

// Where RSS passes the limit between `inside` and `outside`: false position on sqrt(RSS - base), which is
// almost straight, with a halving whenever it does not close in quickly.
static double refine(profile_rss *rss, void *context, double inside, double inside_rss, double outside,
                     double outside_rss, double limit, double base) {
  double goal = sqrt(fmax(0, limit - base));
  double low = sqrt(fmax(0, inside_rss - base)) - goal, high = sqrt(fmax(0, outside_rss - base)) - goal;
  for (int i = 0; i < MAX_REFINEMENTS; i++) {
    double width = outside - inside;
    if (fabs(width) <= EDGE_TOLERANCE * (fabs(inside) + fabs(outside))) break;
    double share = i % 3 == 2 || !(high > low) ? 0.5 : fmin(0.99, fmax(0.01, -low / (high - low)));
    double middle = inside + share * width, middle_rss;
    if (middle == inside || middle == outside) break;
    if (!rss(context, middle, &middle_rss)) middle_rss = INFINITY;
    if (middle_rss <= limit) {
      inside = middle;
      low = sqrt(fmax(0, middle_rss - base)) - goal;
    } else {
      outside = middle;
      high = isfinite(middle_rss) ? sqrt(middle_rss - base) - goal : goal + 1;
    }
  }
  return inside + (outside - inside) / 2;
}

double profile_edge(profile_rss *rss, void *context, double inside, double step, double rss_limit) {
  double nowhere = step < 0 ? -INFINITY : INFINITY;
  double inside_rss;
  if (!rss(context, inside, &inside_rss) || !(inside_rss <= rss_limit)) return nowhere;
  double base = inside_rss;
  int failures = 0;
  for (int doublings = 0; doublings < MAX_DOUBLINGS;) {
    double next = inside + step, next_rss;
    if (!isfinite(next)) break;
    if (!rss(context, next, &next_rss)) {
      if (++failures > MAX_HALVINGS) break;
      step /= 2;
      continue;
    }
    if (next_rss > rss_limit)
      return refine(rss, context, inside, inside_rss, next, next_rss, rss_limit, base);
    inside = next;
    inside_rss = next_rss;
    base = fmin(base, next_rss);
    step *= 2;
    doublings++;
  }
  return nowhere;
}

enum status profile_limit(const struct fit_result *fit, double confidence, double *rss_limit,
                          struct error *error) {
  enum status status = stat_check_confidence(confidence, error);
  if (status) return status;
  if (fit->df == 0) return status_fail(error, STATUS_NUMERIC, "as many parameters as points: no interval");
  double df = (double)fit->df;
  *rss_limit = fit->rss * (1 + stat_f_quantile(confidence, 1, df) / df);
  return STATUS_OK;
}

enum status profile_interval(const struct fit_model *model, const struct fit_data *data,
                             const struct fit_result *fit, size_t parameter, double confidence, struct ci *ci,
                             struct error *error) {
  double limit;
  enum status status = profile_limit(fit, confidence, &limit, error);
  if (status) return status;
  if (parameter >= model->parameters)
    return status_fail(error, STATUS_USAGE, "%s: no such parameter", model->name);
  double estimate = fit->theta[parameter], se = fit->se[parameter];
  if (!(se > 0)) { // an exact fit, or a parameter without a smooth likelihood
    *ci = fit->rss > 0 ? ci_unbounded(estimate)
                       : (struct ci){.estimate = estimate, .lo = estimate, .hi = estimate};
    return STATUS_OK;
  }
  double half = se * sqrt(stat_f_quantile(confidence, 1, (double)fit->df));
  if (half < EXACT * fabs(estimate)) { // RSS is rounding by now, but so narrow a profile is straight
    *ci = (struct ci){.estimate = estimate, .lo = estimate - half, .hi = estimate + half};
    return STATUS_OK;
  }
  double ends[2];
  for (int side = 0; side < 2; side++) {
    double step = side == 0 ? -half : half;
    struct walk walk = {
        .model = model, .data = data, .fit = fit, .parameter = parameter, .at = {estimate, estimate - step}};
    for (size_t i = 0, j = 0; i < model->parameters; i++) {
      if (i == parameter) continue;
      // Along the ridge of the likelihood the others follow by cov_ij / var_j.
      double slope = fit->covariance[i * model->parameters + parameter] / (se * se);
      walk.others[0][j] = fit->theta[i];
      walk.others[1][j++] = fit->theta[i] - slope * step;
    }
    ends[side] = profile_edge(refit, &walk, estimate, step, limit);
  }
  *ci = (struct ci){.estimate = estimate, .lo = ends[0], .hi = ends[1]};
  return STATUS_OK;
}
