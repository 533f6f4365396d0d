// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/stat.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdlib.h>

// GSL's incomplete beta function gives up where both parameters are above about this.
#define BETA_EXACT 1e5
#define BETA_BISECTIONS 80

static void (*end_without_memory)(void);

void stat_end_without_memory(void) {
  if (end_without_memory) end_without_memory();
}

static void on_gsl_error(const char *reason, const char *file, int line, int code) {
  (void)reason, (void)file, (void)line;
  if (code == GSL_ENOMEM) stat_end_without_memory();
}

void stat_init(void) {
  gsl_set_error_handler_off();
}

void stat_on_no_memory(void (*end)(void)) {
  end_without_memory = end;
  gsl_set_error_handler(on_gsl_error);
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

double stat_beta_lower_tail(double x, double a, double b) {
  double exact = fmin(a, b) <= BETA_EXACT ? gsl_cdf_beta_P(x, a, b) : NAN;
  if (isfinite(exact)) return exact;
  double by_b = cbrt(b * x), by_a = cbrt(a * (1 - x));
  double deviation = 3 * (by_b * (1 - 1 / (9 * b)) - by_a * (1 - 1 / (9 * a)));
  return gsl_cdf_ugaussian_P(deviation / sqrt(by_b * by_b / b + by_a * by_a / a));
}

double stat_beta_quantile(double probability, double a, double b) {
  double below = 0, above = 1; // bisection: gsl_cdf_beta_Pinv does not return for large a and b
  for (int i = 0; i < BETA_BISECTIONS; i++) {
    double middle = below + (above - below) / 2;
    *(stat_beta_lower_tail(middle, a, b) < probability ? &below : &above) = middle;
  }
  return below + (above - below) / 2;
}

void stat_sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *)) {
  const char *bytes = items;
  for (size_t i = 1; i < count; i++) {
    if (compare(bytes + (i - 1) * size, bytes + i * size) <= 0) continue;
    qsort(items, count, size, compare);
    return;
  }
}

int stat_compare_doubles(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}
