// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/components.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

static double above_zero(double variance) {
  return isfinite(variance) ? fmax(0, variance) : INFINITY;
}

// Williams: the group's mean square by chi-square, less what the F quantile says is within groups.
static double group_end(const struct components_sums *sums, double tail) {
  double chi = gsl_cdf_chisq_Pinv(tail, sums->between_df);
  double ratio = sums->between / sums->between_df / (sums->within / sums->within_df);
  double share = 1 - gsl_cdf_fdist_Pinv(tail, sums->between_df, sums->within_df) / ratio;
  return above_zero(sums->between / sums->size / chi * share);
}

enum status components_find(const struct components_sums *sums, double confidence, struct components *out,
                            struct error *error) {
  enum status status = stat_check_confidence(confidence, error);
  if (status) return status;
  if (!(sums->within_df > 0) || !(sums->within >= 0) || !isfinite(sums->within) || !isfinite(sums->between)) {
    return status_fail(error, STATUS_NUMERIC, "batches within groups have no spread to compare with");
  }
  double low = (1 - confidence) / 2, high = 1 - low;
  struct components found = {.group = ci_unbounded(NAN),
                             .batch = {sums->within / sums->within_df,
                                       sums->within / gsl_cdf_chisq_Pinv(high, sums->within_df),
                                       above_zero(sums->within / gsl_cdf_chisq_Pinv(low, sums->within_df))}};
  if (sums->between_df > 0 && sums->size > 0) {
    double square = sums->between / sums->between_df;
    found.group.estimate = fmax(0, (square - found.batch.estimate) / sums->size);
    found.group.lo = square > 0 ? group_end(sums, high) : 0;
    found.group.hi = square > 0 ? group_end(sums, low) : 0;
  }
  *out = found;
  return STATUS_OK;
}

double components_share(double upper_variance, double upper_s, double lower_variance, double lower_s) {
  if (!(lower_variance > 0)) return upper_variance > 0 ? 0 : 1;
  return sqrt(upper_s / lower_s * lower_variance / upper_variance);
}
