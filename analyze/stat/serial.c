// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/serial.h"

#include <math.h>

#define NOTHING 0.02 // of the variance of one value: a pair of covariances that is as good as none

size_t serial_start(const double *values, size_t count) {
  double sum = 0, squares = 0, least = INFINITY;
  size_t best = 0;
  // From the last value on: each cut adds one in front.
  double about = count > 0 ? values[count - 1] : 0;
  for (size_t i = count; i-- > 0;) {
    double value = values[i] - about, rest = (double)(count - i);
    sum += value, squares += value * value;
    double error = fmax(squares - sum * sum / rest, 0) / (rest * rest);
    if (i <= count / 2 && error <= least) least = error, best = i;
  }
  return best;
}

static double covariance(const double *deviations, size_t count, size_t lag) {
  double sum = 0;
  for (size_t i = lag; i < count; i++)
    sum += deviations[i] * deviations[i - lag];
  return sum;
}

double serial_variance(const double *deviations, size_t count, double *df) {
  *df = 0;
  if (count < 4) return 0;
  double own = covariance(deviations, count, 0), sum = -own, before = INFINITY;
  size_t lag = 0;
  for (; lag + 1 < count; lag += 2) {
    double pair = covariance(deviations, count, lag) + covariance(deviations, count, lag + 1);
    if (!(pair > NOTHING * own)) break;
    before = fmin(before, pair);
    sum += 2 * before;
  }
  double reach = fmax(2 * (double)lag - 1, 1) / (double)count;
  if (reach > 1.0 / 3) return fmax(sum, own);
  *df = 1 / reach;
  return fmax(sum / (1 - reach), own);
}
