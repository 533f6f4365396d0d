// SPDX-License-Identifier: GPL-3.0-or-later
//
// The capacity curve in words and tables.
#ifndef ANALYZE_CHAPTERS_CURVE_H
#define ANALYZE_CHAPTERS_CURVE_H

#include "analyze/sections/parts.h"

void chapters_curve(struct chapters *c, struct document_node *root);

// The optimum in one sentence, or why there is none.
void chapters_optimum(struct chapters *c, struct document_node *parent);

// A share of a peak means something only where there is a peak.
bool chapters_has_knee(const struct curve *curve);

#endif
