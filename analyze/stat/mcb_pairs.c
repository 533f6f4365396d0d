// SPDX-License-Identifier: GPL-3.0-or-later
//
// Multiple comparisons with the best where spreads differ: each pair is studentised by its own, which
// leans on that of all cells as far as they agree.
#include <gsl/gsl_sf_psi.h>
#include <math.h>
#include <stdlib.h>

#include "analyze/stat/mcb.h"

#define PAIRS_DRAWS 20000

// Degrees of freedom at which critical values are drawn; those between take the next one below, whose
// critical value is larger.
static const double grid[] = {1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 15, 20, 30, 60, 120};
enum { GRID = sizeof grid / sizeof grid[0] };

struct member {
  double mean, variance_of_mean, df; // df INFINITY with variance 0: known exactly
};

struct pairs {
  struct member *members;
  size_t count;
  const struct mcb_options *options;
  double critical[GRID]; // 0: not drawn yet
};

// What the variances of all cells say of the next one: `df` degrees of freedom of `variance`. df INFINITY:
// they are equal, as far as can be seen.
struct prior {
  double variance, df;
};

// The x at which the trigamma function is y > 0, by bisection: it falls from infinity to 0.
static double inverse_trigamma(double y) {
  double lo = 1e-6, hi = 1e6;
  for (int i = 0; i < 200; i++) {
    double middle = sqrt(lo * hi);
    if (gsl_sf_psi_1(middle) > y)
      lo = middle;
    else
      hi = middle;
  }
  return sqrt(lo * hi);
}

// Empirical Bayes (Smyth, Stat. Appl. Genet. Mol. Biol. 3, 2004, 6.2): a variance from two or three values
// alone has so few degrees of freedom that no difference would ever be shown, and a pooled one denies that
// spreads differ. Cells without a spread of their own stay out.
static struct prior prior_of(const struct ci_spread *own, size_t count) {
  double sum = 0, squares = 0, expected = 0, cells = 0;
  for (size_t i = 0; i < count; i++) {
    if (!(own[i].df > 0) || !(own[i].sd > 0)) continue;
    double e = 2 * log(own[i].sd) - gsl_sf_psi(own[i].df / 2) + log(own[i].df / 2);
    sum += e;
    squares += e * e;
    expected += gsl_sf_psi_1(own[i].df / 2);
    cells++;
  }
  if (cells < 2) return (struct prior){0, 0};
  double mean = sum / cells, excess = (squares - cells * mean * mean) / (cells - 1) - expected / cells;
  if (!(excess > 0)) return (struct prior){exp(mean), INFINITY};
  double df = 2 * inverse_trigamma(excess);
  return (struct prior){exp(mean + gsl_sf_psi(df / 2) - log(df / 2)), df};
}

static enum status member_of(struct ci_sample sample, double mean, struct ci_spread own, struct prior prior,
                             struct ci_spread pool, struct member *out, struct error *error) {
  double own_df = own.sd > 0 ? own.df : 0;
  double df = prior.df + own_df, variance;
  if (isinf(prior.df)) {
    variance = prior.variance;
  } else if (df > 0) {
    variance = (prior.df * prior.variance + own_df * own.sd * own.sd) / df;
  } else {
    variance = pool.sd * pool.sd;
    df = pool.df;
  }
  // A cell that spreads more than the others is not one of theirs: it keeps what it was seen to do.
  if (own_df > 0) variance = fmax(variance, own.sd * own.sd);
  if (!(df > 0) || !(variance > 0))
    return status_fail(error, STATUS_NUMERIC, "no known spread: cells cannot be told apart");
  *out = (struct member){mean, variance / (double)sample.count, df};
  return STATUS_OK;
}

// Satterthwaite's degrees of freedom of a difference (Welch, Biometrika 34, 1947).
static double df_of(const struct member *a, const struct member *b) {
  double sum = a->variance_of_mean + b->variance_of_mean;
  return sum * sum /
         (a->variance_of_mean * a->variance_of_mean / a->df +
          b->variance_of_mean * b->variance_of_mean / b->df);
}

static enum status critical_value(struct pairs *pairs, double df, double *d, struct error *error) {
  size_t at = 0;
  while (at + 1 < GRID && grid[at + 1] <= df)
    at++;
  if (pairs->critical[at] == 0) {
    const struct mcb_options *options = pairs->options;
    enum status status =
        mcb_critical_value(pairs->count - 1, grid[at], options->confidence, options->seed,
                           options->draws > 0 ? options->draws : PAIRS_DRAWS, &pairs->critical[at], error);
    if (status != STATUS_OK) return status;
  }
  *d = pairs->critical[at];
  return STATUS_OK;
}

static enum status judge_one(struct pairs *pairs, size_t i, bool *in_set, double *regret, double *largest_d,
                             struct error *error) {
  const struct member *own = &pairs->members[i];
  double loss = 0, lead = 0;
  for (size_t j = 0; j < pairs->count; j++) {
    if (j == i) continue;
    const struct member *other = &pairs->members[j];
    double d;
    enum status status = critical_value(pairs, df_of(own, other), &d, error);
    if (status != STATUS_OK) return status;
    double margin = d * sqrt(own->variance_of_mean + other->variance_of_mean);
    loss = fmax(loss, other->mean - own->mean + margin);
    lead = fmin(lead, own->mean - other->mean + margin);
    *largest_d = fmax(*largest_d, d);
  }
  *in_set = lead >= 0;
  *regret = mcb_regret(pairs->options->scale, loss);
  return STATUS_OK;
}

enum status mcb_pairs(const struct ci_sample *samples, size_t count, struct ci_spread pool,
                      const struct mcb_options *options, bool *in_set, double *regret,
                      struct mcb_result *result, struct error *error) {
  if (count == 0) return status_fail(error, STATUS_USAGE, "no cells");
  struct pairs pairs = {calloc(count, sizeof *pairs.members), count, options, {0}};
  struct ci_spread *own = calloc(count, sizeof *own);
  double *means = calloc(count, sizeof *means);
  struct mcb_result found = {0};
  enum status status = pairs.members && own && means
                           ? STATUS_OK
                           : status_fail(error, STATUS_MEMORY, "no memory for %zu cells", count);
  for (size_t i = 0; i < count && status == STATUS_OK; i++)
    status = ci_spread_of(samples[i], options->scale, &means[i], &own[i], error);
  struct prior prior = {0, 0};
  if (status == STATUS_OK) prior = prior_of(own, count);
  for (size_t i = 0; i < count && status == STATUS_OK; i++) {
    status = member_of(samples[i], means[i], own[i], prior, pool, &pairs.members[i], error);
    if (status == STATUS_OK && pairs.members[i].mean > pairs.members[found.best].mean) found.best = i;
  }
  for (size_t i = 0; i < count && status == STATUS_OK; i++) {
    status = judge_one(&pairs, i, &in_set[i], &regret[i], &found.d, error);
    in_set[i] = in_set[i] || i == found.best;
    found.set_size += in_set[i];
  }
  if (status == STATUS_OK) {
    found.regret_bound = regret[found.best];
    *result = found;
  }
  free(pairs.members);
  free(own);
  free(means);
  return status;
}
