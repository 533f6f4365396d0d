// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/quantile.h"

#include <math.h>

uint64_t quantile_rank(uint64_t count, double p) {
  if (count == 0) return 0;
  // 0.07 * 100 is a little more than 7, which is rounding and no eighth value.
  double rank = ceil(p * (double)count * (1 - 1e-12));
  return rank < 1 ? 1 : rank > (double)count ? count : (uint64_t)rank;
}

// P(Binomial(count, p) <= k) by the incomplete beta function; gsl_cdf_binomial_P takes 32-bit counts only.
static double binomial_below(uint64_t count, double p, uint64_t k) {
  if (k >= count) return 1;
  return 1 - stat_beta_lower_tail(p, (double)k + 1, (double)(count - k));
}

// The largest rank r in 0..count with P(Binomial <= r - 1) <= tail: below the quantile with probability 1 -
// tail.
static uint64_t lower_rank(uint64_t count, double p, double tail) {
  uint64_t good = 0, bad = count + 1;
  while (bad - good > 1) {
    uint64_t middle = good + (bad - good) / 2;
    if (binomial_below(count, p, middle - 1) <= tail) {
      good = middle;
    } else {
      bad = middle;
    }
  }
  return good;
}

enum status quantile_ranks(uint64_t count, double p, double confidence, uint64_t *lo, uint64_t *hi,
                           struct error *error) {
  enum status status = stat_check_confidence(confidence, error);
  if (status) return status;
  if (!(p > 0 && p < 1)) return status_fail(error, STATUS_USAGE, "quantile %g is not inside 0 and 1", p);
  double tail = (1 - confidence) / 2;
  *lo = lower_rank(count, p, tail);
  *hi = count + 1 - lower_rank(count, 1 - p, tail);
  return STATUS_OK;
}

enum status quantile_interval(const double *sorted, size_t count, double p, double confidence, struct ci *ci,
                              struct error *error) {
  uint64_t lo, hi;
  enum status status = quantile_ranks(count, p, confidence, &lo, &hi, error);
  if (status) return status;
  if (count == 0) return status_fail(error, STATUS_NUMERIC, "no values");
  if (!isfinite(sorted[0]) || !isfinite(sorted[count - 1]))
    return status_fail(error, STATUS_NUMERIC, "a value is not finite");
  *ci = (struct ci){.estimate = sorted[quantile_rank(count, p) - 1],
                    .lo = lo == 0 ? -INFINITY : sorted[lo - 1],
                    .hi = hi > count ? INFINITY : sorted[hi - 1]};
  return STATUS_OK;
}
