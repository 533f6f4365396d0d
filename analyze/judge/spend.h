// SPDX-License-Identifier: GPL-3.0-or-later
//
// What more time is best spent on: another life of the server, more repetitions, or longer batches.
#ifndef ANALYZE_SPEND_H
#define ANALYZE_SPEND_H

#include "analyze/judge/cells.h"

// Batches are made this many times as long at most, and not for less than SPEND_MIN_TIMES.
#define SPEND_MAX_TIMES 4
#define SPEND_MIN_TIMES 2

// Shorter windows are mostly start and drain.
#define SPEND_WAVES 3

// Writes results->spend from the warm repetitions of usable cells: ln X less its cell's mean, in groups of
// what they share. The part of single requests is that of steady windows; it is in the batches' too. A
// repetition takes its group's time and its start and drain whatever its length, so that a longer batch saves
// these and divides the part of requests. Nothing where no cell was repeated. STATUS_MEMORY.
enum status spend_find(const struct cells_samples *samples, struct results *results,
                       struct error *error) MUST_USE;

#endif
