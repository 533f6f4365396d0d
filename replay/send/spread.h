// SPDX-License-Identifier: GPL-3.0-or-later
//
// How durations are spread: counts in buckets whose width grows with the value, so that quantiles of any
// number of durations cost the same small memory (the idea of HdrHistogram, Tene 2013).
//
// Below 131 us a bucket is 1.024 us wide, above 1/128 of its value: a quantile is off by at most 0.52 us or
// 0.4 %. The largest value is kept exactly.
#ifndef REPLAY_SPREAD_H
#define REPLAY_SPREAD_H

#include <stdint.h>

enum { SPREAD_STEPS = 128, SPREAD_OCTAVES = 27, SPREAD_BUCKETS = SPREAD_STEPS * (SPREAD_OCTAVES + 1) };

// All zero is valid and empty.
struct spread {
  int64_t count;
  int64_t max_ns;
  int first, last; // buckets that are not 0 lie between these two; of an empty one they mean nothing
  uint32_t buckets[SPREAD_BUCKETS];
};

void spread_clear(struct spread *spread);

// A negative duration counts as 0; one over 2.4 h falls into the last bucket.
void spread_add(struct spread *spread, int64_t ns);

// Adds all durations of another one.
void spread_merge(struct spread *spread, const struct spread *other);

// The smallest value with at least `fraction` (0 to 1) of all at or below it, in ns, as the middle of its
// bucket and never above the largest; -1 when empty.
int64_t spread_quantile(const struct spread *spread, double fraction);

#endif
