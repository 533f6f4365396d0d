// SPDX-License-Identifier: GPL-3.0-or-later
//
// Percentiles and shares of an open-loop load, from the steady parts of its repetitions together.
//
// Requests that follow each other wait alike, so each is worth less than one: their number is divided by how
// much more the count beyond a percentile varies than that of independent ones (a batch-means method; the
// variance is serial_variance over a hundredth of the schedule each). By what Student's t lies above the
// normal for the degrees of freedom behind that variance it shrinks once more. For p95 and p99 requests are
// worth the least of what p50, p95, p99 and the mean time give, for p50 of what it and the mean time give,
// for the share of good ones of what it and the mean times give. Order-statistic intervals (stat/quantile.h)
// are those of that number. Repetitions add up, unless they differ by more than such counts do (F test at 10
// %): then the variance is that between them.
#ifndef ANALYZE_LOADS_TIMES_H
#define ANALYZE_LOADS_TIMES_H

#include "analyze/input/load.h"
#include "analyze/results/results.h"

// Valid repetitions of one load.
struct loads_group {
  const struct load_open *const *of;
  size_t count;
};

// p50, p95 and p99 of one time. An end is NaN where the requests are worth too few for it; of needs_s each
// is raised where it is lower: how long each repetition has to last for both ends.
struct percentiles loads_times_percentiles(const struct loads_group *group, enum load_time time,
                                           double confidence, double needs_s[LOAD_PERCENTILES]);

// The share of requests within every limit; NaN: no such limit.
struct estimate loads_times_good(const struct loads_group *group, double confidence);

#endif
