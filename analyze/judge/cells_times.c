// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/cells_times.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/judge/estimate.h"

// A t interval over two or three sessions can reach over orders of magnitude on the ln scale. An end further
// from the estimate than this factor is no bound on a time that anybody could use.
#define MAX_REACH 100.0

static const struct estimate unknown = {NAN, NAN, NAN};

static struct estimate over_requests(const struct times *times, double p, double confidence) {
  struct times view = *times; // sorting changes the order of the values, nothing else
  struct ci ci;
  if (times_quantile(&view, p, confidence, &ci, NULL) != STATUS_OK) return unknown;
  return estimate_of(ci);
}

struct estimate cells_times_over(const double *values, size_t count, double confidence) {
  struct ci ci = {NAN, NAN, NAN};
  if (count > 0) {
    struct ci_sample sample = {values, count};
    if (ci_of_sample(sample, STAT_SCALE_LN, NULL, confidence, &ci, NULL) != STATUS_OK) {
      ci = ci_unbounded(NAN);
      if (ci_geometric_mean(values, count, &ci.estimate, NULL) != STATUS_OK) ci.estimate = NAN;
    }
  }
  if (ci.hi > MAX_REACH * ci.estimate) ci = ci_unbounded(ci.estimate);
  return estimate_of(ci);
}

static struct estimate over_units(const struct load_quantiles *units, size_t unit_count, enum load_time time,
                                  size_t percentile, double confidence) {
  double *values = malloc((unit_count + 1) * sizeof *values);
  size_t count = 0;
  if (!values) stat_end_without_memory();
  for (size_t i = 0; values && i < unit_count; i++) {
    double value = units[i].of[time][percentile];
    if (value > 0) values[count++] = value;
  }
  struct estimate out = cells_times_over(values, count, confidence);
  free(values);
  return out;
}

// Equal values have no spread to make an interval of.
static bool are_equal(const struct load_quantiles *units, size_t count, enum load_time time,
                      size_t percentile) {
  for (size_t i = 1; i < count; i++) {
    if (units[i].of[time][percentile] != units[0].of[time][percentile]) return false;
  }
  return true;
}

// The percentile of so few requests is near their largest, and varies about a lower value than it should: an
// interval over units is none of the percentile then.
static bool too_few_in_each(const struct load_cell *cell, enum load_time time, double p, size_t units) {
  double each = (double)times_count(&cell->pooled.of[time]) / (double)units;
  return each * fmin(p, 1 - p) < CELLS_TIMES_BEYOND;
}

static double further(double one, double other, double sign) {
  return isnan(one) || isnan(other) ? NAN : sign * fmax(sign * one, sign * other);
}

static struct estimate one(const struct load_cell *cell, enum load_time time, size_t percentile,
                           double confidence) {
  bool by_session = cell->session_count > 1;
  const struct load_quantiles *units = by_session ? cell->sessions : cell->batches;
  size_t count = by_session ? cell->session_count : cell->batch_count;
  struct estimate requests = over_requests(&cell->pooled.of[time], load_percentiles[percentile], confidence);
  if (count < 2 || (!by_session && are_equal(units, count, time, percentile))) return requests;
  struct estimate out = over_units(units, count, time, percentile, confidence);
  bool few = too_few_in_each(cell, time, load_percentiles[percentile], count);
  if (by_session && !few) return out;
  return (struct estimate){requests.estimate, further(requests.lo, out.lo, -1),
                           further(requests.hi, out.hi, 1)};
}

static struct percentiles all(const struct load_cell *cell, enum load_time time, double confidence) {
  return (struct percentiles){.p50 = one(cell, time, 0, confidence),
                              .p95 = one(cell, time, 1, confidence),
                              .p99 = one(cell, time, 2, confidence)};
}

void cells_times_fill(const struct load_cell *from, double confidence, struct cell *cell) {
  cell->ttft_s = all(from, LOAD_TTFT, confidence);
  cell->latency_s = all(from, LOAD_LATENCY, confidence);
  cell->tpot_s = all(from, LOAD_TPOT, confidence);
  cell->response_s = all(from, LOAD_RESPONSE, confidence);
  cell->itl_s = (struct percentiles){.p50 = one(from, LOAD_ITL_P50, 0, confidence),
                                     .p95 = unknown,
                                     .p99 = one(from, LOAD_ITL_P99, 0, confidence)};
}

struct estimate cells_times_share(const double *shares, size_t count, double hits, double trials,
                                  double confidence) {
  struct ci requests, repetitions;
  if (trials <= 0 || ci_proportion((uint64_t)hits, (uint64_t)trials, confidence, &requests, NULL))
    return unknown;
  struct ci_sample sample = {shares, count};
  if (ci_of_sample(sample, STAT_SCALE_LINEAR, NULL, confidence, &repetitions, NULL) == STATUS_OK) {
    requests.lo = fmax(0, fmin(requests.lo, repetitions.lo));
    requests.hi = fmin(1, fmax(requests.hi, repetitions.hi));
  }
  return estimate_of(requests);
}
