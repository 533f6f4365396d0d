// SPDX-License-Identifier: GPL-3.0-or-later
//
// Percentiles and shares of an open-loop load, from the steady parts of its repetitions together.
//
// Requests that follow each other wait alike, so each is worth less than one: their number is divided by how
// much more the count beyond the percentile varies than that of independent ones (a batch-means method; the
// variance is serial_variance over a hundredth of the schedule each). By what Student's t lies above the
// normal for the degrees of freedom behind that variance it shrinks once more, and order-statistic intervals
// (stat/quantile.h) are those of that number. The upper end asks for more, by the variance of the time
// itself: a run without a busy spell has low percentiles and neighbours that hardly seem alike, so that the
// short runs which seem long enough are the quiet ones. Repetitions add up, unless they differ by more than
// such counts do (F test at 10 %): then the variance is that between them.
#ifndef ANALYZE_LOADS_TIMES_H
#define ANALYZE_LOADS_TIMES_H

#include "analyze/input/load.h"
#include "analyze/results/results.h"

// Valid repetitions of one load.
struct loads_group {
  const struct load_open *const *of;
  size_t count;
};

// The percentile of one time. An end is NaN where the requests are worth too few for it; *needs_s, raised
// where it is lower: how long each repetition has to last for both ends.
struct estimate loads_times_percentile(const struct loads_group *group, enum load_time time,
                                       size_t percentile, double confidence, double *needs_s);

// The same at p50, p95 and p99; `needs_s` as it is for each.
struct percentiles loads_times_percentiles(const struct loads_group *group, enum load_time time,
                                           double confidence, double needs_s[LOAD_PERCENTILES]);

// The share of requests within every limit; NaN: no such limit.
struct estimate loads_times_good(const struct loads_group *group, double confidence);

#endif
