// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/robust.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "analyze/stat/fold.h"

#define BISQUARE_CUT 4.685
#define MAX_ROUNDS 50
#define ROUND_TOLERANCE 1e-8

enum status robust_sd(const double *values, size_t count, double *sd, struct error *error) {
  if (count < 2) return status_fail(error, STATUS_NUMERIC, "%zu values have no spread", count);
  if (!stat_all_finite(values, count)) return status_fail(error, STATUS_NUMERIC, "a value is not finite");
  double *work = malloc(count * sizeof *work);
  if (!work) return stat_no_memory(error, "no memory for %zu values", count);
  double found = gsl_stats_mad(values, 1, count, work);
  free(work);
  if (!isfinite(found)) return status_fail(error, STATUS_NUMERIC, "values too large to compare");
  *sd = found;
  return STATUS_OK;
}

enum status robust_flags(const double *residuals, size_t count, bool *flags, size_t *flagged,
                         struct error *error) {
  double sd;
  enum status status = robust_sd(residuals, count, &sd, error);
  if (status) return status;
  size_t found = 0;
  for (size_t i = 0; i < count; i++) {
    flags[i] = sd > 0 && fabs(residuals[i]) > ROBUST_LIMIT * sd;
    if (flags[i]) found++;
  }
  *flagged = found;
  return STATUS_OK;
}

static double bisquare(double residual, double sd) {
  double u = residual / (BISQUARE_CUT * sd);
  return fabs(u) < 1 ? (1 - u * u) * (1 - u * u) : 0;
}

static bool settled(const struct fit_result *before, const struct fit_result *after) {
  for (size_t i = 0; i < after->parameters; i++) {
    double size = fmax(fabs(after->theta[i]), fmax(after->se[i], 1e-300));
    if (fabs(after->theta[i] - before->theta[i]) > ROUND_TOLERANCE * size) return false;
  }
  return true;
}

// The next weighted fit starts where the last one ended; plateau has no gradient to follow and searches its
// knee again.
static enum status fit_weighted(enum models_id id, const struct fit_data *data, const struct fit_result *last,
                                struct fit_result *next, struct error *error) {
  if (id == MODELS_PLATEAU) {
    return models_fit(id, data->x, data->y, data->weights, data->count, last->scale, next, error);
  }
  struct fold fold = {0};
  enum status status = fold_points(data, last->scale, &fold, error);
  if (!status) status = fit_run(models_get(id), &fold.data, last->scale, last->theta, next, error);
  fold_free(&fold);
  return status;
}

enum status robust_fit(enum models_id id, const double *n, const double *throughput, size_t count,
                       enum stat_scale scale, double *weights, struct fit_result *result,
                       struct error *error) {
  struct fit_data data = {.x = n, .predictors = 1, .y = throughput, .count = count};
  struct fit_result now;
  enum status status = models_fit(id, n, throughput, NULL, count, scale, &now, error);
  if (status) return status;
  double *residuals = malloc(count * sizeof *residuals), *w = malloc(count * sizeof *w);
  if (!residuals || !w) {
    status = stat_no_memory(error, "no memory for %zu points", count);
    goto cleanup;
  }
  for (size_t i = 0; i < count; i++)
    w[i] = 1;
  for (int round = 0; round < MAX_ROUNDS; round++) {
    struct fit_result next;
    double sd;
    status = fit_residuals(models_get(id), &data, &now, residuals, error);
    if (!status) status = robust_sd(residuals, count, &sd, error);
    if (status) goto cleanup;
    if (!(sd > 0)) break; // most points fit exactly: nothing to weigh by
    for (size_t i = 0; i < count; i++)
      w[i] = bisquare(residuals[i], sd);
    struct fit_data weighted = data;
    weighted.weights = w;
    status = fit_weighted(id, &weighted, &now, &next, error);
    if (status) goto cleanup;
    bool done = settled(&now, &next);
    now = next;
    if (done) break;
  }
  for (size_t i = 0; weights && i < count; i++)
    weights[i] = w[i];
  *result = now;

cleanup:
  free(residuals);
  free(w);
  return status;
}
