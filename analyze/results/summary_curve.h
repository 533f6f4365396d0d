// SPDX-License-Identifier: GPL-3.0-or-later
//
// The `curve` member of summary.json, and how every estimate is written.
#ifndef ANALYZE_SUMMARY_CURVE_H
#define ANALYZE_SUMMARY_CURVE_H

#include "analyze/results/results.h"
#include "lib/json/json_write.h"

// "key":{"estimate":x,"lo":a,"hi":b}
void summary_estimate(struct json_writer *w, const char *key, struct estimate estimate);

// "curve":{...}; null without points.
void summary_curve(struct json_writer *w, const struct curve *curve);

#endif
