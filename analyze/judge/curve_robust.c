// SPDX-License-Identifier: GPL-3.0-or-later
//
// Would the answer change without the points that lie far off? They are flagged for another measurement, and
// the peak is given once more with bisquare weights; nothing is dropped.
#include <math.h>
#include <stdlib.h>

#include "analyze/judge/curve.h"
#include "analyze/stat/optimum.h"
#include "analyze/stat/robust.h"

static void flag_outliers(const double *residuals, const bool *flags, size_t first, size_t count,
                          const struct fit_result *fit, struct curve *curve) {
  for (size_t i = 0; i < count; i++) {
    if (!flags[i]) continue;
    double throughput = curve->points[first + i].throughput;
    // residuals are fitted minus observed
    double fitted = stat_from_scale(fit->scale, stat_to_scale(fit->scale, throughput) + residuals[i]);
    if (!(fitted > 0)) continue;
    curve->outliers[curve->outlier_count++] = (struct curve_outlier){first + i, throughput / fitted - 1};
  }
}

static void find_robust_peak(enum models_id id, const double *n, const double *throughput, size_t count,
                             double *weights, const struct fit_result *fit, struct curve *curve) {
  struct fit_result robust;
  struct optimum optimum;
  enum optimum_kind kind;
  if (robust_fit(id, n, throughput, count, fit->scale, weights, &robust, NULL) != STATUS_OK ||
      !robust.converged)
    return;
  curve->has_robust = true;
  if (models_is_monotone(id) ||
      optimum_find(id, n, throughput, weights, count, &robust, 0.95, &kind, &optimum, NULL) != STATUS_OK ||
      kind != OPTIMUM_PEAK)
    return;
  curve->robust_n = optimum.n.estimate;
  curve->robust_throughput = optimum.throughput.estimate;
}

enum status curve_look_again(enum models_id id, const double *n, const double *throughput, size_t first,
                             size_t count, const struct fit_result *fit, struct curve *curve,
                             struct error *error) {
  if (count < CURVE_MIN_ROBUST) return STATUS_OK;
  struct fit_data data = {.x = n, .predictors = 1, .y = throughput, .count = count};
  double *residuals = calloc(count, sizeof *residuals), *weights = calloc(count, sizeof *weights);
  bool *flags = calloc(count, sizeof *flags);
  size_t flagged = 0;
  enum status status = STATUS_OK;
  if (!residuals || !weights || !flags) {
    status = status_memory(error);
    goto cleanup;
  }
  status = fit_residuals(models_get(id), &data, fit, residuals, NULL);
  if (status == STATUS_OK) status = robust_flags(residuals, count, flags, &flagged, NULL);
  curve->outliers = calloc(flagged + 1, sizeof *curve->outliers);
  if (status == STATUS_OK && curve->outliers) flag_outliers(residuals, flags, first, count, fit, curve);
  status = curve->outliers ? STATUS_OK : status_memory(error);
  find_robust_peak(id, n, throughput, count, weights, fit, curve);
cleanup:
  free(residuals);
  free(weights);
  free(flags);
  return status;
}
