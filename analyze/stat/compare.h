// SPDX-License-Identifier: GPL-3.0-or-later
//
// Is a run faster than its baseline? Ratios of throughput with intervals, and a verdict that may be "same" or
// "undecided".
#ifndef ANALYZE_STAT_COMPARE_H
#define ANALYZE_STAT_COMPARE_H

#include "analyze/stat/ci.h"

enum compare_verdict { COMPARE_FASTER, COMPARE_SLOWER, COMPARE_SAME, COMPARE_UNDECIDED };

struct compare_options {
  double confidence; // 0.95, of the ratio's interval; equivalence is tested at 1 - 2 (1 - confidence): 90 %
  double margin;     // above 0: ratios within 1/(1 + margin) .. 1 + margin are "same"
  double allowance;  // 0 or more: variance of ln ratio that the replicates cannot show, such as that of the
                     // lives of two servers; it widens every interval
};

struct compare {
  struct ci ratio; // run over baseline, exp of the interval on ln X
  double df;
  double se;                   // of ln ratio
  double within_se, within_df; // the same without the allowance
  enum compare_verdict verdict;
  size_t replicates_needed; // per run, to decide if mean and spread stay as they are; 0 unless undecided;
                            // SIZE_MAX: beyond COMPARE_MAX_REPLICATES
};

#define COMPARE_MAX_REPLICATES 10000

// One cell: Welch's t interval on ln X (Biometrika 34, 1947). Both samples need two replicates that are not
// all equal (STATUS_NUMERIC), all above zero.
enum status compare_cell(struct ci_sample baseline, struct ci_sample run,
                         const struct compare_options *options, struct compare *compare,
                         struct error *error) MUST_USE;

// All common cells together. Matrices by [block * cells + cell] of throughput, NaN where a measurement is
// missing. With two complete blocks on either side: Welch over block means (a block shares its sessions, so
// it is the unit); else a t interval over the ratios of cell means, which speaks of other cells like these.
// *by_blocks is which (NULL: not wanted). Where it comes in false, rows of the matrices are no blocks, and
// repeated cells are independent: Welch over all of them.
enum status compare_overall(const double *baseline, size_t baseline_blocks, const double *run,
                            size_t run_blocks, size_t cells, const struct compare_options *options,
                            struct compare *compare, bool *by_blocks, struct error *error) MUST_USE;

// Are the ratios of `count` cells one ratio? Welch's test of equal means with unequal variances (Biometrika
// 38, 1951) on ln ratios, without the allowance, which all cells share. The p value; 1 below two cells with a
// spread.
double compare_heterogeneity(const struct compare *cells, size_t count);

// The cell that is slowest (`sign` -1) or fastest (1) for certain: its ratio lies below `bound`, or above it,
// by a one-sided test at (1 - confidence) / 2 with Bonferroni's factor, which is Holm's first step. SIZE_MAX:
// none.
size_t compare_extreme(const struct compare *cells, size_t count, int sign, double bound, double confidence);

// True only when the whole interval is worse than 1 - max_regression (0.05 for 5 %): an assertion that failed
// for certain.
bool compare_regressed(const struct compare *compare, double max_regression);

#endif
