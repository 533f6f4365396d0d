// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/models.h"

#include <gsl/gsl_multifit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/stat/fold.h"

#define SOBOL_STARTS 16
// With at least twice as many rows, the starts are tried on about this many of them.
#define THIN_ROWS 200

static bool usl(const double *x, const double *theta, double *value, double *gradient, const void *context) {
  (void)context;
  double n = x[0], divisor = 1 + theta[1] * (n - 1) + theta[2] * n * (n - 1);
  if (!(divisor > 0)) return false;
  *value = theta[0] * n / divisor;
  if (gradient) {
    gradient[0] = n / divisor;
    gradient[1] = -*value * (n - 1) / divisor;
    gradient[2] = -*value * n * (n - 1) / divisor;
  }
  return true;
}

static bool hyperbolic(const double *x, const double *theta, double *value, double *gradient,
                       const void *context) {
  (void)context;
  double n = x[0], divisor = theta[1] + n;
  if (!(divisor > 0)) return false;
  *value = theta[0] * n / divisor;
  if (gradient) {
    gradient[0] = n / divisor;
    gradient[1] = -*value / divisor;
  }
  return true;
}

static bool exponential(const double *x, const double *theta, double *value, double *gradient,
                        const void *context) {
  (void)context;
  double n = x[0], share = -expm1(-theta[1] * n);
  *value = theta[0] * share;
  if (gradient) {
    gradient[0] = share;
    gradient[1] = theta[0] * n * exp(-theta[1] * n);
  }
  return isfinite(*value);
}

static bool hill(const double *x, const double *theta, double *value, double *gradient, const void *context) {
  (void)context;
  double n = x[0], k = theta[1];
  if (!(k > 0)) return false;
  double ratio = pow(k / n, theta[2]), share = 1 / (1 + ratio);
  if (!(share > 0)) return false;
  *value = theta[0] * share;
  if (gradient) {
    gradient[0] = share;
    gradient[1] = -*value * share * ratio * theta[2] / k;
    gradient[2] = -*value * share * ratio * log(k / n);
  }
  return true;
}

static bool plateau(const double *x, const double *theta, double *value, double *gradient,
                    const void *context) {
  (void)context;
  double n = x[0];
  *value = theta[0] * fmin(n, theta[1]);
  if (gradient) {
    gradient[0] = fmin(n, theta[1]);
    gradient[1] = n > theta[1] ? theta[0] : 0;
  }
  return true;
}

static bool quadratic_ln(const double *x, const double *theta, double *value, double *gradient,
                         const void *context) {
  (void)context;
  double ln_n = log(x[0]);
  *value = exp(theta[0] + theta[1] * ln_n + theta[2] * ln_n * ln_n);
  if (gradient) {
    gradient[0] = *value;
    gradient[1] = *value * ln_n;
    gradient[2] = *value * ln_n * ln_n;
  }
  return isfinite(*value) && *value > 0;
}

static const struct fit_model MODELS[MODELS_COUNT] = {
    [MODELS_USL] = {"usl", 3, (const char *const[]){"lambda", "sigma", "kappa"}, usl},
    [MODELS_HYPERBOLIC] = {"hyperbolic", 2, (const char *const[]){"xmax", "k"}, hyperbolic},
    [MODELS_EXPONENTIAL] = {"exponential", 2, (const char *const[]){"xmax", "k"}, exponential},
    [MODELS_HILL] = {"hill", 3, (const char *const[]){"xmax", "k", "h"}, hill},
    [MODELS_PLATEAU] = {"plateau", 2, (const char *const[]){"slope", "knee"}, plateau},
    [MODELS_QUADRATIC_LN] = {"quadratic_ln", 3, (const char *const[]){"a", "b", "c"}, quadratic_ln},
};

const struct fit_model *models_get(enum models_id id) {
  return &MODELS[id];
}

enum status models_find(const char *name, enum models_id *id, struct error *error) {
  for (size_t i = 0; i < MODELS_COUNT; i++) {
    if (strcmp(name, MODELS[i].name) == 0) {
      *id = (enum models_id)i;
      return STATUS_OK;
    }
  }
  return status_fail(error, STATUS_NOT_FOUND,
                     "no model '%s' (usl, hyperbolic, exponential, hill, plateau, quadratic_ln)", name);
}

bool models_is_monotone(enum models_id id) {
  return id != MODELS_USL && id != MODELS_QUADRATIC_LN;
}

double models_value(enum models_id id, const double *theta, double n) {
  double value;
  if (!(n > 0) || !MODELS[id].evaluate(&n, theta, &value, NULL, NULL) || !isfinite(value)) return 0;
  return value;
}

static double weight_of(const double *weights, size_t i) {
  return weights ? weights[i] : 1;
}

// Weighted linear least squares of y on the columns of `design` (count rows of `terms`), into `solution`.
static enum status solve_linear(const double *design, const double *y, const double *weights, size_t count,
                                size_t terms, double *solution) {
  double chi_squared;
  enum status status = STATUS_MEMORY;
  gsl_multifit_linear_workspace *workspace = gsl_multifit_linear_alloc(count, terms);
  gsl_matrix *covariance = gsl_matrix_alloc(terms, terms);
  gsl_vector_view found = gsl_vector_view_array(solution, terms);
  gsl_matrix_const_view rows = gsl_matrix_const_view_array(design, count, terms);
  gsl_vector_const_view right = gsl_vector_const_view_array(y, count);
  gsl_vector_const_view weight = gsl_vector_const_view_array(weights, count);
  if (workspace && covariance) {
    int code = gsl_multifit_wlinear(&rows.matrix, &weight.vector, &right.vector, &found.vector, covariance,
                                    &chi_squared, workspace);
    status = code || !stat_all_finite(solution, terms) ? STATUS_NUMERIC : STATUS_OK;
  }
  gsl_matrix_free(covariance);
  gsl_multifit_linear_free(workspace);
  return status;
}

// A start that is a linear problem: `usl` by n/X = c0 + c1 n + c2 n^2 with relative errors, `quadratic_ln` by
// ln X.
static enum status linear_start(enum models_id id, const double *n, const double *throughput,
                                const double *weights, size_t count, double *start, struct error *error) {
  double c[3];
  double *table = malloc(count * 5 * sizeof *table);
  if (!table) return stat_no_memory(error, "no memory for %zu points", count);
  double *right = table + 3 * count, *weight = right + count;
  for (size_t i = 0; i < count; i++) {
    double term = id == MODELS_USL ? n[i] : log(n[i]);
    table[3 * i] = 1;
    table[3 * i + 1] = term;
    table[3 * i + 2] = term * term;
    right[i] = id == MODELS_USL ? n[i] / throughput[i] : log(throughput[i]);
    weight[i] = weight_of(weights, i) * (id == MODELS_USL ? pow(throughput[i] / n[i], 2) : 1);
  }
  enum status status = solve_linear(table, right, weight, count, 3, c);
  free(table);
  if (status) return status_fail(error, status, "%s: no start for the fit", MODELS[id].name);
  if (id == MODELS_USL) {
    double inverse = c[0] + c[1] + c[2]; // 1/lambda
    start[0] = 1 / inverse;
    start[1] = 1 - c[0] / inverse;
    start[2] = c[2] / inverse;
  } else {
    memcpy(start, c, sizeof c);
  }
  return STATUS_OK;
}

static enum status fit_from_linear(enum models_id id, const struct fit_data *data, enum stat_scale scale,
                                   struct fit_result *result, struct error *error) {
  double start[3];
  enum status status = linear_start(id, data->x, data->y, data->weights, data->count, start, error);
  if (!status) status = fit_run(&MODELS[id], data, scale, start, result, error);
  if (status == STATUS_NUMERIC &&
      id == MODELS_USL) { // the linear fit may pass through zero: start from a mild curve then
    double best = 0;
    for (size_t i = 0; i < data->count; i++)
      best = fmax(best, data->y[i] / data->x[i]);
    status = fit_run(&MODELS[id], data, scale, (double[]){best, 0.05, 1e-4}, result, error);
  }
  return status;
}

// Many starts on every k-th row, where there are many, and from the best of them once more on all.
static enum status fit_thinned(enum models_id id, const struct fit_data *data, enum stat_scale scale,
                               const struct fit_box *box, struct fit_result *result, struct error *error) {
  size_t every = data->count / THIN_ROWS, count = 0;
  if (every < 2) return fit_run_many(&MODELS[id], data, scale, NULL, box, SOBOL_STARTS, result, error);
  size_t room = data->count / every + 1;
  double *n = malloc(3 * room * sizeof *n), *throughput = n + room, *weights = throughput + room;
  if (!n) return stat_no_memory(error, "no memory for %zu points", room);
  for (size_t i = 0; i < data->count; i += every) {
    n[count] = data->x[i];
    throughput[count] = data->y[i];
    weights[count++] = weight_of(data->weights, i);
  }
  struct fit_data few = {.x = n, .predictors = 1, .y = throughput, .weights = weights, .count = count};
  struct fit_result rough;
  enum status status = fit_run_many(&MODELS[id], &few, scale, NULL, box, SOBOL_STARTS, &rough, error);
  if (!status) status = fit_run(&MODELS[id], data, scale, rough.theta, result, error);
  free(n);
  return status;
}

static enum status fit_saturating(enum models_id id, const struct fit_data *data, enum stat_scale scale,
                                  struct fit_result *result, struct error *error) {
  double n_lo = data->x[0], n_hi = data->x[0], top = 0;
  for (size_t i = 0; i < data->count; i++) {
    n_lo = fmin(n_lo, data->x[i]);
    n_hi = fmax(n_hi, data->x[i]);
    top = fmax(top, data->y[i]);
  }
  struct fit_box box = {
      .lo = {0.7 * top, n_lo / 4, 0.5}, .hi = {20 * top, 20 * n_hi, 4}, .log = {true, true, true}};
  if (id == MODELS_EXPONENTIAL) {
    box.lo[1] = 1 / (20 * n_hi);
    box.hi[1] = 4 / n_lo;
  }
  return fit_thinned(id, data, scale, &box, result, error);
}

// One side of the plateau's breakpoint: what its points, weighted, say about the slope or the level.
struct side {
  double weight;
  double xx;
  double xy;
};

static void side_add(struct side *side, enum stat_scale scale, double weight, double x, double y) {
  side->weight += weight;
  side->xx += scale == STAT_SCALE_LN ? weight : weight * x * x;
  side->xy += scale == STAT_SCALE_LN ? weight * log(y / x) : weight * x * y;
}

// The factor f of y = f x that fits a side best.
static double side_factor(const struct side *side, enum stat_scale scale) {
  return stat_from_scale(scale, side->xy / side->xx);
}

static double plateau_rss(const struct fit_data *data, enum stat_scale scale, double knee, double *slope) {
  struct side all = {0};
  double rss = 0;
  for (size_t i = 0; i < data->count; i++) {
    side_add(&all, scale, weight_of(data->weights, i), fmin(data->x[i], knee), data->y[i]);
  }
  *slope = side_factor(&all, scale);
  for (size_t i = 0; i < data->count; i++) {
    double fitted = *slope * fmin(data->x[i], knee);
    double residual = stat_to_scale(scale, fitted) - stat_to_scale(scale, data->y[i]);
    rss += weight_of(data->weights, i) * residual * residual;
  }
  return rss;
}

// The best knee between two neighbouring n, where the two sides do not depend on each other; else the lower
// end.
static double plateau_knee(const struct fit_data *data, enum stat_scale scale, double n_lo, double n_hi) {
  struct side rising = {0}, flat = {0};
  for (size_t i = 0; i < data->count; i++) {
    bool below = data->x[i] <= n_lo;
    side_add(below ? &rising : &flat, scale, weight_of(data->weights, i), below ? data->x[i] : 1, data->y[i]);
  }
  if (!(rising.weight > 0) || !(flat.weight > 0)) return n_lo;
  double knee = side_factor(&flat, scale) / side_factor(&rising, scale);
  return knee > n_lo && knee < n_hi ? knee : n_lo;
}

// Tries the knees at, and right above, every so-manieth of the sorted n; returns the index of the best.
static size_t try_breakpoints(const struct fit_data *data, enum stat_scale scale, const double *sorted,
                              size_t first, size_t last, size_t every, struct fit_result *found) {
  size_t best = first;
  for (size_t i = first; i <= last; i += every) {
    double next = i + 1 < data->count ? sorted[i + 1] : sorted[i];
    double knees[2] = {sorted[i], next > sorted[i] ? plateau_knee(data, scale, sorted[i], next) : sorted[i]};
    for (int j = 0; j < 2; j++) {
      double slope, rss = plateau_rss(data, scale, knees[j], &slope);
      found->iterations++;
      if (!(rss < found->rss)) continue;
      best = i;
      found->rss = rss;
      found->theta[0] = slope;
      found->theta[1] = knees[j];
    }
  }
  return best;
}

static enum status fit_plateau(const struct fit_data *data, enum stat_scale scale, struct fit_result *result,
                               struct error *error) {
  struct fit_result found = {
      .scale = scale, .parameters = 2, .starts = 1, .converged = true, .stop = "breakpoint grid"};
  double *sorted = malloc(data->count * sizeof *sorted);
  if (!sorted) return stat_no_memory(error, "no memory for %zu points", data->count);
  memcpy(sorted, data->x, data->count * sizeof *sorted);
  qsort(sorted, data->count, sizeof *sorted, stat_compare_doubles);
  found.rss = INFINITY;
  size_t last = data->count - 1, every = 1 + data->count / ((size_t)2 * THIN_ROWS);
  size_t best = try_breakpoints(data, scale, sorted, 0, last, every, &found);
  if (every > 1) {
    size_t first = best > every ? best - every : 0;
    try_breakpoints(data, scale, sorted, first, best + every < last ? best + every : last, 1, &found);
  }
  free(sorted);
  found.rss += data->extra_rss;
  if (!isfinite(found.rss))
    return status_fail(error, STATUS_NUMERIC, "plateau: the fit left the range of numbers");
  double information = 0;
  found.count = data->extra_count;
  for (size_t i = 0; i < data->count; i++) {
    double weight = weight_of(data->weights, i), x = fmin(data->x[i], found.theta[1]);
    if (weight > 0) found.count++;
    information += weight * (scale == STAT_SCALE_LN ? pow(found.theta[0], -2) : x * x);
  }
  found.df = found.count > 2 ? found.count - 2 : 0;
  found.residual_sd = found.df ? sqrt(found.rss / (double)found.df) : 0;
  found.covariance[0] = found.residual_sd * found.residual_sd / information;
  found.se[0] = sqrt(found.covariance[0]);
  *result = found;
  return STATUS_OK;
}

static enum status check_points(enum models_id id, const struct fit_data *data, struct error *error) {
  const char *name = MODELS[id].name;
  double seen[FIT_MAX_PARAMETERS];
  size_t distinct = 0, needed = MODELS[id].parameters;
  if (!stat_all_positive(data->x, data->count)) {
    return status_fail(error, STATUS_NUMERIC, "%s: n is not above zero, or not finite", name);
  }
  if (!stat_all_positive(data->y, data->count)) {
    return status_fail(error, STATUS_NUMERIC, "%s: a throughput is not above zero, or not finite", name);
  }
  for (size_t i = 0; i < data->count; i++) {
    bool known = !(weight_of(data->weights, i) > 0);
    for (size_t j = 0; j < distinct && !known; j++)
      known = seen[j] == data->x[i];
    if (known) continue;
    seen[distinct] = data->x[i];
    if (++distinct >= needed) return STATUS_OK;
  }
  return status_fail(error, STATUS_NUMERIC, "%s: %zu different n, at least %zu are needed", name, distinct,
                     needed);
}

enum status models_fit_data(enum models_id id, const struct fit_data *data, enum stat_scale scale,
                            struct fit_result *result, struct error *error) {
  enum status status = check_points(id, data, error);
  if (status) return status;
  switch (id) {
  case MODELS_USL:
  case MODELS_QUADRATIC_LN: return fit_from_linear(id, data, scale, result, error);
  case MODELS_PLATEAU: return fit_plateau(data, scale, result, error);
  default: return fit_saturating(id, data, scale, result, error);
  }
}

enum status models_fit(enum models_id id, const double *n, const double *throughput, const double *weights,
                       size_t count, enum stat_scale scale, struct fit_result *result, struct error *error) {
  struct fit_data data = {.x = n, .predictors = 1, .y = throughput, .weights = weights, .count = count};
  struct fold fold = {0};
  enum status status = check_points(id, &data, error);
  if (!status) status = fold_points(&data, scale, &fold, error);
  if (!status)
    status = models_fit_data(id, fold.data.count < count ? &fold.data : &data, scale, result, error);
  fold_free(&fold);
  return status;
}
