// SPDX-License-Identifier: GPL-3.0-or-later
//
// Counts durations in fixed buckets, 1 ms to 10 min, and writes them as a histogram of the Prometheus text
// format (version 0.0.4).
#ifndef CAPTURE_LATENCY_HISTOGRAM_H
#define CAPTURE_LATENCY_HISTOGRAM_H

#include <stdint.h>

#include "lib/base/buf.h"

#define HISTOGRAM_BOUNDS 18

// All zero is an empty one. Plain data, free to copy.
struct latency_histogram {
  int64_t counts[HISTOGRAM_BOUNDS + 1]; // each bucket's own; the last is over the last bound
  int64_t sum_ns;
};

// Counts one duration; it is in a bucket when it is at most the bucket's bound. Below zero counts as zero.
void latency_histogram_add(struct latency_histogram *histogram, int64_t ns);

// Appends HELP, TYPE, the cumulative buckets with `+Inf` last, _sum (seconds) and _count. Failure sticks in
// page->status.
void latency_histogram_write(const struct latency_histogram *histogram, const char *name, const char *help,
                             struct buf *page);

#endif
