// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/crossing.h"

#include <math.h>

enum { POINTS_MIN = 4, STEPS = 60 };
#define FARTHEST 1.0   // ln of the factor to the end of an interval
#define STEEPEST 300.0 // slope of a fit that stands for a jump

struct problem {
  const struct crossing_point *points;
  size_t count;
  double logit; // of the share that is crossed
};

static double logistic(double z) {
  return fmin(fmax(1 / (1 + exp(-z)), 1e-9), 1 - 1e-9);
}

static double deviance_at(const struct problem *problem, double x, double slope) {
  double sum = 0;
  for (size_t i = 0; i < problem->count; i++) {
    double share = problem->points[i].share;
    double mean = logistic(problem->logit + slope * (problem->points[i].x - x));
    if (share > 0) sum += 2 * share * log(share / mean);
    if (share < 1) sum += 2 * (1 - share) * log((1 - share) / (1 - mean));
  }
  return sum;
}

// The least deviance with the crossing at x, over slopes of at least 0; *slope: where to begin, then the
// best.
static double deviance_of(const struct problem *problem, double x, double *slope) {
  for (int i = 0; i < STEPS; i++) {
    double gradient = 0, curvature = 0;
    for (size_t p = 0; p < problem->count; p++) {
      double from = problem->points[p].x - x, mean = logistic(problem->logit + *slope * from);
      gradient += (problem->points[p].share - mean) * from;
      curvature += mean * (1 - mean) * from * from;
    }
    if (!(curvature > 1e-14)) break;
    double most = 0.5 * *slope + 1, step = fmin(fmax(gradient / curvature, -most), most);
    *slope = fmin(fmax(*slope + step, 0), STEEPEST);
    if (fabs(step) < 1e-7 * (1 + *slope)) break;
  }
  return deviance_at(problem, x, *slope);
}

// Newton's method on both parameters of the logit a + b (x - middle).
static bool fit(const struct problem *problem, double middle, double *at, double *slope) {
  double a = problem->logit, b = 8;
  for (int i = 0; i < STEPS; i++) {
    double g0 = 0, g1 = 0, h00 = 0, h01 = 0, h11 = 0;
    for (size_t p = 0; p < problem->count; p++) {
      double x = problem->points[p].x - middle, mean = logistic(a + b * x), weight = mean * (1 - mean);
      g0 += problem->points[p].share - mean, g1 += (problem->points[p].share - mean) * x;
      h00 += weight, h01 += weight * x, h11 += weight * x * x;
    }
    double det = h00 * h11 - h01 * h01;
    if (!(det > 1e-14)) return false;
    double da = (h11 * g0 - h01 * g1) / det, db = (h00 * g1 - h01 * g0) / det;
    double large = fmax(fmax(fabs(da), fabs(db) / 10), 1);
    a += da / large, b += db / large;
    if (fabs(b) > STEEPEST) return false;
    if (fabs(da) + fabs(db) > 1e-7) continue;
    *slope = b;
    *at = middle + (problem->logit - a) / b;
    return b > 0 && isfinite(*at);
  }
  return false;
}

static double dispersion(const struct problem *problem, double at, double slope) {
  double sum = 0;
  for (size_t p = 0; p < problem->count; p++) {
    double mean = logistic(problem->logit + slope * (problem->points[p].x - at));
    sum += pow(problem->points[p].share - mean, 2) / (mean * (1 - mean));
  }
  return sum / (double)(problem->count - 2);
}

static double end(const struct problem *problem, double at, double slope, double bound, double side) {
  double inside = at, outside = at + side * FARTHEST, began = slope;
  if (deviance_of(problem, outside, &began) < bound) return NAN;
  for (int i = 0; i < STEPS / 2; i++) {
    double middle = (inside + outside) / 2;
    double from = slope;
    *(deviance_of(problem, middle, &from) < bound ? &inside : &outside) = middle;
  }
  return exp(inside);
}

enum status crossing_find(const struct crossing_point *points, size_t count, double share, double confidence,
                          struct ci *out) {
  struct problem problem = {points, count, log(share / (1 - share))};
  double middle = 0, at, slope;
  if (count < POINTS_MIN) return STATUS_NUMERIC;
  for (size_t i = 0; i < count; i++)
    middle += points[i].x / (double)count;
  if (!fit(&problem, middle, &at, &slope)) return STATUS_NUMERIC;
  double t = stat_t_multiplier(confidence, (double)count - 2); // its square is F's quantile
  double bound = deviance_at(&problem, at, slope) +
                 CROSSING_SPREAD * fmax(dispersion(&problem, at, slope), 1e-6) * t * t;
  *out = (struct ci){.estimate = exp(at),
                     .lo = end(&problem, at, slope, bound, -1),
                     .hi = end(&problem, at, slope, bound, 1)};
  return STATUS_OK;
}
