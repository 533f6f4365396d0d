// SPDX-License-Identifier: GPL-3.0-or-later
//
// Counts of durations in buckets whose width grows with the value, so that quantiles of any number of
// durations cost the same memory, and two histograms add up to one (the idea of HdrHistogram, Tene 2013).
//
// Values below 2^bits ns are exact. Above, a bucket is at most 2^-bits of its value wide and counts as its
// middle: a quantile is off by at most 2^-(bits + 1) of itself, 0.4 % with 7 bits, 0.05 % with 10.
#ifndef LIB_BASE_HISTOGRAM_H
#define LIB_BASE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_RANGE_BITS 44 // longer durations (4.9 h) share one bucket, which counts as the largest

struct histogram {
  unsigned bits;
  int64_t count;
  uint64_t sum;       // stays at 584 years
  int64_t min, max;   // exact; 0 when empty
  size_t first, last; // buckets that are not 0 lie between these two; when empty they mean nothing
  uint64_t counts[];
};

// Empty. `bits`: 1 to 16. NULL: no memory. The caller frees it with free(). Memory is used where values fall:
// at most 39 KB with 7 bits, 287 KB with 10.
struct histogram *histogram_new(unsigned bits);

void histogram_clear(struct histogram *histogram);

// A negative duration counts as 0.
void histogram_add(struct histogram *histogram, int64_t ns);

// Adds all durations of another one; with other `bits` each counts as the middle of its bucket.
void histogram_merge(struct histogram *histogram, const struct histogram *other);

// What a duration in this bucket counts as: its middle, between `min` and `max`.
int64_t histogram_value(const struct histogram *histogram, size_t bucket);

// The bucket of what is longer than HISTOGRAM_RANGE_BITS, the last one.
size_t histogram_last_bucket(unsigned bits);

// The value of this rank, from 1 to `count`: the middle of its bucket, between `min` and `max`. 0 when empty.
int64_t histogram_at_rank(const struct histogram *histogram, int64_t rank);

// The smallest value with at least `fraction` (0 to 1) of all at or below it, in ns; the largest is exact. -1
// when empty.
int64_t histogram_quantile(const struct histogram *histogram, double fraction);

// How many lie in the bucket of `ns` or below.
int64_t histogram_count_to(const struct histogram *histogram, int64_t ns);

#endif
