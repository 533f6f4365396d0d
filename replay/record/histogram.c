// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/record/histogram.h"

#include <math.h>
#include <string.h>

enum { UNIT_BITS = 10, STEP_BITS = 7 }; // the narrowest bucket is 2^10 ns wide

// Only what was counted in: a stream of even gaps fills few of the buckets.
void histogram_clear(struct histogram *spread) {
  if (spread->count > 0) {
    size_t used = (size_t)spread->last - (size_t)spread->first + 1;
    memset(&spread->buckets[spread->first], 0, used * sizeof spread->buckets[0]);
  }
  spread->count = spread->max_ns = 0;
}

static void widen(struct histogram *spread, int first, int last) {
  if (spread->count == 0 || first < spread->first) spread->first = first;
  if (spread->count == 0 || last > spread->last) spread->last = last;
}

static int bucket_of(int64_t ns) {
  uint64_t units = (uint64_t)ns >> UNIT_BITS;
  if (units < HISTOGRAM_STEPS) return (int)units;
  int octave = 63 - __builtin_clzll(units) - STEP_BITS;
  if (octave >= HISTOGRAM_OCTAVES) return HISTOGRAM_BUCKETS - 1;
  return HISTOGRAM_STEPS * (octave + 1) + (int)(units >> octave) - HISTOGRAM_STEPS;
}

static int64_t middle_of(int bucket) {
  int octave = bucket / HISTOGRAM_STEPS - 1;
  int64_t step = bucket % HISTOGRAM_STEPS;
  if (octave < 0) return (step << UNIT_BITS) + (INT64_C(1) << (UNIT_BITS - 1));
  int shift = UNIT_BITS + octave;
  return ((step + HISTOGRAM_STEPS) << shift) + (INT64_C(1) << (shift - 1));
}

void histogram_add(struct histogram *spread, int64_t ns) {
  if (ns < 0) ns = 0;
  int bucket = bucket_of(ns);
  widen(spread, bucket, bucket);
  spread->count++;
  if (ns > spread->max_ns) spread->max_ns = ns;
  spread->buckets[bucket]++;
}

void histogram_merge(struct histogram *spread, const struct histogram *other) {
  if (other->count == 0) return;
  widen(spread, other->first, other->last);
  spread->count += other->count;
  if (other->max_ns > spread->max_ns) spread->max_ns = other->max_ns;
  for (int i = other->first; i <= other->last; i++)
    spread->buckets[i] += other->buckets[i];
}

int64_t histogram_quantile(const struct histogram *spread, double fraction) {
  if (spread->count == 0) return -1;
  // 0.07 x 5000 is a little over 350 in binary: that is still rank 350.
  int64_t rank = (int64_t)ceil(fraction * (double)spread->count * (1 - 1e-12));
  if (rank < 1) rank = 1;
  if (rank >= spread->count) return spread->max_ns;
  int64_t seen = 0;
  for (int i = spread->first; i <= spread->last; i++) {
    seen += spread->buckets[i];
    if (seen >= rank) return middle_of(i) < spread->max_ns ? middle_of(i) : spread->max_ns;
  }
  return spread->max_ns;
}
