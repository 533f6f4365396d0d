// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which cells may be the best: a set, not a point. Hsu's multiple comparisons with the best.
//
// Hsu, Multiple Comparisons: Theory and Methods (1996), ch. 4. With probability `confidence` the truly best
// cell is in the set and choosing cell i loses at most regret[i]. d is the quantile of max_i(Z_i - Z_0)/(sqrt
// 2 s~), by Monte Carlo from a given seed; unequal replicates use pairwise terms sqrt(1/r_i + 1/r_j).
#ifndef ANALYZE_STAT_MCB_H
#define ANALYZE_STAT_MCB_H

#include <stdint.h>

#include "analyze/stat/ci.h"

struct mcb_options {
  double confidence;     // 0.95
  enum stat_scale scale; // what `regret` means: LN a share of throughput (0.02 is 2 %), LINEAR tokens/s
  uint64_t seed;
  size_t draws; // Monte Carlo sample size; 0: MCB_DRAWS
};

#define MCB_DRAWS 100000
#define MCB_PAIRS_MAX 300 // beyond it comparing every pair takes too long

// mcb_options.draws for so many cells: 0, fewer than MCB_DRAWS for thousands, which must not take minutes.
size_t mcb_draws(size_t cells);

// A loss on the scale as regret: a share of throughput on LN, tokens/s on LINEAR; 0 for none.
double mcb_regret(enum stat_scale scale, double loss);

struct mcb_result {
  size_t best;         // index of the largest mean (the first of equals)
  size_t set_size;     // members of the set, best among them
  double d;            // the critical value (mcb_blocks: the largest one used)
  double regret_bound; // of `best`: exp(max(0, y_(2) - y_(1) + d s sqrt(2/r))) - 1, or without exp on LINEAR
};

// Independent cells: means on the scale (ln throughput on LN), replicates, and one spread for all. Writes
// in_set and regret (NULL: not wanted), `count` places each. One cell is a set of one with regret 0.
// STATUS_USAGE for count 0 or a replicate count of 0; STATUS_NUMERIC for means that are not finite or a
// spread with df <= 0 or sd < 0; STATUS_MEMORY. Time is count x different replicate counts.
enum status mcb_cells(const double *means, const size_t *replicates, size_t count, struct ci_spread spread,
                      const struct mcb_options *options, bool *in_set, double *regret,
                      struct mcb_result *result, struct error *error) MUST_USE;

// Cells measured in complete blocks, several cells of one level sharing a session: values[block * cells +
// cell] on the scale, level[cell] = workers. Compares by differences within blocks; the sd of a difference is
// pooled separately over pairs of equal and of different workers. STATUS_NUMERIC with fewer than two blocks,
// or values that are not finite.
enum status mcb_blocks(const double *values, size_t blocks, size_t cells, const double *level,
                       const struct mcb_options *options, bool *in_set, double *regret,
                       struct mcb_result *result, struct error *error) MUST_USE;

// Independent cells whose spreads differ: each has that of ci_pool_spread, and each pair its critical value
// by Satterthwaite's degrees of freedom. Writes `count` places of in_set and regret. STATUS_USAGE for count
// 0; STATUS_NUMERIC for values that the scale cannot hold, and where a cell has no spread; STATUS_MEMORY.
// Time is count squared.
enum status mcb_pairs(const struct ci_sample *samples, size_t count, const struct ci_pool *pool,
                      const struct mcb_options *options, bool *in_set, double *regret,
                      struct mcb_result *result, struct error *error) MUST_USE;

// The knee without a curve: index of the smallest n whose mean cannot be put more than `loss` (0.05) below
// the best, from mcb_cells' inputs and its d. STATUS_USAGE as there.
enum status mcb_knee(const double *n, const double *means, const size_t *replicates, size_t count,
                     struct ci_spread spread, enum stat_scale scale, double d, double loss, size_t *index,
                     struct error *error) MUST_USE;

// The critical value alone: `others` rivals (>= 1), df > 0 (INFINITY: sigma known).
enum status mcb_critical_value(size_t others, double df, double confidence, uint64_t seed, size_t draws,
                               double *d, struct error *error) MUST_USE;

#endif
