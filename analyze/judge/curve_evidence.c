// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the points show of an optimum without the curve: that they fall behind it, and how it varies over
// passes or runs.
#include <math.h>
#include <stdlib.h>

#include "analyze/judge/curve.h"
#include "analyze/judge/estimate.h"
#include "analyze/stat/optimum.h"

// More points that share effects than this have no interval: each unit is looked for among all.
#define MAX_SHARED 4096

struct group {
  double n, sum, count;
};

// The chance of a Student t above `t`, half of that of an F above its square.
static double upper_tail(double t, double df) {
  double half = stat_f_upper_tail(t * t, 1, df) / 2;
  return t > 0 ? half : 1 - half;
}

static double mean_of(const struct group *group) {
  return group->sum / group->count;
}

// The points at each n, with their sum of squares around their means. `groups` has a place per point.
static size_t gather(const struct curve_point *points, size_t count, enum stat_scale scale,
                     struct group *groups, double *squares) {
  size_t found = 0;
  *squares = 0;
  for (size_t i = 0; i < count;) {
    struct group *group = &groups[found++];
    size_t first = i;
    *group = (struct group){.n = points[i].n};
    for (; i < count && points[i].n == group->n; i++, group->count++)
      group->sum += stat_to_scale(scale, points[i].throughput);
    for (size_t k = first; k < i; k++)
      *squares += pow(stat_to_scale(scale, points[k].throughput) - mean_of(group), 2);
  }
  return found;
}

static size_t nearest(const struct group *groups, size_t count, double n) {
  size_t found = 0;
  for (size_t i = 1; i < count; i++) {
    if (fabs(log(groups[i].n / n)) < fabs(log(groups[found].n / n))) found = i;
  }
  return found;
}

// Differences from one n to the last, within each unit: what a unit adds to both is out of them.
static double fall_over_units(const struct curve_point *points, size_t count, enum stat_scale scale,
                              const struct group *peak, const struct group *last) {
  double sum = 0, squares = 0, units = 0;
  for (size_t i = 0; i < count; i++) {
    struct group of[2] = {{0}};
    bool known = false;
    for (size_t k = 0; k < i && !known; k++)
      known = points[k].unit == points[i].unit;
    for (size_t k = i; k < count && !known; k++) {
      if (points[k].unit != points[i].unit || (points[k].n != peak->n && points[k].n != last->n)) continue;
      struct group *group = &of[points[k].n == last->n];
      group->sum += stat_to_scale(scale, points[k].throughput);
      group->count++;
    }
    if (known || !(of[0].count > 0) || !(of[1].count > 0)) continue;
    double fall = mean_of(&of[0]) - mean_of(&of[1]);
    sum += fall;
    squares += fall * fall;
    units++;
  }
  double variance = (squares - sum * sum / units) / (units - 1) / units;
  if (!(units > 1) || !(variance > 0)) return 1;
  return upper_tail(sum / units / sqrt(variance), units - 1);
}

bool curve_shows_fall(const struct curve_point *points, size_t count, double n, const struct fit_result *fit,
                      double confidence) {
  struct group *groups = calloc(count + 1, sizeof *groups);
  double squares, chance = 1;
  if (!groups) stat_end_without_memory();
  size_t found = groups ? gather(points, count, fit->scale, groups, &squares) : 0;
  size_t peak = found > 0 ? nearest(groups, found, n) : 0;
  if (found > 1 && peak + 1 < found) {
    const struct group *at = &groups[peak], *last = &groups[found - 1];
    double df = (double)(count - found), fall = mean_of(at) - mean_of(last);
    // Without a replicate at any n the curve's own residuals are the spread.
    double variance = df > 0 ? squares / df : fit->residual_sd * fit->residual_sd;
    if (!(df > 0)) df = (double)fit->df;
    if (points[0].unit >= 0) {
      if (count <= MAX_SHARED) chance = fall_over_units(points, count, fit->scale, at, last);
    } else if (df > 0 && variance > 0) {
      chance = upper_tail(fall / sqrt(variance * (1 / at->count + 1 / last->count)), df);
    }
  }
  free(groups);
  return chance < 1 - confidence;
}

// The curve's peak in the points of one unit. False where they have none.
static bool peak_of_unit(enum models_id id, const struct curve_point *points, size_t count, int64_t unit,
                         enum stat_scale scale, double *room, double *n, double *throughput) {
  double *x = room, *y = room + count;
  struct fit_result fit;
  struct optimum optimum;
  enum optimum_kind kind;
  size_t used = 0;
  for (size_t i = 0; i < count; i++) {
    if (points[i].unit != unit) continue;
    x[used] = points[i].n;
    y[used++] = points[i].throughput;
  }
  if (models_fit(id, x, y, NULL, used, scale, &fit, NULL) || !fit.converged || fit.df == 0) return false;
  if (optimum_find(id, x, y, NULL, used, &fit, 0.95, &kind, &optimum, NULL) || kind != OPTIMUM_PEAK)
    return false;
  *n = optimum.n.estimate;
  *throughput = optimum.throughput.estimate;
  return true;
}

bool curve_optimum_over_units(enum models_id id, const struct curve_point *points, size_t count,
                              enum stat_scale scale, double confidence, struct ci *n, struct ci *throughput) {
  double *room = calloc(4 * count + 1, sizeof *room);
  if (!room) {
    stat_end_without_memory();
    return false;
  }
  double *peaks = room + 2 * count, *heights = room + 3 * count;
  size_t units = 0;
  bool all = count <= MAX_SHARED;
  for (size_t i = 0; i < count && all; i++) {
    bool known = false;
    for (size_t k = 0; k < i && !known; k++)
      known = points[k].unit == points[i].unit;
    if (known) continue;
    all = peak_of_unit(id, points, count, points[i].unit, scale, room, &peaks[units], &heights[units]);
    units++;
  }
  struct ci of_n, of_throughput;
  all = all && units > 1 &&
        ci_of_sample((struct ci_sample){peaks, units}, STAT_SCALE_LN, NULL, confidence, &of_n, NULL) ==
            STATUS_OK &&
        ci_of_sample((struct ci_sample){heights, units}, STAT_SCALE_LN, NULL, confidence, &of_throughput,
                     NULL) == STATUS_OK;
  if (all) {
    *n = of_n;
    *throughput = of_throughput;
  }
  free(room);
  return all;
}
