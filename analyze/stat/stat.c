// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/stat.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <math.h>

void stat_init(void) {
  gsl_set_error_handler_off();
}

bool stat_all_finite(const double *values, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (!isfinite(values[i])) return false;
  }
  return true;
}

bool stat_all_positive(const double *values, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (!isfinite(values[i]) || values[i] <= 0) return false;
  }
  return true;
}

double stat_to_scale(enum stat_scale scale, double value) {
  return scale == STAT_SCALE_LN ? log(value) : value;
}

double stat_from_scale(enum stat_scale scale, double value) {
  return scale == STAT_SCALE_LN ? exp(value) : value;
}

enum status stat_check_confidence(double confidence, struct error *error) {
  if (confidence > 0 && confidence < 1) return STATUS_OK;
  return status_fail(error, STATUS_USAGE, "confidence %g is not between 0 and 1", confidence);
}

double stat_t_multiplier(double confidence, double df) {
  double tail = (1 - confidence) / 2;
  return isinf(df) ? gsl_cdf_ugaussian_Qinv(tail) : gsl_cdf_tdist_Qinv(tail, df);
}

double stat_f_upper_tail(double f, double df1, double df2) {
  return gsl_cdf_fdist_Q(f, df1, df2);
}

double stat_f_quantile(double confidence, double df1, double df2) {
  if (df1 == 1) { // the square of t, which GSL inverts more exactly
    double t = stat_t_multiplier(confidence, df2);
    return t * t;
  }
  return gsl_cdf_fdist_Pinv(confidence, df1, df2);
}

int stat_compare_doubles(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}
