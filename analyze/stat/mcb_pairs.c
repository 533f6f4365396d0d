// SPDX-License-Identifier: GPL-3.0-or-later
//
// Multiple comparisons with the best where spreads differ: each pair is studentised by its own two.
#include <math.h>
#include <stdlib.h>

#include "analyze/stat/mcb.h"

#define PAIRS_DRAWS 20000

// Degrees of freedom at which critical values are drawn; those between take the next one below, whose
// critical value is larger.
static const double grid[] = {1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 15, 20, 30, 60, 120};
enum { GRID = sizeof grid / sizeof grid[0] };

struct member {
  double mean, variance_of_mean, df;
};

struct pairs {
  struct member *members;
  size_t count;
  const struct mcb_options *options;
  double critical[GRID]; // 0: not drawn yet
};

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

static enum status compare_one(struct pairs *pairs, size_t i, bool *in_set, double *regret, double *largest_d,
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

static enum status member_of(struct ci_sample sample, const struct ci_pool *pool, enum stat_scale scale,
                             struct member *out, struct error *error) {
  double mean;
  struct ci_spread own;
  enum ci_source source;
  enum status status = ci_spread_of(sample, scale, &mean, &own, error);
  if (status != STATUS_OK) return status;
  struct ci_spread spread = ci_pool_spread(pool, own, &source);
  if (!(spread.df > 0) || !(spread.sd > 0))
    return status_fail(error, STATUS_NUMERIC, "no known spread: cells cannot be compared");
  *out = (struct member){mean, spread.sd * spread.sd / (double)sample.count, spread.df};
  return STATUS_OK;
}

enum status mcb_pairs(const struct ci_sample *samples, size_t count, const struct ci_pool *pool,
                      const struct mcb_options *options, bool *in_set, double *regret,
                      struct mcb_result *result, struct error *error) {
  if (count == 0) return status_fail(error, STATUS_USAGE, "no cells");
  struct pairs pairs = {calloc(count, sizeof *pairs.members), count, options, {0}};
  struct mcb_result found = {0};
  enum status status = pairs.members ? STATUS_OK : stat_no_memory(error, "no memory for %zu cells", count);
  for (size_t i = 0; i < count && status == STATUS_OK; i++) {
    status = member_of(samples[i], pool, options->scale, &pairs.members[i], error);
    if (status == STATUS_OK && pairs.members[i].mean > pairs.members[found.best].mean) found.best = i;
  }
  for (size_t i = 0; i < count && status == STATUS_OK; i++) {
    status = compare_one(&pairs, i, &in_set[i], &regret[i], &found.d, error);
    in_set[i] = in_set[i] || i == found.best;
    found.set_size += in_set[i];
  }
  if (status == STATUS_OK) {
    found.regret_bound = regret[found.best];
    *result = found;
  }
  free(pairs.members);
  return status;
}
