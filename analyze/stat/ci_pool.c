// SPDX-License-Identifier: GPL-3.0-or-later
//
// The spread of a cell among others: pooled, moderated or its own.
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_psi.h>
#include <math.h>

#include "analyze/stat/ci.h"

#define DIFFERENT_VARIANCES_LEVEL 0.10

// Sums over the cells that have a spread.
struct sums {
  double squares, df, logs, inverse_df;
  double log_mean, log_squares, expected; // for the prior: of unbiased logarithms of variances
};

// The x at which the trigamma function is y > 0, by bisection: it falls from infinity to 0.
static double inverse_trigamma(double y) {
  double lo = 1e-6, hi = 1e6;
  for (int i = 0; i < 100; i++) {
    double middle = sqrt(lo * hi);
    if (gsl_sf_psi_1(middle) > y)
      lo = middle;
    else
      hi = middle;
  }
  return sqrt(lo * hi);
}

// Empirical Bayes (Smyth, Stat. Appl. Genet. Mol. Biol. 3, 2004, 6.2). df 0: the variances differ by no more
// than their own uncertainty.
static struct ci_spread prior_of(const struct sums *sums, double cells) {
  double mean = sums->log_mean / cells;
  double excess = (sums->log_squares - cells * mean * mean) / (cells - 1) - sums->expected / cells;
  if (!(excess > 0)) return (struct ci_spread){0, 0};
  double df = 2 * inverse_trigamma(excess);
  return (struct ci_spread){exp((mean + gsl_sf_psi(df / 2) - log(df / 2)) / 2), df};
}

static void add(struct ci_spread own, struct sums *sums) {
  double ln = 2 * log(own.sd), unbiased = ln - gsl_sf_psi(own.df / 2) + log(own.df / 2);
  sums->squares += own.df * own.sd * own.sd;
  sums->df += own.df;
  sums->logs += own.df * ln;
  sums->inverse_df += 1 / own.df;
  sums->log_mean += unbiased;
  sums->log_squares += unbiased * unbiased;
  sums->expected += gsl_sf_psi_1(own.df / 2);
}

// The chance that one cell of equal variance spreads so much more than all others.
static double chance_of(const struct ci_pool *pool, struct ci_spread own) {
  double squares = pool->spread.sd * pool->spread.sd * pool->cells_df - own.sd * own.sd * own.df;
  double df = pool->cells_df - own.df;
  if (!(df > 0) || !(own.df > 0)) return 1;
  if (!(squares > 0)) return 0;
  return gsl_cdf_fdist_Q(own.sd * own.sd * df / squares, own.df, df * pool->spread.df / pool->cells_df);
}

// Both tests, with `share` of the cells taken for independent: Bartlett's, and of the one that spreads most.
static void test_variances(struct ci_pool *pool, double share) {
  double groups = share * (double)pool->tested;
  pool->p = groups > 1 ? gsl_cdf_chisq_Q(share * pool->statistic, groups - 1) : 1;
  pool->p_widest = groups > 1 ? fmin(1, groups * chance_of(pool, pool->widest)) : 1;
  pool->different = fmin(pool->p, pool->p_widest) < DIFFERENT_VARIANCES_LEVEL;
}

enum status ci_pool_samples(const struct ci_sample *samples, size_t count, enum stat_scale scale,
                            struct ci_pool *pool, struct error *error) {
  double squares = 0, df = 0; // of all cells
  struct sums sums = {0};     // of the tested ones
  struct ci_pool result = {.p = 1, .p_widest = 1};
  for (size_t i = 0; i < count; i++) {
    double mean;
    struct ci_spread own;
    enum status status = ci_spread_of(samples[i], scale, &mean, &own, error);
    if (status) return status;
    squares += own.df * own.sd * own.sd;
    df += own.df;
    if (!(own.df > 0) || !(own.sd > 0)) continue;
    result.tested++;
    add(own, &sums);
    if (own.sd > result.widest.sd) result.widest = own;
  }
  result.spread = (struct ci_spread){.sd = df > 0 ? sqrt(squares / df) : 0, .df = df};
  result.cells_df = df;
  if (!isfinite(result.spread.sd)) return status_fail(error, STATUS_NUMERIC, "values too large to average");
  if (result.tested >= 2) {
    double groups = (double)result.tested;
    double statistic = sums.df * log(sums.squares / sums.df) - sums.logs;
    double correction = 1 + (sums.inverse_df - 1 / sums.df) / (3 * (groups - 1));
    result.statistic = fmax(0, statistic / correction);
    result.prior = prior_of(&sums, groups);
    test_variances(&result, 1);
  }
  *pool = result;
  return STATUS_OK;
}

void ci_pool_depend(struct ci_pool *pool, double df) {
  if (!(df > 0) || !(df < pool->spread.df)) return;
  double share = df / pool->spread.df;
  pool->spread.df = df;
  test_variances(pool, share);
}

struct ci_spread ci_pool_spread(const struct ci_pool *pool, struct ci_spread own, enum ci_source *source) {
  bool has_pool = pool && pool->spread.df > 0 && pool->spread.sd > 0;
  bool has_own = own.df > 0 && own.sd > 0;
  *source = has_own ? CI_SOURCE_OWN : CI_SOURCE_NONE;
  if (!has_pool) return has_own ? own : (struct ci_spread){0, 0};
  *source = own.df > 0 ? CI_SOURCE_POOLED : CI_SOURCE_BORROWED;
  if (!has_own || !pool->different) return pool->spread;
  struct ci_spread found = pool->spread, prior = pool->prior;
  if (prior.df > 0 && prior.df + own.df < pool->spread.df) {
    *source = CI_SOURCE_OWN;
    found.df = prior.df + own.df;
    found.sd = sqrt((prior.df * prior.sd * prior.sd + own.df * own.sd * own.sd) / found.df);
  }
  if (own.sd <= found.sd || chance_of(pool, own) >= DIFFERENT_VARIANCES_LEVEL) return found;
  *source = CI_SOURCE_OWN;
  return own;
}
