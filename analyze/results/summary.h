// SPDX-License-Identifier: GPL-3.0-or-later
//
// The numbers for scripts: summary.json and cells.csv. What is not known is null there, never NaN,
// and an empty field here.
#ifndef ANALYZE_SUMMARY_H
#define ANALYZE_SUMMARY_H

#include "analyze/results/results.h"
#include "lib/base/buf.h"

#define SUMMARY_VERSION 1

// Appends the JSON document and a newline. `warning_texts` has a sentence per warning (NULL: none are known).
// Failure sticks in out->status.
enum status summary_json(const struct results *results, const char *const *warning_texts, struct buf *out);

// Appends the cells as a table: the columns that an imported table has, then intervals, percentiles and flags
// (joined by '|'). Read again, it gives the same cells as single measurements. For results of --curve: the
// points.
enum status summary_csv(const struct results *results, struct buf *out);

#endif
