// SPDX-License-Identifier: GPL-3.0-or-later
//
// A histogram of many positive whole numbers (nanoseconds) in little memory, exact to a number of significant
// digits.
//
// Buckets grow with the value, so that each value is kept to within 10^-digits of itself, after the manner of
// HdrHistogram. Values outside the range are counted and said, never lost.
#ifndef ANALYZE_STAT_HIST_H
#define ANALYZE_STAT_HIST_H

#include <stdint.h>

#include "analyze/stat/ci.h"

struct hist;

// Range 1 <= lowest < highest, values told apart to `digits` (1..4) significant digits. Memory is taken by
// the factor of two that a value falls into: at 3 digits 8 KiB each, so about 260 KiB when 1 us to 1 h in ns
// is used from end to end. STATUS_USAGE for a range or digits that are not allowed, STATUS_MEMORY. The caller
// frees it with hist_free.
enum status hist_new(int64_t lowest, int64_t highest, int digits, struct hist **hist,
                     struct error *error) MUST_USE;
void hist_free(struct hist *hist); // NULL is allowed

// Forgets all values and keeps the memory.
void hist_reset(struct hist *hist);

// Counts a value `times` times. Above the range it is kept as hist_above, below it (also negative) in the
// lowest bucket and as hist_below. STATUS_MEMORY: not counted.
enum status hist_record(struct hist *hist, int64_t value, uint64_t times, struct error *error) MUST_USE;

// Adds all counts of `from`. STATUS_USAGE unless both have the same range and digits; STATUS_MEMORY; `into`
// is unchanged then.
enum status hist_merge(struct hist *into, const struct hist *from, struct error *error) MUST_USE;

uint64_t hist_count(const struct hist *hist); // all values, with those outside the range
uint64_t hist_below(const struct hist *hist); // of them below the range
uint64_t hist_above(const struct hist *hist); // of them above it

// Of the values as they were given, also those outside the range; 0 when empty.
int64_t hist_min(const struct hist *hist);
int64_t hist_max(const struct hist *hist);
double hist_mean(const struct hist *hist);

// The rank-th smallest value (1-based, at most hist_count), to the histogram's digits: the middle of its
// bucket, kept between hist_min and hist_max. A rank among the values above the range is hist_max, one among
// those below it hist_min. 0 when empty or for rank 0.
int64_t hist_value_at_rank(const struct hist *hist, uint64_t rank);

// The p quantile (the value of rank ceil(p count)) with its order-statistic interval (quantile.h), in the
// unit of the values. STATUS_USAGE for p outside (0, 1), STATUS_NUMERIC when empty.
enum status hist_quantile(const struct hist *hist, double p, double confidence, struct ci *ci,
                          struct error *error) MUST_USE;

#endif
