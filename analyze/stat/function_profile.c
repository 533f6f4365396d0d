// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/function_profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/stat/profile.h"

// Share of its half width by which the held value may give way, and by which a refit may miss it.
#define GIVE 1e-6
#define MISS 1e-3
// Step of the numerical gradient, in standard errors.
#define GRADIENT_STEP 1e-4
#define EXACT 1e-9

struct held {
  const struct fit_model *model;
  const void *model_context;
  function_profile_value *derived;
  const void *derived_context;
  const double *extra_x; // the row that is no observation but the penalty
  double step[FIT_MAX_PARAMETERS];
  double value;     // what is held
  double stiffness; // of the extra residual: stiffness (derived - value)
  enum stat_scale scale;
};

static bool gradient_of(const struct held *held, const double *theta, double *value, double *gradient) {
  double moved[FIT_MAX_PARAMETERS];
  if (!held->derived(held->derived_context, theta, value) || !isfinite(*value)) return false;
  memcpy(moved, theta, held->model->parameters * sizeof *theta);
  for (size_t i = 0; gradient && i < held->model->parameters; i++) {
    double above, below;
    moved[i] = theta[i] + held->step[i];
    if (!held->derived(held->derived_context, moved, &above)) return false;
    moved[i] = theta[i] - held->step[i];
    if (!held->derived(held->derived_context, moved, &below)) return false;
    moved[i] = theta[i];
    gradient[i] = (above - below) / (2 * held->step[i]);
    if (!isfinite(gradient[i])) return false;
  }
  return true;
}

// The model at an observation; at the extra row what makes its residual the penalty on either scale.
static bool evaluate_held(const double *x, const double *theta, double *value, double *gradient,
                          const void *context) {
  const struct held *held = context;
  if (x != held->extra_x) return held->model->evaluate(x, theta, value, gradient, held->model_context);
  double derived;
  if (!gradient_of(held, theta, &derived, gradient)) return false;
  double residual = held->stiffness * (derived - held->value);
  bool ln = held->scale == STAT_SCALE_LN;
  *value = ln ? exp(residual) : residual;
  for (size_t i = 0; gradient && i < held->model->parameters; i++) {
    gradient[i] *= held->stiffness * (ln ? *value : 1);
  }
  return isfinite(*value) && (!ln || *value > 0);
}

struct walk {
  struct held held;
  struct fit_data data; // with the extra row
  struct fit_model model;
  double half; // of the interval, roughly
  double theta[FIT_MAX_PARAMETERS];
};

static bool refit(void *context, double value, double *rss) {
  struct walk *walk = context;
  struct fit_result result;
  double derived;
  walk->held.value = value;
  if (fit_run(&walk->model, &walk->data, walk->held.scale, walk->theta, &result, NULL) || !result.converged)
    return false;
  if (!walk->held.derived(walk->held.derived_context, result.theta, &derived)) return false;
  if (fabs(derived - value) > MISS * walk->half) return false; // no parameters have this value
  memcpy(walk->theta, result.theta, result.parameters * sizeof *result.theta);
  *rss = result.rss;
  return true;
}

// Appends the extra row to copies of the arrays: x and y in one block, weights in another when there are any.
static enum status add_row(const struct fit_data *data, enum stat_scale scale, struct fit_data *with_row,
                           double **x, double **weights, struct error *error) {
  size_t predictors = data->predictors ? data->predictors : 1, rows = data->count + 1;
  *x = calloc(rows * (predictors + 1), sizeof **x);
  if (data->weights) *weights = calloc(rows, sizeof **weights);
  if (!*x || (data->weights && !*weights)) return stat_no_memory(error, "no memory for %zu points", rows);
  double *y = *x + rows * predictors;
  memcpy(*x, data->x, data->count * predictors * sizeof **x);
  memcpy(y, data->y, data->count * sizeof *y);
  y[data->count] = scale == STAT_SCALE_LN ? 1 : 0;
  if (data->weights) {
    memcpy(*weights, data->weights, data->count * sizeof **weights);
    (*weights)[data->count] = 1;
  }
  *with_row = (struct fit_data){.x = *x,
                                .predictors = predictors,
                                .y = y,
                                .weights = *weights,
                                .count = rows,
                                .extra_rss = data->extra_rss,
                                .extra_count = data->extra_count};
  return STATUS_OK;
}

static enum status prepare(struct walk *walk, const struct fit_result *fit, double confidence,
                           double *estimate, double *limit, struct error *error) {
  double gradient[FIT_MAX_PARAMETERS] = {0}, variance = 0;
  enum status status = profile_limit(fit, confidence, limit, error);
  if (status) return status;
  size_t parameters = fit->parameters;
  for (size_t i = 0; i < parameters; i++) {
    if (!(fit->se[i] > 0))
      return status_fail(error, STATUS_NUMERIC, "%s: a parameter has no standard error", walk->model.name);
    walk->held.step[i] = GRADIENT_STEP * fit->se[i];
  }
  if (!gradient_of(&walk->held, fit->theta, estimate, gradient)) {
    return status_fail(error, STATUS_NUMERIC, "%s: the value does not exist at the fit", walk->model.name);
  }
  for (size_t i = 0; i < parameters; i++) {
    for (size_t j = 0; j < parameters; j++)
      variance += gradient[i] * gradient[j] * fit->covariance[i * parameters + j];
  }
  walk->half = sqrt(fmax(0, variance) * stat_f_quantile(confidence, 1, (double)fit->df));
  if (!(walk->half > 0) || !isfinite(walk->half)) {
    return status_fail(error, STATUS_NUMERIC, "%s: the value does not depend on the fit", walk->model.name);
  }
  walk->held.stiffness = sqrt((*limit - fit->rss) / GIVE) / walk->half;
  return STATUS_OK;
}

enum status function_profile_interval(const struct fit_model *model, const struct fit_data *data,
                                      const struct fit_result *fit, function_profile_value *derived,
                                      const void *context, double confidence, struct ci *ci,
                                      struct error *error) {
  double estimate, limit, *x = NULL, *weights = NULL, ends[2];
  struct walk walk = {.held = {.model = model,
                               .model_context = data->context,
                               .derived = derived,
                               .derived_context = context,
                               .scale = fit->scale},
                      .model = {model->name, model->parameters, NULL, evaluate_held}};
  enum status status = prepare(&walk, fit, confidence, &estimate, &limit, error);
  if (status) return status;
  if (walk.half < EXACT * fabs(estimate)) {
    *ci = (struct ci){estimate, estimate - walk.half, estimate + walk.half};
    return STATUS_OK;
  }
  status = add_row(data, fit->scale, &walk.data, &x, &weights, error);
  if (status) goto cleanup;
  walk.held.extra_x = x + data->count * walk.data.predictors;
  walk.data.context = &walk.held;
  for (int side = 0; side < 2; side++) {
    memcpy(walk.theta, fit->theta, sizeof walk.theta);
    ends[side] = profile_edge(refit, &walk, estimate, side == 0 ? -walk.half : walk.half, limit);
  }
  *ci = (struct ci){estimate, ends[0], ends[1]};

cleanup:
  free(x);
  free(weights);
  return status;
}
