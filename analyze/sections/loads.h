// SPDX-License-Identifier: GPL-3.0-or-later
//
// Open-loop loads: what was offered, what came of it.
#ifndef ANALYZE_CHAPTERS_LOADS_H
#define ANALYZE_CHAPTERS_LOADS_H

#include "analyze/sections/parts.h"

void chapters_loads(struct chapters *c, struct document_node *root);

// For the terminal and the first screen: the table of rates with as many columns as fit there, and the
// highest rate within the limits.
void chapters_loads_brief(struct chapters *c, struct document_node *parent);
void chapters_loads_limits(struct chapters *c, struct document_node *parent);

#endif
