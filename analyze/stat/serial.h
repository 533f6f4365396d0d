// SPDX-License-Identifier: GPL-3.0-or-later
//
// Series whose neighbours are alike: where one becomes steady, and how far its mean can be trusted.
#ifndef ANALYZE_STAT_SERIAL_H
#define ANALYZE_STAT_SERIAL_H

#include <stddef.h>

// How many of the first values belong to the start, at most half of them: the cut that minimises the squared
// standard error of the rest's mean, MSER (White, Simulation 69, 1997). Give it means of five observations,
// MSER-5 (White, Cobb & Spratt, Winter Simulation Conference 2000; Spratt, MS thesis, Virginia, 1998).
size_t serial_start(const double *values, size_t count);

// The variance of the sum of `count` deviations from their mean, where neighbours are alike: autocovariances
// are summed while pairs of them are positive and fall (initial monotone sequence, Geyer, Statistical Science
// 7, 1992), and what their own mean took away is added. Never below what independent ones have. *df: degrees
// of freedom behind it, count / (2 lags + 1); 0: fewer than four values, or the lags reach over a third of
// the series, so that it is too short to tell.
double serial_variance(const double *deviations, size_t count, double *df);

#endif
