// SPDX-License-Identifier: GPL-3.0-or-later
//
// The `curve` member of summary.json.
#ifndef ANALYZE_SUMMARY_CURVE_H
#define ANALYZE_SUMMARY_CURVE_H

#include "analyze/results/value.h"

extern const struct member summary_curve_members[]; // of struct curve

#endif
