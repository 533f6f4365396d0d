// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/compare.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

// A difference of ln throughput, run minus baseline, and what its standard error would be with other
// replicate counts.
struct difference {
  double value;
  double se;
  double df;
  double variance; // of the difference of one replicate each, so that se is about sqrt(variance/replicates)
  double df_per_replicate; // 2 for two samples, 1 for pairs
};

static double equivalence_confidence(const struct compare_options *options) {
  return 1 - 2 * (1 - options->confidence);
}

// The difference with what its replicates cannot show.
static struct difference widened(const struct difference *difference, double variance, double df,
                                 double allowance) {
  double total = variance + allowance;
  struct difference wide = *difference;
  wide.se = sqrt(total);
  wide.df = variance > 0 ? df * (total / variance) * (total / variance) : INFINITY;
  return wide;
}

// Would the verdict be other than "undecided" with this standard error?
static enum compare_verdict verdict_of(double value, double se, double df,
                                       const struct compare_options *options) {
  double margin = log1p(options->margin);
  if (fabs(value) + stat_t_multiplier(equivalence_confidence(options), df) * se <= margin)
    return COMPARE_SAME;
  if (fabs(value) <= stat_t_multiplier(options->confidence, df) * se) return COMPARE_UNDECIDED;
  return value > 0 ? COMPARE_FASTER : COMPARE_SLOWER;
}

static size_t replicates_needed(const struct difference *difference, const struct compare_options *options) {
  size_t few = 1, enough = COMPARE_MAX_REPLICATES + 1;
  while (enough - few > 1) {
    size_t middle = few + (enough - few) / 2;
    double df = difference->df_per_replicate * (double)(middle - 1);
    struct difference wide =
        widened(difference, difference->variance / (double)middle, df, options->allowance);
    bool decided = verdict_of(wide.value, wide.se, wide.df, options) != COMPARE_UNDECIDED;
    *(decided ? &enough : &few) = middle;
  }
  return enough > COMPARE_MAX_REPLICATES ? SIZE_MAX : enough;
}

static enum status compare_difference(const struct difference *difference,
                                      const struct compare_options *options, struct compare *compare,
                                      struct error *error) {
  struct difference wide =
      widened(difference, difference->se * difference->se, difference->df, options->allowance);
  if (!(wide.se > 0))
    return status_fail(error, STATUS_NUMERIC, "replicates are all equal: no spread to judge by");
  double half = stat_t_multiplier(options->confidence, wide.df) * wide.se;
  struct compare found = {
      .df = wide.df, .se = wide.se, .within_se = difference->se, .within_df = difference->df};
  found.ratio = (struct ci){exp(wide.value), exp(wide.value - half), exp(wide.value + half)};
  if (!isfinite(found.ratio.hi))
    return status_fail(error, STATUS_NUMERIC, "the ratio is beyond the range of numbers");
  found.verdict = verdict_of(wide.value, wide.se, wide.df, options);
  if (found.verdict == COMPARE_UNDECIDED) found.replicates_needed = replicates_needed(difference, options);
  *compare = found;
  return STATUS_OK;
}

static enum status check_options(const struct compare_options *options, struct error *error) {
  if (!(options->confidence > 0.5 && options->confidence < 1)) {
    return status_fail(error, STATUS_USAGE, "confidence %g is not between 0.5 and 1", options->confidence);
  }
  if (!(options->margin > 0) || !isfinite(options->margin)) {
    return status_fail(error, STATUS_USAGE, "a margin of %g is not above zero", options->margin);
  }
  if (!(options->allowance >= 0) || !isfinite(options->allowance)) {
    return status_fail(error, STATUS_USAGE, "an allowance of %g is below zero", options->allowance);
  }
  return STATUS_OK;
}

// Welch's difference of two samples on the scale.
static enum status welch(struct ci_sample baseline, struct ci_sample run, enum stat_scale scale,
                         struct difference *difference, struct error *error) {
  double mean[2];
  struct ci_spread spread[2];
  enum status status = ci_spread_of(baseline, scale, &mean[0], &spread[0], error);
  if (!status) status = ci_spread_of(run, scale, &mean[1], &spread[1], error);
  if (status) return status;
  if (baseline.count < 2 || run.count < 2) {
    return status_fail(error, STATUS_NUMERIC, "single measurements cannot be compared");
  }
  double v0 = spread[0].sd * spread[0].sd / (double)baseline.count;
  double v1 = spread[1].sd * spread[1].sd / (double)run.count;
  double sum = v0 + v1;
  *difference = (struct difference){
      .value = mean[1] - mean[0],
      .se = sqrt(sum),
      .df = sum > 0 ? sum * sum / (v0 * v0 / spread[0].df + v1 * v1 / spread[1].df) : 1,
      .variance = spread[0].sd * spread[0].sd + spread[1].sd * spread[1].sd,
      .df_per_replicate = 2,
  };
  return STATUS_OK;
}

enum status compare_cell(struct ci_sample baseline, struct ci_sample run,
                         const struct compare_options *options, struct compare *compare,
                         struct error *error) {
  struct difference difference;
  enum status status = check_options(options, error);
  if (!status) status = welch(baseline, run, STAT_SCALE_LN, &difference, error);
  if (!status) status = compare_difference(&difference, options, compare, error);
  return status;
}

static enum status compare_ln_ratios(const double *ln_ratios, size_t count,
                                     const struct compare_options *options, struct compare *compare,
                                     struct error *error) {
  double mean;
  struct ci_spread spread;
  enum status status =
      ci_spread_of((struct ci_sample){ln_ratios, count}, STAT_SCALE_LINEAR, &mean, &spread, error);
  if (status) return status;
  if (count < 2) return status_fail(error, STATUS_NUMERIC, "a single pair cannot be judged");
  struct difference difference = {.value = mean,
                                  .se = spread.sd / sqrt((double)count),
                                  .df = spread.df,
                                  .variance = spread.sd * spread.sd,
                                  .df_per_replicate = 1};
  return compare_difference(&difference, options, compare, error);
}

struct matrix {
  const double *values;
  size_t blocks;
  size_t cells;
};

// Mean of ln throughput of one cell over the blocks that have it; NaN when none has.
static double cell_mean(const struct matrix *matrix, size_t cell) {
  double sum = 0, count = 0;
  for (size_t b = 0; b < matrix->blocks; b++) {
    double value = matrix->values[b * matrix->cells + cell];
    if (isnan(value)) continue;
    sum += log(value);
    count++;
  }
  return count > 0 ? sum / count : NAN;
}

// Mean of ln throughput over the common cells for every block that has them all; returns how many blocks do.
static size_t block_means(const struct matrix *matrix, const bool *common, double *means) {
  size_t complete = 0;
  for (size_t b = 0; b < matrix->blocks; b++) {
    double sum = 0, count = 0;
    for (size_t c = 0; c < matrix->cells; c++) {
      if (!common[c]) continue;
      sum += log(matrix->values[b * matrix->cells + c]);
      count++;
    }
    if (!isnan(sum)) means[complete++] = sum / count;
  }
  return complete;
}

static bool all_usable(const struct matrix *matrix) {
  for (size_t i = 0; i < matrix->blocks * matrix->cells; i++) {
    if (!isnan(matrix->values[i]) && !stat_all_positive(&matrix->values[i], 1)) return false;
  }
  return true;
}

// Mean and spread of ln throughput of one cell, whatever its blocks.
static double cell_spread(const struct matrix *matrix, size_t cell, struct ci_spread *spread) {
  double mean = cell_mean(matrix, cell), squares = 0, count = 0;
  for (size_t b = 0; b < matrix->blocks; b++) {
    double value = matrix->values[b * matrix->cells + cell];
    if (isnan(value)) continue;
    squares += (log(value) - mean) * (log(value) - mean);
    count++;
  }
  *spread = (struct ci_spread){sqrt(squares / (count - 1)), count - 1};
  return mean;
}

// Welch's difference over cells that share nothing. False where one was not repeated.
static bool welch_of_cells(const struct matrix sides[2], const bool *common, struct difference *difference) {
  double count = 0, weakness = 0;
  struct difference sum = {0};
  for (size_t c = 0; c < sides[0].cells; c++) {
    for (int side = 0; side < 2 && common[c]; side++) {
      struct ci_spread spread;
      double mean = cell_spread(&sides[side], c, &spread);
      if (!(spread.df > 0)) return false;
      double variance = spread.sd * spread.sd / (spread.df + 1);
      sum.value += side == 0 ? -mean : mean;
      sum.se += variance;
      sum.variance += spread.sd * spread.sd;
      weakness += variance * variance / spread.df;
    }
    count += common[c];
  }
  *difference = (struct difference){.value = sum.value / count,
                                    .se = sqrt(sum.se) / count,
                                    .df = sum.se > 0 ? sum.se * sum.se / weakness : 1,
                                    .variance = sum.variance / (count * count),
                                    .df_per_replicate = 2 * count};
  return true;
}

enum status compare_overall(const double *baseline, size_t baseline_blocks, const double *run,
                            size_t run_blocks, size_t cells, const struct compare_options *options,
                            struct compare *compare, bool *by_blocks, struct error *error) {
  struct matrix sides[2] = {{baseline, baseline_blocks, cells}, {run, run_blocks, cells}};
  double *means[2] = {NULL, NULL}, *ln_ratios = NULL;
  bool *common = NULL;
  enum status status = check_options(options, error);
  if (status) return status;
  if (!all_usable(&sides[0]) || !all_usable(&sides[1])) {
    return status_fail(error, STATUS_NUMERIC, "a throughput is not above zero, or not finite");
  }
  common = calloc(cells + 1, sizeof *common);
  ln_ratios = calloc(cells + 1, sizeof *ln_ratios);
  means[0] = calloc(baseline_blocks + 1, sizeof *means[0]);
  means[1] = calloc(run_blocks + 1, sizeof *means[1]);
  if (!common || !ln_ratios || !means[0] || !means[1]) {
    status = stat_no_memory(error, "no memory for %zu cells", cells);
    goto cleanup;
  }
  size_t pairs = 0;
  for (size_t c = 0; c < cells; c++) {
    double ln_ratio = cell_mean(&sides[1], c) - cell_mean(&sides[0], c);
    common[c] = !isnan(ln_ratio);
    if (common[c]) ln_ratios[pairs++] = ln_ratio;
  }
  if (pairs == 0) {
    status = status_fail(error, STATUS_NUMERIC, "the runs have no cell in common");
    goto cleanup;
  }
  struct ci_sample blocks[2];
  for (int i = 0; i < 2; i++)
    blocks[i] = (struct ci_sample){means[i], block_means(&sides[i], common, means[i])};
  bool known = !by_blocks || *by_blocks;
  bool use_blocks = known && blocks[0].count >= 2 && blocks[1].count >= 2;
  struct difference difference;
  if (!known && welch_of_cells(sides, common, &difference)) {
    status = compare_difference(&difference, options, compare, error);
  } else if (use_blocks) {
    status = welch(blocks[0], blocks[1], STAT_SCALE_LINEAR, &difference, error);
    if (!status) status = compare_difference(&difference, options, compare, error);
  } else {
    status = compare_ln_ratios(ln_ratios, pairs, options, compare, error);
  }
  if (!status && by_blocks) *by_blocks = use_blocks;

cleanup:
  free(common);
  free(ln_ratios);
  free(means[0]);
  free(means[1]);
  return status;
}

double compare_heterogeneity(const struct compare *cells, size_t count) {
  double weights = 0, mean = 0, between = 0, doubt = 0, k = 0;
  for (size_t i = 0; i < count; i++) {
    if (!(cells[i].within_se > 0)) continue;
    double weight = 1 / (cells[i].within_se * cells[i].within_se);
    weights += weight;
    mean += weight * log(cells[i].ratio.estimate);
    k++;
  }
  if (k < 2) return 1;
  mean /= weights;
  for (size_t i = 0; i < count; i++) {
    if (!(cells[i].within_se > 0)) continue;
    double weight = 1 / (cells[i].within_se * cells[i].within_se);
    double deviation = log(cells[i].ratio.estimate) - mean, rest = 1 - weight / weights;
    between += weight * deviation * deviation;
    doubt += rest * rest / cells[i].within_df;
  }
  double f = between / (k - 1) / (1 + 2 * (k - 2) / (k * k - 1) * doubt);
  return stat_f_upper_tail(f, k - 1, (k * k - 1) / (3 * doubt));
}

size_t compare_extreme(const struct compare *cells, size_t count, int sign, double bound, double confidence) {
  size_t found = SIZE_MAX, tested = 0;
  double furthest = 0;
  for (size_t i = 0; i < count; i++)
    tested += cells[i].se > 0 ? 1U : 0U;
  for (size_t i = 0; i < count; i++) {
    if (!(cells[i].se > 0)) continue;
    double multiplier = stat_t_multiplier(1 - (1 - confidence) / (double)tested, cells[i].df);
    double beyond = sign * (log(cells[i].ratio.estimate) - log(bound)) / cells[i].se - multiplier;
    if (beyond <= 0) continue;
    double distance = sign * log(cells[i].ratio.estimate);
    if (found != SIZE_MAX && distance <= furthest) continue;
    furthest = distance;
    found = i;
  }
  return found;
}

bool compare_regressed(const struct compare *compare, double max_regression) {
  return compare->ratio.hi < 1 - max_regression;
}
