// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/choice.h"

#include <math.h>

enum status choice_aicc(const struct fit_result *fit, double *aicc, struct error *error) {
  double n = (double)fit->count, k = (double)fit->parameters + 1;
  if (fit->count < fit->parameters + 3) {
    return status_fail(error, STATUS_NUMERIC, "%zu points are too few for AICc with %zu parameters",
                       fit->count, fit->parameters);
  }
  if (!(fit->rss > 0) || !isfinite(fit->rss))
    return status_fail(error, STATUS_NUMERIC, "an exact fit has no AICc");
  *aicc = n * log(fit->rss / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1);
  return STATUS_OK;
}

enum status choice_weights(const double *aicc, size_t count, double *weights, struct error *error) {
  double lowest = INFINITY, sum = 0;
  for (size_t i = 0; i < count; i++) {
    if (isfinite(aicc[i])) lowest = fmin(lowest, aicc[i]);
  }
  if (!isfinite(lowest)) return status_fail(error, STATUS_NUMERIC, "no model has an AICc");
  for (size_t i = 0; i < count; i++) {
    if (isfinite(aicc[i])) sum += exp((lowest - aicc[i]) / 2);
  }
  for (size_t i = 0; i < count; i++)
    weights[i] = isfinite(aicc[i]) ? exp((lowest - aicc[i]) / 2) / sum : 0;
  return STATUS_OK;
}

enum status choice_average(const double *estimates, const double *se, const double *weights, size_t count,
                           double *mean, double *average_se, struct error *error) {
  double total = 0, centre = 0, spread = 0;
  for (size_t i = 0; i < count; i++) {
    if (weights[i] == 0) continue;
    if (!(weights[i] > 0) || !isfinite(estimates[i]) || !isfinite(se[i])) {
      return status_fail(error, STATUS_NUMERIC, "a prediction or its weight is not finite");
    }
    total += weights[i];
    centre += weights[i] * estimates[i];
  }
  if (!(total > 0) || !isfinite(centre)) return status_fail(error, STATUS_NUMERIC, "no model has any weight");
  centre /= total;
  for (size_t i = 0; i < count; i++) {
    if (weights[i] > 0) spread += weights[i] / total * hypot(se[i], estimates[i] - centre);
  }
  *mean = centre;
  *average_se = spread;
  return STATUS_OK;
}
