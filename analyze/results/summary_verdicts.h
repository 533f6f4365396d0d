// SPDX-License-Identifier: GPL-3.0-or-later
//
// The `comparison` and `assertions` members of summary.json.
#ifndef ANALYZE_SUMMARY_VERDICTS_H
#define ANALYZE_SUMMARY_VERDICTS_H

#include "analyze/results/results.h"
#include "lib/json/json_write.h"

void summary_comparison(struct json_writer *w, const struct results *results); // null: nothing was compared
void summary_assertions(struct json_writer *w, const struct results *results);

#endif
