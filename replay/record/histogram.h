// SPDX-License-Identifier: GPL-3.0-or-later
//
// How durations are spread: counts in buckets whose width grows with the value, so that quantiles of any
// number of durations cost the same small memory (the idea of HdrHistogram, Tene 2013).
//
// Below 131 us a bucket is 1.024 us wide, above 1/128 of its value: a quantile is off by at most 0.52 us or
// 0.4 %. The largest value is kept exactly.
#ifndef REPLAY_HISTOGRAM_H
#define REPLAY_HISTOGRAM_H

#include <stdint.h>

enum {
  HISTOGRAM_STEPS = 128,
  HISTOGRAM_OCTAVES = 27,
  HISTOGRAM_BUCKETS = HISTOGRAM_STEPS * (HISTOGRAM_OCTAVES + 1)
};

// All zero is valid and empty.
struct histogram {
  int64_t count;
  int64_t max_ns;
  int first, last; // buckets that are not 0 lie between these two; of an empty one they mean nothing
  uint32_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_clear(struct histogram *spread);

// A negative duration counts as 0; one over 2.4 h falls into the last bucket.
void histogram_add(struct histogram *spread, int64_t ns);

// Adds all durations of another one.
void histogram_merge(struct histogram *spread, const struct histogram *other);

// The smallest value with at least `fraction` (0 to 1) of all at or below it, in ns, as the middle of its
// bucket and never above the largest; -1 when empty.
int64_t histogram_quantile(const struct histogram *spread, double fraction);

#endif
