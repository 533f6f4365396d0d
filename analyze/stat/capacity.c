// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/capacity.h"

#include <math.h>

#include "analyze/stat/fold.h"
#include "analyze/stat/profile.h"

enum { T0, XINF };

static bool total_time(const double *x, const double *theta, double *value, double *gradient,
                       const void *context) {
  (void)context;
  if (!(theta[XINF] > 0)) return false;
  *value = theta[T0] + x[0] / theta[XINF];
  if (gradient) {
    gradient[T0] = 1;
    gradient[XINF] = -x[0] / (theta[XINF] * theta[XINF]);
  }
  return *value > 0;
}

static const struct fit_model TOTAL_TIME = {"capacity", 2, (const char *const[]){"t0", "xinf"}, total_time};

// The straight line with relative errors. False when time does not grow with tokens.
static bool line_start(const double *tokens, const double *total_s, size_t count, double *start) {
  double weight = 0, mean_x = 0, mean_y = 0, xx = 0, xy = 0;
  for (size_t i = 0; i < count; i++)
    weight += pow(total_s[i], -2);
  for (size_t i = 0; i < count; i++) {
    mean_x += tokens[i] * pow(total_s[i], -2) / weight;
    mean_y += total_s[i] * pow(total_s[i], -2) / weight;
  }
  for (size_t i = 0; i < count; i++) {
    double off = tokens[i] - mean_x;
    xx += off * off * pow(total_s[i], -2);
    xy += off * (total_s[i] - mean_y) * pow(total_s[i], -2);
  }
  double slope = xy / xx;
  if (!(slope > 0) || !isfinite(slope)) return false;
  start[XINF] = 1 / slope;
  start[T0] = mean_y - slope * mean_x;
  for (size_t i = 0; i < count;
       i++) { // a line that crosses zero among the points is no start on the ln scale
    if (!(start[T0] + tokens[i] * slope > 0)) start[T0] = 0;
  }
  return isfinite(start[T0]);
}

enum status capacity_fit(const double *tokens, const double *total_s, size_t count, double confidence,
                         struct capacity *capacity, struct error *error) {
  if (count < 3) return status_fail(error, STATUS_NUMERIC, "%zu batches are too few for a capacity", count);
  if (!stat_all_positive(tokens, count) || !stat_all_positive(total_s, count)) {
    return status_fail(error, STATUS_NUMERIC, "a batch without tokens or time");
  }
  struct fit_data data = {.x = tokens, .predictors = 1, .y = total_s, .count = count};
  struct fit_result fit;
  struct capacity found = {.count = count};
  double start[2];
  if (!line_start(tokens, total_s, count, start)) {
    return status_fail(error, STATUS_NUMERIC, "time does not grow with tokens: no capacity");
  }
  struct fold fold = {0};
  enum status status = fold_points(&data, STAT_SCALE_LN, &fold, error);
  if (status) return status;
  data = fold.data;
  status = fit_run(&TOTAL_TIME, &data, STAT_SCALE_LN, start, &fit, error);
  if (!status && !fit.converged) status = status_fail(error, STATUS_NUMERIC, "capacity: %s", fit.stop);
  if (!status) status = profile_interval(&TOTAL_TIME, &data, &fit, T0, confidence, &found.t0, error);
  if (!status) status = profile_interval(&TOTAL_TIME, &data, &fit, XINF, confidence, &found.xinf, error);
  fold_free(&fold);
  if (status) return status;
  found.df = fit.df;
  found.residual_sd = fit.residual_sd;
  found.stands = fit.df >= CAPACITY_MIN_DF && fit.residual_sd <= CAPACITY_MAX_RESIDUAL_SD;
  *capacity = found;
  return STATUS_OK;
}
