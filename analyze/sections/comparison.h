// SPDX-License-Identifier: GPL-3.0-or-later
//
// What was asked of the run: how it stands against an older one, and whether the assertions hold.
#ifndef ANALYZE_CHAPTERS_COMPARISON_H
#define ANALYZE_CHAPTERS_COMPARISON_H

#include "analyze/sections/parts.h"

void chapters_comparison(struct chapters *c, struct document_node *root);

// The comparison in one sentence.
void chapters_verdict(struct chapters *c, struct document_node *parent);

#endif
