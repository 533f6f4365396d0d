// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/mcb.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>

enum status mcb_critical_value(size_t others, double df, double confidence, uint64_t seed, size_t draws,
                               double *d, struct error *error) {
  enum status status = stat_check_confidence(confidence, error);
  if (status) return status;
  if (others == 0) return status_fail(error, STATUS_USAGE, "nothing to compare with");
  if (!(df > 0)) return status_fail(error, STATUS_NUMERIC, "no degrees of freedom");
  if (draws == 0) draws = MCB_DRAWS;
  double *sample = malloc(draws * sizeof *sample);
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  if (!sample || !rng) {
    status = status_fail(error, STATUS_MEMORY, "no memory for %zu draws", draws);
    goto cleanup;
  }
  gsl_rng_set(rng, (unsigned long)seed);
  for (size_t i = 0; i < draws; i++) {
    // The largest of m normals is the normal quantile of U^(1/m); its upper tail keeps the digits near 1.
    double largest = gsl_cdf_ugaussian_Qinv(-expm1(log(gsl_rng_uniform_pos(rng)) / (double)others));
    double own = gsl_ran_ugaussian(rng);
    double spread = isinf(df) ? 1 : sqrt(gsl_ran_chisq(rng, df) / df);
    sample[i] = (largest - own) / (M_SQRT2 * spread);
  }
  qsort(sample, draws, sizeof *sample, stat_compare_doubles);
  size_t rank = (size_t)ceil(confidence * (double)draws);
  *d = sample[rank > 0 ? rank - 1 : 0];

cleanup:
  gsl_rng_free(rng);
  free(sample);
  return status;
}

// How far the difference of two cells may be off: critical value times its standard error.
typedef double pair_margin(const void *context, size_t i, size_t j);

static double regret_on_scale(enum stat_scale scale, double loss) {
  if (!(loss > 0)) return 0;
  return scale == STAT_SCALE_LN ? expm1(loss) : loss;
}

static void judge(const double *means, size_t count, enum stat_scale scale, pair_margin *margin,
                  const void *context, bool *in_set, double *regret, struct mcb_result *result) {
  result->best = 0;
  result->set_size = 0;
  for (size_t i = 1; i < count; i++) {
    if (means[i] > means[result->best]) result->best = i;
  }
  for (size_t i = 0; i < count; i++) {
    double loss = 0; // the most by which some other cell may be better
    double lead = 0; // the most by which cell i may be the best, at or below zero: less than zero is out
    for (size_t j = 0; j < count; j++) {
      if (j == i) continue;
      double half = margin(context, i, j);
      loss = fmax(loss, means[j] - means[i] + half);
      lead = fmin(lead, means[i] - means[j] + half);
    }
    bool member = i == result->best || lead >= 0;
    if (member) result->set_size++;
    if (in_set) in_set[i] = member;
    if (regret) regret[i] = regret_on_scale(scale, loss);
    if (i == result->best) result->regret_bound = regret_on_scale(scale, loss);
  }
}

struct cells {
  const size_t *replicates;
  double scaled; // d times sd
};

static double cells_margin(const void *context, size_t i, size_t j) {
  const struct cells *cells = context;
  return cells->scaled * sqrt(1 / (double)cells->replicates[i] + 1 / (double)cells->replicates[j]);
}

static enum status check_cells(const double *means, const size_t *replicates, size_t count,
                               struct ci_spread spread, struct error *error) {
  if (count == 0) return status_fail(error, STATUS_USAGE, "no cells");
  if (!stat_all_finite(means, count)) return status_fail(error, STATUS_NUMERIC, "a mean is not finite");
  for (size_t i = 0; i < count; i++) {
    if (replicates[i] == 0) return status_fail(error, STATUS_USAGE, "a cell without replicates");
  }
  if (!(spread.df > 0) || !(spread.sd > 0) || !isfinite(spread.sd)) {
    return status_fail(error, STATUS_NUMERIC, "no known spread: cells cannot be told apart");
  }
  return STATUS_OK;
}

enum status mcb_cells(const double *means, const size_t *replicates, size_t count, struct ci_spread spread,
                      const struct mcb_options *options, bool *in_set, double *regret,
                      struct mcb_result *result, struct error *error) {
  struct mcb_result found = {0};
  enum status status = check_cells(means, replicates, count, spread, error);
  if (!status) status = stat_check_confidence(options->confidence, error);
  if (!status && count > 1) {
    status = mcb_critical_value(count - 1, spread.df, options->confidence, options->seed, options->draws,
                                &found.d, error);
  }
  if (status) return status;
  struct cells cells = {replicates, found.d * spread.sd};
  judge(means, count, options->scale, cells_margin, &cells, in_set, regret, &found);
  *result = found;
  return STATUS_OK;
}

// The variances of blocked measurements: of a cell within its session, and of sessions (which hold 1/c of the
// former).
struct components {
  double cell_square; // mean square of cells within level and block
  double cell_df;
  double session_square; // mean square of level means within block
  double session_df;
  double cells_per_session; // harmonic mean over levels
};

static double block_level_mean(const double *values, size_t cells, size_t block, const double *level,
                               double wanted) {
  double sum = 0, count = 0;
  for (size_t c = 0; c < cells; c++) {
    if (level[c] != wanted) continue;
    sum += values[block * cells + c];
    count++;
  }
  return sum / count;
}

static bool first_of_level(const double *level, size_t cell) {
  for (size_t c = 0; c < cell; c++) {
    if (level[c] == level[cell]) return false;
  }
  return true;
}

// session_means: blocks x cells places; the first cell of each level holds that level's mean in the block.
static struct components split_variance(const double *values, size_t blocks, size_t cells,
                                        const double *level, const double *means, double *session_means) {
  struct components found = {0};
  double cell_squares = 0, session_squares = 0, levels = 0, inverse_sizes = 0;
  for (size_t f = 0; f < cells; f++) {
    if (!first_of_level(level, f)) continue;
    double size = 0, level_mean = 0;
    for (size_t c = f; c < cells; c++)
      size += level[c] == level[f];
    for (size_t b = 0; b < blocks; b++) {
      session_means[b * cells + f] = block_level_mean(values, cells, b, level, level[f]);
      level_mean += session_means[b * cells + f] / (double)blocks;
    }
    for (size_t b = 0; b < blocks; b++) {
      session_means[b * cells + f] -= level_mean; // what is left is session and block
      for (size_t c = f; c < cells; c++) {
        if (level[c] != level[f]) continue;
        double residual = values[b * cells + c] - means[c] - session_means[b * cells + f];
        cell_squares += residual * residual;
      }
    }
    levels++;
    inverse_sizes += 1 / size;
    found.cell_df += (size - 1) * (double)(blocks - 1);
  }
  for (size_t b = 0; b < blocks; b++) {
    double block_mean = 0;
    for (size_t f = 0; f < cells; f++) {
      if (first_of_level(level, f)) block_mean += session_means[b * cells + f] / levels;
    }
    for (size_t f = 0; f < cells; f++) {
      if (first_of_level(level, f)) session_squares += pow(session_means[b * cells + f] - block_mean, 2);
    }
  }
  found.session_df = (levels - 1) * (double)(blocks - 1);
  found.cell_square = found.cell_df > 0 ? cell_squares / found.cell_df : 0;
  found.session_square = found.session_df > 0 ? session_squares / found.session_df : 0;
  found.cells_per_session = levels / inverse_sizes;
  return found;
}

struct blocked {
  const double *level;
  double same;      // margin of two cells of one level
  double different; // of two levels
};

static double blocked_margin(const void *context, size_t i, size_t j) {
  const struct blocked *blocked = context;
  return blocked->level[i] == blocked->level[j] ? blocked->same : blocked->different;
}

// The variance of one difference between cells of different levels, 2 (session + cell), and Satterthwaite's
// df for it.
static double difference_variance(const struct components *components, double *df) {
  double share = 1 - 1 / components->cells_per_session;
  double session = components->session_square, cell = share * components->cell_square;
  double inverse = session * session / components->session_df;
  if (components->cell_df > 0) inverse += cell * cell / components->cell_df;
  *df = (session + cell) * (session + cell) / inverse;
  return 2 * (session + cell);
}

static enum status block_margins(const struct components *components, size_t blocks, size_t cells,
                                 const struct mcb_options *options, struct blocked *blocked,
                                 struct mcb_result *result, struct error *error) {
  double d, df;
  enum status status = STATUS_OK;
  if (components->cell_df > 0) {
    if (!(components->cell_square > 0))
      return status_fail(error, STATUS_NUMERIC, "blocks are all equal: no spread");
    status = mcb_critical_value(cells - 1, components->cell_df, options->confidence, options->seed,
                                options->draws, &d, error);
    if (status) return status;
    blocked->same = d * sqrt(2 * components->cell_square / (double)blocks);
    result->d = d;
  }
  if (components->session_df > 0) {
    double variance = difference_variance(components, &df);
    if (!(variance > 0) || !(df > 0))
      return status_fail(error, STATUS_NUMERIC, "blocks are all equal: no spread");
    status = mcb_critical_value(cells - 1, df, options->confidence, options->seed, options->draws, &d, error);
    if (status) return status;
    blocked->different = d * sqrt(variance / (double)blocks);
    result->d = fmax(result->d, d);
  }
  return status;
}

enum status mcb_blocks(const double *values, size_t blocks, size_t cells, const double *level,
                       const struct mcb_options *options, bool *in_set, double *regret,
                       struct mcb_result *result, struct error *error) {
  if (cells == 0) return status_fail(error, STATUS_USAGE, "no cells");
  if (blocks < 2)
    return status_fail(error, STATUS_NUMERIC, "%zu blocks: two are needed to see any spread", blocks);
  if (!stat_all_finite(values, blocks * cells) || !stat_all_finite(level, cells)) {
    return status_fail(error, STATUS_NUMERIC, "a value is not finite");
  }
  enum status status = stat_check_confidence(options->confidence, error);
  if (status) return status;
  double *means = calloc(cells, sizeof *means);
  double *session_means = calloc(blocks * cells, sizeof *session_means);
  if (!means || !session_means) {
    status = status_fail(error, STATUS_MEMORY, "no memory for %zu cells", cells);
    goto cleanup;
  }
  for (size_t b = 0; b < blocks; b++) {
    for (size_t c = 0; c < cells; c++)
      means[c] += values[b * cells + c] / (double)blocks;
  }
  struct components components = split_variance(values, blocks, cells, level, means, session_means);
  struct blocked blocked = {.level = level};
  struct mcb_result found = {0};
  if (cells > 1) status = block_margins(&components, blocks, cells, options, &blocked, &found, error);
  if (status) goto cleanup;
  judge(means, cells, options->scale, blocked_margin, &blocked, in_set, regret, &found);
  *result = found;

cleanup:
  free(means);
  free(session_means);
  return status;
}

size_t mcb_cheapest(const bool *in_set, const double *workers, const double *batches, size_t count) {
  size_t cheapest = SIZE_MAX;
  for (size_t i = 0; i < count; i++) {
    if (!in_set[i]) continue;
    if (cheapest == SIZE_MAX || workers[i] < workers[cheapest] ||
        (workers[i] == workers[cheapest] && batches[i] < batches[cheapest])) {
      cheapest = i;
    }
  }
  return cheapest;
}

enum status mcb_knee(const double *n, const double *means, const size_t *replicates, size_t count,
                     struct ci_spread spread, enum stat_scale scale, double d, double loss, size_t *index,
                     struct error *error) {
  enum status status = check_cells(means, replicates, count, spread, error);
  if (status) return status;
  if (!(loss >= 0 && loss < 1) || !(d >= 0) || !isfinite(d) || !stat_all_finite(n, count)) {
    return status_fail(error, STATUS_USAGE, "no knee for a loss of %g and a critical value of %g", loss, d);
  }
  struct cells cells = {replicates, d * spread.sd};
  size_t knee = SIZE_MAX;
  for (size_t i = 0; i < count; i++) {
    bool near = true;
    for (size_t j = 0; j < count && near; j++) {
      double allowed = scale == STAT_SCALE_LN ? -log1p(-loss) : loss * means[j];
      if (j != i) near = means[i] - means[j] + cells_margin(&cells, i, j) >= -allowed;
    }
    if (near && (knee == SIZE_MAX || n[i] < n[knee])) knee = i;
  }
  *index = knee; // the largest mean is always near, so there is one
  return STATUS_OK;
}
