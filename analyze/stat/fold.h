// SPDX-License-Identifier: GPL-3.0-or-later
//
// Observations at one n brought together into a row, so that a fit costs a row per n instead of a row per
// observation.
//
// Least squares splits: sum w (f - y)^2 over the observations at one n is W (f - mean)^2 plus their sum of
// squares around the mean, which no parameter moves. The rows and the two sums in fit_data (extra_rss,
// extra_count) therefore give the same estimates, standard errors and RSS. Where there are more than
// FOLD_EXACT different n, those within FOLD_WIDTH of each other (relative) share a row too, around a straight
// line through it: what the curve bends within a row, 1e-6 of X, is far below the standard error of so many
// points.
#ifndef ANALYZE_STAT_FOLD_H
#define ANALYZE_STAT_FOLD_H

#include "analyze/stat/fit.h"

#define FOLD_EXACT 2048
#define FOLD_WIDTH 4e-3

// The arrays are the fold's own.
struct fold {
  struct fit_data data; // ascending x, y = mean taken back from the scale, weights = their sums
  double *lowest;       // per row: the smallest n in it
  double highest;       // the largest n of all
  double *squares;      // per row: weighted sum of squares around it
  size_t *members;      // per row: observations
  double *block;
};

// Folds points of one predictor; those of weight zero are left out. STATUS_NUMERIC for n that are not finite
// and above zero or y that are not finite (on LN above zero), STATUS_USAGE for weights below zero or no point
// of any weight.
enum status fold_points(const struct fit_data *points, enum stat_scale scale, struct fold *fold,
                        struct error *error) MUST_USE;

// The rows from `first` on (below data.count), as data to fit; lives as long as the fold.
struct fit_data fold_from(const struct fold *fold, size_t first);

void fold_free(struct fold *fold); // takes NULL and one that is all zero

#endif
