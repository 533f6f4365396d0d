// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/slo_crossing.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/stat/crossing.h"

#define IDLE 0.2 // of the share that a limit allows: one that uses less up to the edge does not bind there

struct shares {
  struct crossing_point *all, *near;
  size_t count, near_count;
};

// Beyond the limit in the pieces [from, end) of one repetition; NaN: not known.
static double share_beyond(const struct load_open *open, size_t from, size_t end, const struct limit *limit) {
  static const enum load_time times[RESULTS_TIMES] = {
      [RESULTS_LATENCY] = LOAD_LATENCY, [RESULTS_TTFT] = LOAD_TTFT, [RESULTS_TPOT] = LOAD_TPOT};
  double count = 0, beyond = 0;
  for (const struct load_piece *piece = open->pieces + from; piece < open->pieces + end; piece++) {
    const struct times *of = &piece->times.of[times[limit->time]];
    bool requests = limit->percentile == 0;
    count += (double)(requests ? (uint64_t)piece->answered : times_count(of));
    beyond +=
        (double)(requests ? (uint64_t)(piece->answered - piece->good) : times_above(of, limit->limit_s));
  }
  return count > 0 && (limit->percentile > 0 || open->good >= 0) ? beyond / count : NAN;
}

// As long as the shortest repetition, or longer: so many parts of one stand for repetitions of their own.
static size_t parts_of(const struct load_open *open, double shortest_s) {
  size_t parts = 1;
  while (2 * parts <= LOAD_PIECES && open->total_s >= 2 * (double)parts * shortest_s * 0.99)
    parts *= 2;
  return parts;
}

static bool counts(const struct load_open *open) {
  return !open->invalid && open->served >= 0 && open->rate > 0;
}

static void collect(const struct load_data *data, const struct limit *limit, struct shares *shares) {
  double shortest_s = INFINITY;
  shares->count = 0;
  for (size_t i = 0; i < data->open_count; i++)
    if (counts(&data->open[i])) shortest_s = fmin(shortest_s, data->open[i].total_s);
  for (size_t i = 0; i < data->open_count; i++) {
    const struct load_open *open = &data->open[i];
    if (!counts(open)) continue;
    size_t each = LOAD_PIECES / parts_of(open, shortest_s);
    for (size_t from = 0; from < LOAD_PIECES; from += each) {
      double share = share_beyond(open, from, from + each, limit);
      if (!isnan(share)) shares->all[shares->count++] = (struct crossing_point){log(open->rate), share};
    }
  }
}

// Between the rates that keep it and those that do not; NaN: there are none of one kind.
static double middle_of(const struct shares *shares, double allowed) {
  double below = NAN, above = NAN;
  for (size_t i = 0; i < shares->count; i++) {
    const struct crossing_point *point = &shares->all[i];
    if (point->share <= allowed)
      below = fmax(below, point->x);
    else
      above = fmin(above, point->x);
  }
  return (below + above) / 2;
}

static void choose_near(struct shares *shares, double at) {
  shares->near_count = 0;
  for (size_t i = 0; i < shares->count; i++)
    if (fabs(shares->all[i].x - at) < SLO_CROSSING_WINDOW)
      shares->near[shares->near_count++] = shares->all[i];
}

// Within what was measured, never beyond.
static bool is_inside(const struct shares *shares, const struct ci *found) {
  double lowest = INFINITY, highest = -INFINITY;
  for (size_t i = 0; i < shares->count; i++) {
    lowest = fmin(lowest, shares->all[i].x);
    highest = fmax(highest, shares->all[i].x);
  }
  return log(found->lo) >= lowest && log(found->hi) <= highest;
}

// False: this limit has no crossing with both ends.
static bool cross(struct shares *shares, double allowed, double confidence, struct ci *out) {
  double at = middle_of(shares, allowed);
  if (isnan(at)) return false;
  for (int pass = 0; pass < 2; pass++) {
    choose_near(shares, at);
    if (shares->near_count < SLO_CROSSING_FEWEST) return false;
    if (crossing_find(shares->near, shares->near_count, allowed, confidence, out)) return false;
    at = log(out->estimate);
  }
  return is_inside(shares, out);
}

static bool is_idle(const struct shares *shares, double allowed, double hi) {
  double sum = 0, count = 0;
  for (size_t i = 0; i < shares->count; i++) {
    if (shares->all[i].x > log(hi)) continue;
    sum += shares->all[i].share;
    count++;
  }
  return count > 0 && sum <= IDLE * allowed * count;
}

static double allowed_by(const struct limit *limit) {
  return limit->percentile == 0 ? 1 - RESULTS_GOOD_SHARE : 1 - limit->percentile / 100.0;
}

// The lowest of all limits' crossings; false: some limit may bind there, and has none.
static bool find(const struct load_data *data, const struct results *results, struct shares *shares,
                 struct estimate *edge, size_t *binds) {
  bool crossed[RESULTS_LIMITS] = {false};
  *edge = (struct estimate){INFINITY, INFINITY, INFINITY};
  for (size_t i = 0; i < results->limit_count; i++) {
    struct ci ci;
    collect(data, &results->limits[i], shares);
    crossed[i] = cross(shares, allowed_by(&results->limits[i]), results->confidence, &ci);
    if (!crossed[i]) continue;
    if (ci.estimate < edge->estimate) *binds = i;
    edge->estimate = fmin(edge->estimate, ci.estimate);
    edge->lo = fmin(edge->lo, ci.lo), edge->hi = fmin(edge->hi, ci.hi);
  }
  for (size_t i = 0; i < results->limit_count; i++) {
    if (crossed[i]) continue;
    collect(data, &results->limits[i], shares);
    if (!is_idle(shares, allowed_by(&results->limits[i]), edge->hi)) return false;
  }
  return isfinite(edge->hi);
}

// The bracket of measured rates around the interval, and what their verdicts are worth.
static void take(struct results *results, struct estimate crossing, size_t binds) {
  struct slo_edge *edge = &results->slo_edge;
  edge->crossing = crossing;
  edge->at = crossing.estimate;
  edge->limit = binds;
  edge->uneven = false;
  edge->passes = edge->fails = SIZE_MAX;
  for (size_t i = 0; i < results->load_count; i++) {
    struct load *load = &results->loads[i];
    if (load->reps == 0 || load->failing) continue;
    bool below = load->rate <= crossing.lo, above = load->rate >= crossing.hi;
    load->slo_certain =
        (below && load->meets_slo == CELL_SLO_MET) || (above && load->meets_slo == CELL_SLO_MISSED);
    if (below && load->meets_slo == CELL_SLO_MET) edge->passes = i;
  }
  for (size_t i = results->load_count; i-- > 0;) {
    const struct load *load = &results->loads[i];
    if (load->reps > 0 && (load->failing || load->rate >= crossing.hi)) edge->fails = i;
  }
  results->load_answer = (struct load_answer){edge->passes, edge->fails};
}

enum status slo_crossing_find(const struct load_data *data, struct results *results, struct error *error) {
  struct estimate crossing;
  size_t binds = 0;
  results->slo_edge.crossing = (struct estimate){NAN, NAN, NAN};
  if (!results->slo_edge.exists || results->load_count == 0) return STATUS_OK;
  struct shares shares = {.all = malloc((data->open_count + 1) * LOAD_PIECES * sizeof *shares.all),
                          .near = malloc((data->open_count + 1) * LOAD_PIECES * sizeof *shares.near)};
  bool ready = shares.all && shares.near;
  if (ready && find(data, results, &shares, &crossing, &binds)) take(results, crossing, binds);
  free(shares.all);
  free(shares.near);
  return ready ? STATUS_OK : status_memory(error);
}
