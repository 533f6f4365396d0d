// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/drift.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

// Beyond it the correlation is a trend that the slope does not describe.
#define MAX_CORRELATION 0.9

struct value {
  double order, residual;
};

static int compare_values(const void *left, const void *right) {
  const struct value *a = left, *b = right;
  if (a->order != b->order) return a->order < b->order ? -1 : 1;
  return (a->residual > b->residual) - (a->residual < b->residual);
}

// By how much the variance of the slope is larger than that of independent values. Fewer than 8 are too few
// to see a correlation.
static double inflation(const double *residuals, const double *order, size_t count, double slope,
                        double mean_x, double mean_y) {
  struct value *values = count < 8 ? NULL : malloc(count * sizeof *values);
  double products = 0, squares = 0;
  if (!values) {
    if (count >= 8) stat_end_without_memory();
    return 1;
  }
  for (size_t i = 0; i < count; i++)
    values[i] = (struct value){order[i], residuals[i] - mean_y - slope * (order[i] - mean_x)};
  qsort(values, count, sizeof *values, compare_values);
  for (size_t i = 0; i < count; i++) {
    squares += values[i].residual * values[i].residual;
    if (i > 0) products += values[i].residual * values[i - 1].residual;
  }
  free(values);
  if (!(squares > 0)) return 1;
  double correlation = products / squares;
  correlation = fmin(MAX_CORRELATION, correlation + (1 + 4 * correlation) / (double)count);
  return correlation > 0 ? (1 + correlation) / (1 - correlation) : 1;
}

enum status drift_test(const double *residuals, const double *order, size_t count, size_t lost_df,
                       double confidence, struct drift *drift, struct error *error) {
  enum status status = stat_check_confidence(confidence, error);
  if (status) return status;
  if (!stat_all_finite(residuals, count) || !stat_all_finite(order, count)) {
    return status_fail(error, STATUS_NUMERIC, "a value is not finite");
  }
  size_t used = 1 + (lost_df > 1 ? lost_df : 1);
  if (count <= used)
    return status_fail(error, STATUS_NUMERIC, "%zu values are too few to see a drift", count);
  double df = (double)(count - used), mean_x = 0, mean_y = 0, xx = 0, xy = 0, yy = 0;
  double first = order[0], last = order[0];
  for (size_t i = 0; i < count; i++) {
    mean_x += (order[i] - mean_x) / (double)(i + 1);
    mean_y += (residuals[i] - mean_y) / (double)(i + 1);
    first = fmin(first, order[i]);
    last = fmax(last, order[i]);
  }
  for (size_t i = 0; i < count; i++) {
    double x = order[i] - mean_x, y = residuals[i] - mean_y;
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  if (!(last > first)) return status_fail(error, STATUS_NUMERIC, "all values have one place in the order");
  if (!(yy > 0)) return status_fail(error, STATUS_NUMERIC, "values without any spread");
  double slope = xy / xx, factor = inflation(residuals, order, count, slope, mean_x, mean_y);
  double se = sqrt(factor * fmax(0, yy - slope * xy) / df / xx);
  df = fmax(1, df / factor);
  double half = stat_t_multiplier(confidence, df) * se, span = last - first;
  if (!isfinite(slope) || !isfinite(half) || !isfinite(span * (fabs(slope) + half))) {
    return status_fail(error, STATUS_NUMERIC, "values too large to fit a slope");
  }
  *drift = (struct drift){
      .slope = {slope, slope - half, slope + half},
      .over_run = {span * slope, span * (slope - half), span * (slope + half)},
      .p = se > 0 ? 2 * gsl_cdf_tdist_Q(fabs(slope) / se, df) : 0,
  };
  return STATUS_OK;
}
