// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a cell is worth: its mean with a Student t interval, from its own spread or from one pooled over
// cells.
//
// The values of a sample are replicates (one per session, or per batch of a server that is not managed),
// never single requests: those share everything within a batch, and intervals from them cover 24-45 % instead
// of 95 %.
#ifndef ANALYZE_STAT_CI_H
#define ANALYZE_STAT_CI_H

#include <stdint.h>

#include "analyze/stat/stat.h"

// An estimate and its interval. An end that the data do not bound is -INFINITY (lo) or INFINITY (hi); never
// NaN.
struct ci {
  double estimate;
  double lo;
  double hi;
};

// An estimate without any interval.
struct ci ci_unbounded(double estimate);

// Replicates of one cell; the array is the caller's.
struct ci_sample {
  const double *values;
  size_t count;
};

// A standard deviation on the chosen scale (LN: relative, 0.021 is 2.1 %) with its degrees of freedom. df 0:
// unknown; df INFINITY: known exactly.
struct ci_spread {
  double sd;
  double df;
};

// Which spread an interval stands on; the flag "unreplicated" belongs to BORROWED and NONE.
enum ci_source { CI_SOURCE_POOLED, CI_SOURCE_OWN, CI_SOURCE_BORROWED, CI_SOURCE_NONE };

struct ci_pool {
  struct ci_spread
      spread;       // sqrt(sum (r-1) s^2 / sum (r-1)), df = sum (r-1); df 0 when no cell has two replicates
  bool different;   // the variances differ: p or p_widest is below 0.10
  double p;         // of Bartlett's test; 1 when fewer than two cells could be tested
  double p_widest;  // of the cell that spreads most against all others (F, times the cells tested)
  size_t tested;    // cells that went into the tests
  double statistic; // Bartlett's, corrected; chi-squared with tested - 1 degrees of freedom
  double cells_df;  // of all cells, taken for independent
  struct ci_spread widest;
  struct ci_spread prior; // what the variances say of the next one; df 0: they are equal, as far as is seen
};

// Sample mean and standard deviation (df = count - 1) on the scale. STATUS_NUMERIC for count 0, a value that
// is not finite, or on LN one that is not above zero; count 1 gives df 0 and sd 0.
enum status ci_spread_of(struct ci_sample sample, enum stat_scale scale, double *mean,
                         struct ci_spread *spread, struct error *error) MUST_USE;

// Pools the spreads of cells, and tests whether they are one. Bartlett's test (Snedecor & Cochran,
// Statistical Methods, 8th ed., 13.10) holds its level on cells of 2 to 5 near-normal values, where Levene's,
// on medians of 3, hardly ever rejects; its weakness, heavy tails, only makes intervals wider here. A single
// cell that spreads more is found by an F test against the others (Cochran, Ann. Eugenics 11, 1941). Cells
// without spread (one replicate, or all equal) stay out of the tests; the equal ones stay in the pool.
// STATUS_NUMERIC as in ci_spread_of.
enum status ci_pool_samples(const struct ci_sample *samples, size_t count, enum stat_scale scale,
                            struct ci_pool *pool, struct error *error) MUST_USE;

// Says that the pooled cells are not independent and weigh as much as `df` degrees of freedom (above zero, at
// most spread.df): the spread has those, and the tests count `tested` in the same proportion, since cells
// that share an effect repeat each other's variance (a second-moment correction as Rao & Scott's, J. Am.
// Stat. Assoc. 76, 1981). Without it they reject equal variances two to four times as often as it
// should.
void ci_pool_depend(struct ci_pool *pool, double df);

// The spread that a cell with its `own` has to be judged by, in intervals and in comparisons alike: pooled
// where variances agree. Where they differ, its own and that of the others are averaged, each by its degrees
// of freedom (the others' by how much variances differ): of two or three values alone hardly any difference
// could be shown. A cell that spreads more than the others by an F test at 10 % has its own alone. One value
// borrows the pooled spread. Of OWN source are the averaged ones too. df 0: there is none. `pool` may be
// NULL.
struct ci_spread ci_pool_spread(const struct ci_pool *pool, struct ci_spread own, enum ci_source *source);

// The interval of a sample around its mean: exp(mean ln x +- t sd/sqrt(r)) on LN (so the estimate is the
// geometric mean). `spread` NULL: the sample's own, which needs r >= 2 and unequal values (else
// STATUS_NUMERIC). A given spread with df 0 is STATUS_NUMERIC, as is a sum that leaves the range of double.
enum status ci_of_sample(struct ci_sample sample, enum stat_scale scale, const struct ci_spread *spread,
                         double confidence, struct ci *ci, struct error *error) MUST_USE;

// The interval of a cell (analyze/METHODS.md 1), on ci_pool_spread; with nothing to stand on the estimate
// alone (both ends unbounded).
enum status ci_of_cell(struct ci_sample sample, enum stat_scale scale, const struct ci_pool *pool,
                       double confidence, struct ci *ci, enum ci_source *source,
                       struct error *error) MUST_USE;

// Clopper-Pearson interval of a proportion: `hits` of `trials` (Biometrika 26, 1934). STATUS_USAGE for trials
// 0 or hits > trials.
enum status ci_proportion(uint64_t hits, uint64_t trials, double confidence, struct ci *ci,
                          struct error *error) MUST_USE;

// Geometric mean of values above zero; else STATUS_NUMERIC.
enum status ci_geometric_mean(const double *values, size_t count, double *mean, struct error *error) MUST_USE;

#endif
