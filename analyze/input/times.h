// SPDX-License-Identifier: GPL-3.0-or-later
//
// Durations of many requests in bounded memory: exact while they are few, a histogram when they are many.
#ifndef ANALYZE_TIMES_H
#define ANALYZE_TIMES_H

#include <stdint.h>

#include "analyze/stat/ci.h"
#include "lib/base/histogram.h"

// Above this many values the histogram takes over: its error (0.05 %) is then far below that of sampling.
#define TIMES_EXACT 4096

// All zero is empty.
struct times {
  int64_t *values;
  size_t count, room; // of values; 0 once there is a histogram
  struct histogram *histogram;
};

// STATUS_MEMORY.
enum status times_add(struct times *times, int64_t duration_ns) MUST_USE;

// Adds all of `from`.
enum status times_merge(struct times *into, const struct times *from) MUST_USE;

// Adds all of a histogram: values of their own while they are few.
enum status times_add_histogram(struct times *times, const struct histogram *histogram) MUST_USE;

uint64_t times_count(const struct times *times);

// The p quantile in seconds with its order-statistic interval at `confidence`, unbounded ends infinite.
// STATUS_NUMERIC when empty. May put the values in order.
enum status times_quantile(struct times *times, double p, double confidence, struct ci *ci,
                           struct error *error) MUST_USE;

// The quantiles at `count` levels in seconds, without intervals: the value of rank ceil(p n). NaN at levels
// beyond which no value lies ((1 - p) n < 1), and when empty. May put the values in order.
void times_quantiles(struct times *times, const double *levels, size_t count, double *seconds);

// Adds the sum of all, and that of their squares, in seconds.
void times_sum(const struct times *times, double *sum, double *squares);

// The value of this rank, from 1 to the count, in seconds; NaN: there is none. May put the values in order.
double times_at_rank(struct times *times, uint64_t rank);

// How many lie above `seconds`: of a histogram, above its bucket.
uint64_t times_above(const struct times *times, double seconds);

// Empties it and keeps the memory of exact values; times_free gives all back.
void times_clear(struct times *times);
void times_free(struct times *times);

#endif
