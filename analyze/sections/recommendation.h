// SPDX-License-Identifier: GPL-3.0-or-later
//
// What to set: the recommendation, what it rests on, and what the next level up gains and costs.
#ifndef ANALYZE_CHAPTERS_RECOMMENDATION_H
#define ANALYZE_CHAPTERS_RECOMMENDATION_H

#include "analyze/sections/parts.h"

void chapters_recommendation(struct chapters *c, struct document_node *parent);

#endif
