// SPDX-License-Identifier: GPL-3.0-or-later
//
// The batches in the order of time, for a picture of drift, stalls and failures.
#ifndef ANALYZE_COURSE_H
#define ANALYZE_COURSE_H

#include "analyze/input/load.h"
#include "analyze/results/results.h"

// Writes results->course from every batch whose start is known. Ratios are to the geometric mean of the
// cell's batches that are neither cold nor failed; NaN where there are fewer than two. STATUS_MEMORY.
enum status course_build(const struct load_data *data, struct results *results, struct error *error) MUST_USE;

#endif
