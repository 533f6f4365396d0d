// SPDX-License-Identifier: GPL-3.0-or-later
//
// Capacity against requests in flight: which points speak, which curve they allow, and where it peaks.
#ifndef ANALYZE_CURVE_H
#define ANALYZE_CURVE_H

#include "analyze/judge/cells.h"
#include "analyze/judge/steady_levels.h"
#include "analyze/stat/models.h"

// A full-wave point needs this many waves, so that start and end of a batch weigh little.
#define CURVE_MIN_WAVES 3

// Fewer distinct n than this are no capacity curve of their kind.
#define CURVE_MIN_DISTINCT 4

// Through fewer distinct n than this passes a curve of every family: it would say nothing about its shape.
#define CURVE_MIN_SHAPE 3

#define CURVE_BAND_POINTS 100

// Below this weight of the selected model the band averages all models (Burnham & Anderson, 4.3).
#define CURVE_CLEAR_WEIGHT 0.9

// Outliers are looked for among this many points or more: with fewer, their own spread is not known.
#define CURVE_MIN_ROBUST 8

// The knee is where a curve first reaches this share of its largest value.
#define CURVE_KNEE_SHARE 0.95

struct curve_options {
  enum stat_scale scale;
  double confidence;
  enum models_id models[MODELS_COUNT]; // to be fitted; the first decides the range
  size_t model_count;
  size_t draws; // Monte Carlo sample size behind the knee of the points; 0: MCB_DRAWS
};

// Writes results->curve.points and kind from levels, cells and loads: steady throughput, else full waves,
// else open loop, else single waves, whichever is first to have CURVE_MIN_DISTINCT distinct n (else the one
// with most). Levels at or above `first_cliff` workers give none. Every replicate is a point. Loads at fewer
// than CURVE_MIN_DISTINCT rates give none.
enum status curve_choose_points(const struct cells_samples *samples, const struct steady_levels *steady,
                                double first_cliff, struct results *results, struct error *error) MUST_USE;

// Writes results->curve.points from a --curve file.
enum status curve_take_points(const struct load_data *data, struct results *results,
                              struct error *error) MUST_USE;

// Fits the models to the points over the range that stands, selects one, and finds its optimum and knee.
// Points that allow no fit leave the models empty. Errors only for lack of memory.
enum status curve_fit(const struct curve_options *options, struct results *results,
                      struct error *error) MUST_USE;

// Do the points themselves fall from `n` to the last n? One-sided t test at 1 - confidence between the n
// nearest to it and the last, with the spread of points at one n (else the fit's); over units where points
// share those. The points ascend by n. A curve that only saturates is taken for one with a peak in up to 96 %
// of sweeps; its points do not fall.
bool curve_shows_fall(const struct curve_point *points, size_t count, double n, const struct fit_result *fit,
                      double confidence);

// The peak's place and height with t intervals on the ln scale over units, each with a curve of its own.
// False (nothing is written) with fewer than two, or where the points of one have no peak.
bool curve_optimum_over_units(enum models_id id, const struct curve_point *points, size_t count,
                              enum stat_scale scale, double confidence, struct ci *n, struct ci *throughput);

// The second look of curve_fit, on the fitted points and a fit of them that stands: flags outliers among
// curve->points[first...] and takes the peak under bisquare weights. What cannot be computed stays unknown;
// STATUS_MEMORY.
enum status curve_look_again(enum models_id id, const double *n, const double *throughput, size_t first,
                             size_t count, const struct fit_result *fit, struct curve *curve,
                             struct error *error) MUST_USE;

// The same USL as the time of a step: writes curve->step_time and, for each fitted n, what it predicts per
// token beside the median TPOT of a cell there. Nothing where it cannot be had; STATUS_MEMORY.
enum status curve_steps(const struct fit_data *data, const struct fit_result *usl, struct results *results,
                        struct error *error) MUST_USE;

#endif
