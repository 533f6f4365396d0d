// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where a spread comes from: groups (sessions, passes, runs), batches within a group, requests within a
// batch; and how much of which to measure.
//
// Components are those of the analysis of variance with random effects. The interval of what is within groups
// is that of chi-square; the one between groups is Williams' (Biometrika 49, 1962), which covers at least as
// much as it states. One below zero is zero.
#ifndef ANALYZE_STAT_COMPONENTS_H
#define ANALYZE_STAT_COMPONENTS_H

#include "analyze/stat/ci.h"

// Sums of squares with their degrees of freedom; `size`: values in a group, on average. between_df 0: there
// are no groups to tell apart.
struct components_sums {
  double between, between_df, within, within_df, size;
};

// Variances, not below zero; unbounded ends are 0 and INFINITY. An estimate that cannot be had is NaN.
struct components {
  struct ci group, batch; // batch: all that differs within a group, requests included
};

// STATUS_NUMERIC: sums that are not finite, or no degrees of freedom within groups.
enum status components_find(const struct components_sums *sums, double confidence, struct components *out,
                            struct error *error) MUST_USE;

// How many times as many of the lower level to take in one of the upper, for the smallest variance of the
// mean in a given time: sqrt(c_upper / c_lower * v_lower / v_upper) (Kalibera and Jones, Rigorous
// benchmarking in reasonable time, ISMM 2013, 6.2). Seconds are above zero; an upper variance of 0: INFINITY,
// both 0: 1.
double components_share(double upper_variance, double upper_s, double lower_variance, double lower_s);

#endif
