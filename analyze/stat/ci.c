// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/ci.h"

#include <math.h>

struct ci ci_unbounded(double estimate) {
  return (struct ci){.estimate = estimate, .lo = -INFINITY, .hi = INFINITY};
}

enum status ci_spread_of(struct ci_sample sample, enum stat_scale scale, double *mean,
                         struct ci_spread *spread, struct error *error) {
  if (sample.count == 0) return status_fail(error, STATUS_NUMERIC, "no values");
  if (scale == STAT_SCALE_LN && !stat_all_positive(sample.values, sample.count)) {
    return status_fail(error, STATUS_NUMERIC, "a value is not above zero, or not finite");
  }
  if (!stat_all_finite(sample.values, sample.count)) {
    return status_fail(error, STATUS_NUMERIC, "a value is not finite");
  }
  double centre = 0, squares = 0;
  bool equal = true;
  for (size_t i = 0; i < sample.count; i++) { // Welford
    double value = stat_to_scale(scale, sample.values[i]);
    double step = value - centre;
    centre += step / (double)(i + 1);
    squares += step * (value - centre);
    equal = equal && sample.values[i] == sample.values[0];
  }
  // Rounding must not make a spread out of equal values.
  double sd = equal ? 0 : sqrt(squares / (double)(sample.count - 1));
  if (equal) centre = stat_to_scale(scale, sample.values[0]);
  if (!isfinite(centre) || !isfinite(sd))
    return status_fail(error, STATUS_NUMERIC, "values too large to average");
  *mean = centre;
  *spread = (struct ci_spread){.sd = sd, .df = (double)(sample.count - 1)};
  return STATUS_OK;
}

enum status ci_of_sample(struct ci_sample sample, enum stat_scale scale, const struct ci_spread *spread,
                         double confidence, struct ci *ci, struct error *error) {
  double mean;
  struct ci_spread own;
  enum status status = stat_check_confidence(confidence, error);
  if (!status) status = ci_spread_of(sample, scale, &mean, &own, error);
  if (status) return status;
  if (!spread) {
    if (own.df < 1) return status_fail(error, STATUS_NUMERIC, "one value has no spread");
    if (own.sd == 0) return status_fail(error, STATUS_NUMERIC, "all values are equal: no spread to judge by");
    spread = &own;
  }
  if (!(spread->df > 0) || !(spread->sd >= 0) || !isfinite(spread->sd)) {
    return status_fail(error, STATUS_NUMERIC, "no known spread");
  }
  double half = stat_t_multiplier(confidence, spread->df) * spread->sd / sqrt((double)sample.count);
  struct ci result = {.estimate = stat_from_scale(scale, mean),
                      .lo = stat_from_scale(scale, mean - half),
                      .hi = stat_from_scale(scale, mean + half)};
  if (!isfinite(result.lo) || !isfinite(result.hi)) {
    return status_fail(error, STATUS_NUMERIC, "the interval is beyond the range of numbers");
  }
  *ci = result;
  return STATUS_OK;
}

enum status ci_of_cell(struct ci_sample sample, enum stat_scale scale, const struct ci_pool *pool,
                       double confidence, struct ci *ci, enum ci_source *source, struct error *error) {
  double mean;
  struct ci_spread own;
  enum status status = stat_check_confidence(confidence, error);
  if (!status) status = ci_spread_of(sample, scale, &mean, &own, error);
  if (status) return status;
  struct ci_spread spread = ci_pool_spread(pool, own, source);
  struct ci result = ci_unbounded(stat_from_scale(scale, mean));
  if (spread.df > 0) status = ci_of_sample(sample, scale, &spread, confidence, &result, error);
  if (status) return status;
  *ci = result;
  return STATUS_OK;
}

enum status ci_proportion(uint64_t hits, uint64_t trials, double confidence, struct ci *ci,
                          struct error *error) {
  enum status status = stat_check_confidence(confidence, error);
  if (status) return status;
  if (trials == 0) return status_fail(error, STATUS_USAGE, "a proportion of no trials");
  if (hits > trials) return status_fail(error, STATUS_USAGE, "more hits than trials");
  double tail = (1 - confidence) / 2, x = (double)hits, n = (double)trials;
  // Beta(1, n) and Beta(n, 1) have closed quantiles, and most cells have no failure at all.
  double none = -expm1(log(tail) / n), all = exp(log(tail) / n);
  *ci = (struct ci){.estimate = x / n,
                    .lo = hits == 0        ? 0
                          : hits == trials ? all
                                           : stat_beta_quantile(tail, x, n - x + 1),
                    .hi = hits == trials ? 1
                          : hits == 0    ? none
                                         : stat_beta_quantile(1 - tail, x + 1, n - x)};
  return STATUS_OK;
}

enum status ci_geometric_mean(const double *values, size_t count, double *mean, struct error *error) {
  double centre;
  struct ci_spread spread;
  enum status status =
      ci_spread_of((struct ci_sample){values, count}, STAT_SCALE_LN, &centre, &spread, error);
  if (!status) *mean = exp(centre);
  return status;
}
