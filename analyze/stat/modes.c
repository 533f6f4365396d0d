// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/modes.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>

#define DRAWS 20000

struct sums {
  double sum, squares;
};

static double around_mean(struct sums sums, size_t count) {
  return fmax(0, sums.squares - sums.sum * sums.sum / (double)count);
}

// Ascending values; their mean is about zero, so that sums of squares keep their digits. Returns the share
// within the groups, and how many are in the lower one.
static double best_cut(const double *values, size_t count, size_t *low) {
  struct sums all = {0, 0}, below = {0, 0};
  for (size_t i = 0; i < count; i++) {
    all.sum += values[i];
    all.squares += values[i] * values[i];
  }
  double total = around_mean(all, count), least = INFINITY;
  for (size_t i = 0; i + 2 < count; i++) {
    below.sum += values[i];
    below.squares += values[i] * values[i];
    if (i == 0) continue; // one value is no group
    struct sums above = {all.sum - below.sum, all.squares - below.squares};
    double within = around_mean(below, i + 1) + around_mean(above, count - i - 1);
    if (within >= least) continue;
    least = within;
    *low = i + 1;
  }
  return total > 0 ? least / total : 1;
}

static enum status check_count(size_t count, struct error *error) {
  if (count >= MODES_MIN && count <= MODES_MAX) return STATUS_OK;
  return status_fail(error, STATUS_NUMERIC, "%zu values: two groups are looked for in %d to %d", count,
                     MODES_MIN, MODES_MAX);
}

enum status modes_split(double *values, size_t count, struct modes *modes, struct error *error) {
  double centred[MODES_MAX], mean = 0;
  enum status status = check_count(count, error);
  if (status != STATUS_OK) return status;
  if (!stat_all_positive(values, count))
    return status_fail(error, STATUS_NUMERIC, "a value is not above zero, or not finite");
  qsort(values, count, sizeof *values, stat_compare_doubles);
  if (!(values[0] < values[count - 1])) return status_fail(error, STATUS_NUMERIC, "all values are equal");
  for (size_t i = 0; i < count; i++)
    mean += log(values[i]) / (double)count;
  for (size_t i = 0; i < count; i++)
    centred[i] = log(values[i]) - mean;
  struct modes found = {0};
  found.within = best_cut(centred, count, &found.low);
  double low = 0, high = 0;
  for (size_t i = 0; i < count; i++)
    *(i < found.low ? &low : &high) += centred[i];
  found.low_mean = exp(mean + low / (double)found.low);
  found.high_mean = exp(mean + high / (double)(count - found.low));
  *modes = found;
  return STATUS_OK;
}

enum status modes_threshold(size_t count, double level, uint64_t seed, double *threshold,
                            struct error *error) {
  enum status status = check_count(count, error);
  if (status != STATUS_OK) return status;
  double *shares = malloc(DRAWS * sizeof *shares), values[MODES_MAX];
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  if (!shares || !rng) {
    status = stat_no_memory(error, "%s", status_name(STATUS_MEMORY));
  } else {
    gsl_rng_set(rng, seed);
    for (size_t draw = 0; draw < DRAWS; draw++) {
      size_t low;
      for (size_t i = 0; i < count; i++)
        values[i] = gsl_ran_gaussian(rng, 1);
      qsort(values, count, sizeof *values, stat_compare_doubles);
      shares[draw] = best_cut(values, count, &low);
    }
    qsort(shares, DRAWS, sizeof *shares, stat_compare_doubles);
    *threshold = shares[(size_t)(level * DRAWS)];
  }
  free(shares);
  if (rng) gsl_rng_free(rng);
  return status;
}
