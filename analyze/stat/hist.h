// SPDX-License-Identifier: GPL-3.0-or-later
//
// A histogram of many positive whole numbers (nanoseconds) in fixed memory, exact to a number of significant
// digits.
//
// Buckets grow with the value, so that each value is kept to within 10^-digits of itself, after the manner of
// HdrHistogram. Values below the range are counted as its lowest, values above it are counted apart and never
// lost silently.
#ifndef ANALYZE_STAT_HIST_H
#define ANALYZE_STAT_HIST_H

#include <stdint.h>

#include "analyze/stat/ci.h"

struct hist;

// Range 1 <= lowest < highest, values told apart to `digits` (1..4) significant digits. Memory is about
// 2 * 10^digits * log2(highest/lowest) * 8 bytes at worst; 1 us to 1 h in ns at 3 digits takes about 190 KiB.
// STATUS_USAGE for a range or digits that are not allowed, STATUS_MEMORY. The caller frees it with hist_free.
enum status hist_new(int64_t lowest, int64_t highest, int digits, struct hist **hist,
                     struct error *error) MUST_USE;
void hist_free(struct hist *hist);
void hist_reset(struct hist *hist);

// Counts a value `times` times. Above `highest`: counted in hist_above. Below `lowest` (also negative):
// counted as lowest and in hist_below.
void hist_record(struct hist *hist, int64_t value, uint64_t times);

// Adds all counts of `from`. STATUS_USAGE unless both have the same range and digits.
enum status hist_merge(struct hist *into, const struct hist *from, struct error *error) MUST_USE;

uint64_t hist_count(const struct hist *hist); // values in the range, those below it included
uint64_t hist_below(const struct hist *hist);
uint64_t hist_above(const struct hist *hist); // not part of hist_count, but part of every rank

// Exact; 0 when empty. The largest includes values above the range.
int64_t hist_min(const struct hist *hist);
int64_t hist_max(const struct hist *hist);
double hist_mean(const struct hist *hist);

// The value of the rank-th smallest (1-based, over all values, those above the range last), to the
// histogram's digits: the middle of its bucket, kept between hist_min and hist_max; a rank above the range is
// hist_max. 0 when empty or rank 0.
int64_t hist_value_at_rank(const struct hist *hist, uint64_t rank);

// The p quantile (the rank ceil(p count)) with its order-statistic interval (quantile.h), in the unit of the
// values. STATUS_NUMERIC when empty.
enum status hist_quantile(const struct hist *hist, double p, double confidence, struct ci *ci,
                          struct error *error) MUST_USE;

#endif
