// SPDX-License-Identifier: GPL-3.0-or-later
//
// The numbers for scripts: summary.json and cells.csv. Unknown values are null in JSON and empty fields in
// CSV.
#ifndef ANALYZE_SUMMARY_H
#define ANALYZE_SUMMARY_H

#include "analyze/results/value.h"

#define SUMMARY_VERSION 1

// All that summary.json holds; it points into `results`.
struct value summary_value(const struct results *results);

// Appends the JSON document and a newline. Failure sticks in out->status.
enum status summary_json(const struct results *results, struct buf *out);

// Appends the cells as a table: the columns that an imported table has, then intervals, percentiles and flags
// (joined by '|'). Read again, it gives the same cells as single measurements. For results of --curve: the
// points.
enum status summary_csv(const struct results *results, struct buf *out);

#endif
