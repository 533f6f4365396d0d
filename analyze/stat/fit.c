// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/fit.h"

#include <float.h>
#include <gsl/gsl_blas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_matrix.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <gsl/gsl_qrng.h>
#include <gsl/gsl_vector.h>
#include <math.h>
#include <string.h>

#define MAX_ITERATIONS 1000
#define STEP_TOLERANCE 1e-12
// Largest cosine between the residuals and a column of the Jacobian at which a point is called a minimum.
#define COSINE_TOLERANCE 1e-10
// The same for a search that can make no step any more: rounding sets the limit there.
#define COSINE_WHEN_STUCK 1e-5
// Columns of the scaled Jacobian closer to dependence than this leave a parameter undetermined.
#define DEPENDENT_COLUMNS 1e-14
// Relative difference of RSS below which two starts have found the same minimum.
#define SAME_MINIMUM 1e-9
// What a residual becomes where the model is not defined: the trust region then refuses the step and tries a
// shorter one.
#define REFUSED_RESIDUAL 1e100

struct problem {
  const struct fit_model *model;
  const struct fit_data *data;
  enum stat_scale scale;
};

static double row_weight(const struct fit_data *data, size_t row) {
  return data->weights ? sqrt(data->weights[row]) : 1;
}

static const double *row_x(const struct fit_data *data, size_t row) {
  return data->x + row * (data->predictors ? data->predictors : 1);
}

// One weighted residual and, unless NULL, its gradient. False where the model is not defined.
static bool row_residual(const struct problem *problem, const double *theta, size_t row, double *residual,
                         double *gradient) {
  const struct fit_data *data = problem->data;
  double value, weight = row_weight(data, row);
  if (!problem->model->evaluate(row_x(data, row), theta, &value, gradient, data->context)) return false;
  double factor = weight;
  if (problem->scale == STAT_SCALE_LN) {
    if (!(value > 0)) return false;
    *residual = weight * (log(value) - log(data->y[row]));
    factor = weight / value;
  } else {
    *residual = weight * (value - data->y[row]);
  }
  for (size_t j = 0; gradient && j < problem->model->parameters; j++) {
    gradient[j] *= factor;
    if (!isfinite(gradient[j])) return false;
  }
  return isfinite(*residual);
}

static int residuals_callback(const gsl_vector *theta, void *context, gsl_vector *residuals) {
  const struct problem *problem = context;
  for (size_t i = 0; i < problem->data->count; i++) {
    double residual;
    if (!row_residual(problem, theta->data, i, &residual, NULL)) {
      gsl_vector_set_all(residuals, REFUSED_RESIDUAL);
      return GSL_SUCCESS;
    }
    gsl_vector_set(residuals, i, residual);
  }
  return GSL_SUCCESS;
}

static int jacobian_callback(const gsl_vector *theta, void *context, gsl_matrix *jacobian) {
  const struct problem *problem = context;
  for (size_t i = 0; i < problem->data->count; i++) {
    double residual;
    if (!row_residual(problem, theta->data, i, &residual, gsl_matrix_ptr(jacobian, i, 0))) return GSL_EDOM;
  }
  return GSL_SUCCESS;
}

static enum status check_data(const struct fit_model *model, const struct fit_data *data,
                              enum stat_scale scale, size_t *used, struct error *error) {
  size_t predictors = data->predictors ? data->predictors : 1;
  if (model->parameters == 0 || model->parameters > FIT_MAX_PARAMETERS) {
    return status_fail(error, STATUS_USAGE, "%s: %zu parameters", model->name, model->parameters);
  }
  if (!stat_all_finite(data->x, data->count * predictors) || !stat_all_finite(data->y, data->count)) {
    return status_fail(error, STATUS_NUMERIC, "%s: a point is not finite", model->name);
  }
  if (scale == STAT_SCALE_LN && !stat_all_positive(data->y, data->count)) {
    return status_fail(error, STATUS_NUMERIC, "%s: a value is not above zero", model->name);
  }
  *used = data->count;
  for (size_t i = 0; data->weights && i < data->count; i++) {
    if (!isfinite(data->weights[i]) || data->weights[i] < 0) {
      return status_fail(error, STATUS_USAGE, "%s: a weight is negative or not finite", model->name);
    }
    if (data->weights[i] == 0) --*used;
  }
  if (*used < model->parameters) {
    return status_fail(error, STATUS_USAGE, "%s: %zu points for %zu parameters", model->name, *used,
                       model->parameters);
  }
  if (!(data->extra_rss >= 0) || !isfinite(data->extra_rss))
    return status_fail(error, STATUS_NUMERIC, "%s: a sum of squares is not finite", model->name);
  *used += data->extra_count;
  return STATUS_OK;
}

// The largest |cos| between the residuals and a column of the Jacobian: zero at a minimum, whatever the
// units.
static double largest_cosine(const gsl_matrix *jacobian, const gsl_vector *residuals) {
  double largest = 0, norm = gsl_blas_dnrm2(residuals);
  if (norm == 0) return 0;
  for (size_t j = 0; j < jacobian->size2; j++) {
    gsl_vector_const_view column = gsl_matrix_const_column(jacobian, j);
    double product, length = gsl_blas_dnrm2(&column.vector);
    gsl_blas_ddot(&column.vector, residuals, &product);
    if (length > 0) largest = fmax(largest, fabs(product) / (length * norm));
  }
  return largest;
}

static void iterate(gsl_multifit_nlinear_workspace *workspace, struct fit_result *result) {
  const gsl_matrix *jacobian = gsl_multifit_nlinear_jac(workspace);
  const gsl_vector *residuals = gsl_multifit_nlinear_residual(workspace);
  result->converged = false;
  result->stop = "iteration limit";
  for (result->iterations = 0; result->iterations < MAX_ITERATIONS;) {
    if (largest_cosine(jacobian, residuals) < COSINE_TOLERANCE) {
      result->converged = true;
      result->stop = "gradient small enough";
      return;
    }
    int code = gsl_multifit_nlinear_iterate(workspace);
    result->iterations++;
    if (code) {
      // Near the minimum no step lowers a sum that is already as low as rounding allows.
      result->converged = code == GSL_ENOPROG && largest_cosine(jacobian, residuals) < COSINE_WHEN_STUCK;
      result->stop = result->converged ? "no lower point within rounding" : gsl_strerror(code);
      return;
    }
    int info = 0;
    if (gsl_multifit_nlinear_test(STEP_TOLERANCE, 0, 0, &info, workspace) == GSL_SUCCESS && info == 1) {
      result->converged = true;
      result->stop = "step small enough";
      return;
    }
  }
}

// (J'J)^-1 through columns of unit length, so that units do not decide what counts as dependent.
static enum status unscaled_covariance(const struct fit_model *model, const gsl_matrix *jacobian,
                                       gsl_matrix *scaled, gsl_matrix *covariance, struct error *error) {
  double length[FIT_MAX_PARAMETERS];
  size_t parameters = jacobian->size2;
  gsl_matrix_memcpy(scaled, jacobian);
  for (size_t j = 0; j < parameters; j++) {
    gsl_vector_view column = gsl_matrix_column(scaled, j);
    length[j] = gsl_blas_dnrm2(&column.vector);
    if (length[j] > 0 && isfinite(length[j])) gsl_vector_scale(&column.vector, 1 / length[j]);
  }
  if (gsl_multifit_nlinear_covar(scaled, DEPENDENT_COLUMNS, covariance)) {
    return status_fail(error, STATUS_NUMERIC, "%s: no covariance", model->name);
  }
  for (size_t i = 0; i < parameters; i++) {
    double diagonal = gsl_matrix_get(covariance, i, i);
    if (!(diagonal > 0) || !isfinite(diagonal)) {
      return status_fail(error, STATUS_NUMERIC, "%s: the points do not determine %s", model->name,
                         model->parameter_names ? model->parameter_names[i] : "every parameter");
    }
  }
  for (size_t i = 0; i < parameters; i++) {
    for (size_t j = 0; j < parameters; j++) {
      gsl_matrix_set(covariance, i, j, gsl_matrix_get(covariance, i, j) / (length[i] * length[j]));
    }
  }
  return STATUS_OK;
}

static enum status collect(const struct fit_model *model, const gsl_multifit_nlinear_workspace *workspace,
                           double extra_rss, size_t used, struct fit_result *result, struct error *error) {
  size_t parameters = model->parameters;
  const gsl_matrix *jacobian = gsl_multifit_nlinear_jac(workspace);
  const gsl_vector *residuals = gsl_multifit_nlinear_residual(workspace);
  const gsl_vector *theta = gsl_multifit_nlinear_position(workspace);
  gsl_matrix *scaled = gsl_matrix_alloc(jacobian->size1, parameters);
  gsl_matrix *covariance = gsl_matrix_alloc(parameters, parameters);
  enum status status = STATUS_OK;
  if (!scaled || !covariance) {
    status = stat_no_memory(error, "%s: no memory", model->name);
    goto cleanup;
  }
  status = unscaled_covariance(model, jacobian, scaled, covariance, error);
  if (status) goto cleanup;
  gsl_blas_ddot(residuals, residuals, &result->rss);
  result->rss += extra_rss;
  result->parameters = parameters;
  result->count = used;
  result->df = used - parameters;
  double variance = result->df ? result->rss / (double)result->df : 0;
  result->residual_sd = sqrt(variance);
  for (size_t i = 0; i < parameters; i++) {
    result->theta[i] = gsl_vector_get(theta, i);
    result->se[i] = sqrt(variance * gsl_matrix_get(covariance, i, i));
    for (size_t j = 0; j < parameters; j++) {
      result->covariance[i * parameters + j] = variance * gsl_matrix_get(covariance, i, j);
    }
  }
  if (!stat_all_finite(result->theta, parameters) || !stat_all_finite(result->se, parameters) ||
      !isfinite(result->rss)) {
    status = status_fail(error, STATUS_NUMERIC, "%s: the fit left the range of numbers", model->name);
  }

cleanup:
  gsl_matrix_free(scaled);
  gsl_matrix_free(covariance);
  return status;
}

static bool defined_everywhere(const struct problem *problem, const double *theta) {
  double residual, gradient[FIT_MAX_PARAMETERS];
  for (size_t i = 0; i < problem->data->count; i++) {
    if (!row_residual(problem, theta, i, &residual, gradient)) return false;
  }
  return true;
}

enum status fit_run(const struct fit_model *model, const struct fit_data *data, enum stat_scale scale,
                    const double *start, struct fit_result *result, struct error *error) {
  struct problem problem = {model, data, scale};
  struct fit_result found = {.scale = scale, .starts = 1};
  size_t used;
  enum status status = check_data(model, data, scale, &used, error);
  if (status) return status;
  if (!stat_all_finite(start, model->parameters) || !defined_everywhere(&problem, start)) {
    return status_fail(error, STATUS_NUMERIC, "%s: not defined at the start", model->name);
  }
  gsl_multifit_nlinear_parameters method = gsl_multifit_nlinear_default_parameters();
  method.trs = gsl_multifit_nlinear_trs_lm;
  method.scale = gsl_multifit_nlinear_scale_more;
  method.solver = gsl_multifit_nlinear_solver_qr;
  gsl_multifit_nlinear_fdf callbacks = {.f = residuals_callback,
                                        .df = jacobian_callback,
                                        .n = data->count,
                                        .p = model->parameters,
                                        .params = &problem};
  gsl_vector_const_view first = gsl_vector_const_view_array(start, model->parameters);
  gsl_multifit_nlinear_workspace *workspace =
      gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &method, data->count, model->parameters);
  if (!workspace) return stat_no_memory(error, "%s: no memory", model->name);
  if (gsl_multifit_nlinear_init(&first.vector, &callbacks, workspace)) {
    status = status_fail(error, STATUS_NUMERIC, "%s: not defined at the start", model->name);
  } else {
    iterate(workspace, &found);
    status = collect(model, workspace, data->extra_rss, used, &found, error);
  }
  gsl_multifit_nlinear_free(workspace);
  if (!status) *result = found;
  return status;
}

static void place_in_box(const struct fit_box *box, size_t parameters, const double *unit, double *start) {
  for (size_t j = 0; j < parameters; j++) {
    double lo = box->lo[j], hi = box->hi[j];
    start[j] = box->log[j] ? lo * pow(hi / lo, unit[j]) : lo + unit[j] * (hi - lo);
  }
}

// How far RSS is uncertain because each fitted value is rounded.
static double rounding_of_rss(const struct fit_data *data, enum stat_scale scale, double rss) {
  double squares = 0;
  for (size_t i = 0; i < data->count; i++) {
    double size = fmax(1, fabs(stat_to_scale(scale, data->y[i])));
    squares += (data->weights ? data->weights[i] : 1) * size * size;
  }
  return 4 * DBL_EPSILON * sqrt(rss * squares);
}

// Equal minima (sums of alike terms have several) must not be told apart by rounding: the earlier one stays.
static bool better(const struct fit_result *left, const struct fit_result *right, double rounding) {
  if (left->converged != right->converged) return left->converged;
  return left->rss < right->rss * (1 - SAME_MINIMUM) - rounding;
}

enum status fit_run_many(const struct fit_model *model, const struct fit_data *data, enum stat_scale scale,
                         const double *start, const struct fit_box *box, size_t starts,
                         struct fit_result *result, struct error *error) {
  struct fit_result best = {0}, one;
  double unit[FIT_MAX_PARAMETERS], point[FIT_MAX_PARAMETERS];
  size_t good = 0;
  enum status status = check_data(model, data, scale, &(size_t){0}, error);
  if (status) return status;
  gsl_qrng *sobol = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)model->parameters);
  if (!sobol) return stat_no_memory(error, "%s: no memory", model->name);
  status = status_fail(error, STATUS_USAGE, "%s: no start", model->name);
  for (size_t i = start ? 0 : 1; i <= starts; i++) {
    if (i > 0) {
      gsl_qrng_get(sobol, unit);
      place_in_box(box, model->parameters, unit, point);
    }
    enum status now = fit_run(model, data, scale, i > 0 ? point : start, &one, error);
    if (!now && (good++ == 0 || better(&one, &best, rounding_of_rss(data, scale, best.rss)))) best = one;
    if (now) status = now;
  }
  gsl_qrng_free(sobol);
  if (good == 0) return status;
  best.starts = starts + (start ? 1 : 0);
  *result = best;
  return STATUS_OK;
}

enum status fit_predict(const struct fit_model *model, const struct fit_result *result, const double *x,
                        const void *context, double *value, double *se, struct error *error) {
  double f, gradient[FIT_MAX_PARAMETERS], variance = 0;
  bool ln = result->scale == STAT_SCALE_LN;
  if (!model->evaluate(x, result->theta, &f, gradient, context) || !isfinite(f) || (ln && !(f > 0))) {
    return status_fail(error, STATUS_NUMERIC, "%s: not defined at this point", model->name);
  }
  for (size_t i = 0; i < result->parameters; i++) {
    for (size_t j = 0; j < result->parameters; j++) {
      variance += gradient[i] * gradient[j] * result->covariance[i * result->parameters + j];
    }
  }
  double spread = sqrt(fmax(0, variance)) / (ln ? f : 1);
  if (!isfinite(spread))
    return status_fail(error, STATUS_NUMERIC, "%s: no standard error at this point", model->name);
  *value = ln ? log(f) : f;
  *se = spread;
  return STATUS_OK;
}

// Points of one x that follow each other share a fitted value: a model is dear, and repetitions are many.
enum status fit_residuals(const struct fit_model *model, const struct fit_data *data,
                          const struct fit_result *result, double *residuals, struct error *error) {
  size_t predictors = data->predictors ? data->predictors : 1;
  double fitted = 0;
  if (result->scale == STAT_SCALE_LN && !stat_all_positive(data->y, data->count)) {
    return status_fail(error, STATUS_NUMERIC, "%s: a value is not above zero", model->name);
  }
  for (size_t i = 0; i < data->count; i++) {
    const double *x = row_x(data, i);
    if (i == 0 || memcmp(x, x - predictors, predictors * sizeof *x) != 0) {
      double value;
      if (!model->evaluate(x, result->theta, &value, NULL, data->context) ||
          (result->scale == STAT_SCALE_LN && !(value > 0)))
        return status_fail(error, STATUS_NUMERIC, "%s: not defined at a point", model->name);
      fitted = stat_to_scale(result->scale, value);
    }
    residuals[i] = fitted - stat_to_scale(result->scale, data->y[i]);
    if (!isfinite(residuals[i]))
      return status_fail(error, STATUS_NUMERIC, "%s: not defined at a point", model->name);
  }
  return STATUS_OK;
}
