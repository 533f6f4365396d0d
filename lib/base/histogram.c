// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/base/histogram.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// Octave 0 has the values below 2^bits, octave k those from 2^(bits + k - 1) on, in 2^bits steps. The last
// bucket, behind all octaves, has what is out of range.
size_t histogram_last_bucket(unsigned bits) {
  return (size_t)(HISTOGRAM_RANGE_BITS - bits + 1) << bits;
}

static size_t bucket_of(unsigned bits, int64_t ns) {
  uint64_t value = (uint64_t)ns;
  if (value >> bits == 0) return (size_t)value;
  if (value >> HISTOGRAM_RANGE_BITS) return histogram_last_bucket(bits);
  unsigned octave = 64 - (unsigned)__builtin_clzll(value) - bits;
  return ((size_t)(octave - 1) << bits) + (size_t)(value >> (octave - 1));
}

int64_t histogram_value(const struct histogram *histogram, size_t bucket) {
  size_t octave = bucket >> histogram->bits, step = bucket & (((size_t)1 << histogram->bits) - 1);
  int64_t middle = (int64_t)step;
  if (octave > 0) {
    int64_t width = INT64_C(1) << (octave - 1);
    middle = (int64_t)(step + ((size_t)1 << histogram->bits)) * width + width / 2;
  }
  if (middle < histogram->min) return histogram->min;
  return middle > histogram->max || bucket == histogram_last_bucket(histogram->bits) ? histogram->max
                                                                                     : middle;
}

struct histogram *histogram_new(unsigned bits) {
  struct histogram *histogram =
      calloc(1, sizeof *histogram + (histogram_last_bucket(bits) + 1) * sizeof histogram->counts[0]);
  if (histogram) histogram->bits = bits;
  return histogram;
}

// Only what was counted in: a stream of even gaps fills few of the buckets.
void histogram_clear(struct histogram *histogram) {
  if (histogram->count > 0) {
    size_t used = histogram->last - histogram->first + 1;
    memset(&histogram->counts[histogram->first], 0, used * sizeof histogram->counts[0]);
  }
  histogram->count = histogram->min = histogram->max = 0;
  histogram->sum = 0;
}

static void widen(struct histogram *histogram, size_t first, size_t last, int64_t min, int64_t max) {
  bool empty = histogram->count == 0;
  if (empty || first < histogram->first) histogram->first = first;
  if (empty || last > histogram->last) histogram->last = last;
  if (empty || min < histogram->min) histogram->min = min;
  if (empty || max > histogram->max) histogram->max = max;
}

static uint64_t saturated(uint64_t sum, uint64_t more) {
  uint64_t out;
  return __builtin_add_overflow(sum, more, &out) ? UINT64_MAX : out;
}

void histogram_add(struct histogram *histogram, int64_t ns) {
  if (ns < 0) ns = 0;
  size_t bucket = bucket_of(histogram->bits, ns);
  widen(histogram, bucket, bucket, ns, ns);
  histogram->count++;
  histogram->sum = saturated(histogram->sum, (uint64_t)ns);
  histogram->counts[bucket]++;
}

void histogram_merge(struct histogram *histogram, const struct histogram *other) {
  if (other->count == 0) return;
  bool same = histogram->bits == other->bits;
  size_t first = same ? other->first : bucket_of(histogram->bits, other->min);
  size_t last = same ? other->last : bucket_of(histogram->bits, other->max);
  widen(histogram, first, last, other->min, other->max);
  histogram->count += other->count;
  histogram->sum = saturated(histogram->sum, other->sum);
  for (size_t i = other->first; i <= other->last; i++) {
    if (other->counts[i] > 0)
      histogram->counts[same ? i : bucket_of(histogram->bits, histogram_value(other, i))] += other->counts[i];
  }
}

int64_t histogram_at_rank(const struct histogram *histogram, int64_t rank) {
  int64_t seen = 0;
  for (size_t i = histogram->first; i <= histogram->last; i++) {
    seen += (int64_t)histogram->counts[i];
    if (seen >= rank) return histogram_value(histogram, i);
  }
  return histogram->max;
}

int64_t histogram_quantile(const struct histogram *histogram, double fraction) {
  if (histogram->count == 0) return -1;
  // 0.07 x 5000 is a little over 350 in binary: that is still rank 350.
  int64_t rank = (int64_t)ceil(fraction * (double)histogram->count * (1 - 1e-12));
  return rank < histogram->count ? histogram_at_rank(histogram, rank > 1 ? rank : 1) : histogram->max;
}

int64_t histogram_count_to(const struct histogram *histogram, int64_t ns) {
  size_t end = bucket_of(histogram->bits, ns);
  int64_t count = 0;
  for (size_t i = histogram->first; histogram->count > 0 && i <= histogram->last && i <= end; i++)
    count += (int64_t)histogram->counts[i];
  return count;
}
