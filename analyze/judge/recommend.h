// SPDX-License-Identifier: GPL-3.0-or-later
//
// What to set: the fewest requests in flight that are shown to be good enough.
//
// By Hsu's multiple comparisons with the best every candidate has a bound on how far it lies below the best
// of all, and the bounds hold together (stat/mcb.h). Recommended is the candidate with the fewest requests in
// flight whose bound is within the margin; it is shown, where "not to be told apart" would reward noise.
// Levels are compared by their steady throughput where every usable level has one, else cells by their own.
#ifndef ANALYZE_RECOMMEND_H
#define ANALYZE_RECOMMEND_H

#include "analyze/judge/best.h"
#include "analyze/judge/steady_levels.h"

#define RECOMMEND_MARGIN 0.03

// Writes results->recommendation, once results->best is known, and best.recommended and its edges after it.
// `margin`: a share, above 0 and below 1. STATUS_MEMORY.
enum status recommend(const struct cells_samples *samples, const struct steady_levels *steady,
                      const struct best_options *options, double margin, struct results *results,
                      struct error *error) MUST_USE;

// What a level is compared by: its steady throughput where levels are compared, else that of its highest
// cell; 0: not usable.
double recommend_level_throughput(const struct results *results, const struct workers_row *row);

// The most of all levels.
double recommend_highest_level(const struct results *results);

// The usable level with the most workers; NULL: there is none.
const struct workers_row *recommend_last_usable(const struct results *results);

// True when the last of two usable levels or more does not gain more than the margin over the one below, as
// far as measured: nobody is sent beyond it.
bool recommend_on_plateau(const struct results *results);

#endif
