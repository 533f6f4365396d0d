// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/input/times.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/stat/quantile.h"
#include "lib/base/array.h"

#define NS_PER_S 1e9

enum { HISTOGRAM_BITS = 10 };

// Moves what has gathered into a histogram.
static enum status use_histogram(struct times *times, unsigned bits) {
  times->histogram = histogram_new(bits);
  if (!times->histogram) return STATUS_MEMORY;
  for (size_t i = 0; i < times->count; i++)
    histogram_add(times->histogram, times->values[i]);
  free(times->values);
  times->values = NULL;
  times->count = times->room = 0;
  return STATUS_OK;
}

enum status times_add(struct times *times, int64_t duration_ns) {
  if (!times->histogram) {
    enum status status =
        array_grow(&times->values, &times->room, times->count, sizeof *times->values, TIMES_EXACT);
    if (status == STATUS_OK) times->values[times->count++] = duration_ns;
    if (status != STATUS_LIMIT) return status;
    status = use_histogram(times, HISTOGRAM_BITS);
    if (status != STATUS_OK) return status;
  }
  histogram_add(times->histogram, duration_ns);
  return STATUS_OK;
}

enum status times_merge(struct times *into, const struct times *from) {
  if (from->histogram) {
    enum status status = into->histogram ? STATUS_OK : use_histogram(into, from->histogram->bits);
    if (status == STATUS_OK) histogram_merge(into->histogram, from->histogram);
    return status;
  }
  for (size_t i = 0; i < from->count; i++) {
    enum status status = times_add(into, from->values[i]);
    if (status != STATUS_OK) return status;
  }
  return STATUS_OK;
}

enum status times_add_histogram(struct times *times, const struct histogram *histogram) {
  enum status status = STATUS_OK;
  if (!times->histogram && times->count + (uint64_t)histogram->count > TIMES_EXACT)
    status = use_histogram(times, histogram->bits); // values that come later are no finer
  if (times->histogram) histogram_merge(times->histogram, histogram);
  for (size_t i = histogram->first; !times->histogram && histogram->count > 0 && i <= histogram->last; i++) {
    for (uint64_t n = 0; n < histogram->counts[i] && status == STATUS_OK; n++)
      status = times_add(times, histogram_value(histogram, i));
  }
  return status;
}

uint64_t times_count(const struct times *times) {
  return times->histogram ? (uint64_t)times->histogram->count : times->count;
}

static int compare_ns(const void *left, const void *right) {
  int64_t a, b;
  memcpy(&a, left, sizeof a);
  memcpy(&b, right, sizeof b);
  return (a > b) - (a < b);
}

static void put_in_order(struct times *times) {
  if (!times->histogram && times->count > 1)
    qsort(times->values, times->count, sizeof *times->values, compare_ns);
}

static enum status histogram_interval(const struct histogram *histogram, double p, double confidence,
                                      struct ci *ci, struct error *error) {
  uint64_t lo, hi, count = (uint64_t)histogram->count;
  enum status status = quantile_ranks(count, p, confidence, &lo, &hi, error);
  if (status) return status;
  *ci = (struct ci){.estimate = (double)histogram_at_rank(histogram, (int64_t)quantile_rank(count, p)),
                    .lo = lo == 0 ? -INFINITY : (double)histogram_at_rank(histogram, (int64_t)lo),
                    .hi = hi > count ? INFINITY : (double)histogram_at_rank(histogram, (int64_t)hi)};
  return STATUS_OK;
}

enum status times_quantile(struct times *times, double p, double confidence, struct ci *ci,
                           struct error *error) {
  struct ci ns;
  enum status status;
  if (times->histogram) {
    status = histogram_interval(times->histogram, p, confidence, &ns, error);
  } else {
    double *sorted = malloc((times->count + 1) * sizeof *sorted);
    if (!sorted) return stat_no_memory(error, "%s", status_name(STATUS_MEMORY));
    put_in_order(times);
    for (size_t i = 0; i < times->count; i++)
      sorted[i] = (double)times->values[i];
    status = quantile_interval(sorted, times->count, p, confidence, &ns, error);
    free(sorted);
  }
  if (status != STATUS_OK) return status;
  *ci = (struct ci){ns.estimate / NS_PER_S, ns.lo / NS_PER_S, ns.hi / NS_PER_S};
  return STATUS_OK;
}

// Of values in order.
static double at_rank(const struct times *times, uint64_t rank) {
  if (rank < 1 || rank > times_count(times)) return NAN;
  int64_t ns =
      times->histogram ? histogram_at_rank(times->histogram, (int64_t)rank) : times->values[rank - 1];
  return (double)ns / NS_PER_S;
}

void times_quantiles(struct times *times, const double *levels, size_t count, double *seconds) {
  uint64_t have = times_count(times);
  put_in_order(times);
  for (size_t i = 0; i < count; i++) {
    bool beyond = (1 - levels[i]) * (double)have < 1 - 1e-9;
    seconds[i] = beyond ? NAN : at_rank(times, quantile_rank(have, levels[i]));
  }
}

double times_at_rank(struct times *times, uint64_t rank) {
  put_in_order(times);
  return at_rank(times, rank);
}

uint64_t times_above(const struct times *times, double seconds) {
  uint64_t above = 0;
  if (times->histogram)
    return times_count(times) -
           (uint64_t)histogram_count_to(times->histogram, (int64_t)(seconds * NS_PER_S + 0.5));
  for (size_t i = 0; i < times->count; i++)
    above += (double)times->values[i] / NS_PER_S > seconds;
  return above;
}

void times_sum(const struct times *times, double *sum, double *squares) {
  const struct histogram *histogram = times->histogram;
  for (size_t i = 0; i < times->count; i++) {
    double seconds = (double)times->values[i] / NS_PER_S;
    *sum += seconds, *squares += seconds * seconds;
  }
  if (!histogram || histogram->count == 0) return;
  *sum += (double)histogram->sum / NS_PER_S;
  for (size_t i = histogram->first; i <= histogram->last; i++) {
    double seconds = (double)histogram_value(histogram, i) / NS_PER_S;
    *squares += (double)histogram->counts[i] * seconds * seconds;
  }
}

void times_clear(struct times *times) {
  free(times->histogram);
  times->histogram = NULL;
  times->count = 0;
}

void times_free(struct times *times) {
  times_clear(times);
  free(times->values);
  *times = (struct times){0};
}
