// SPDX-License-Identifier: GPL-3.0-or-later
//
// Open-loop loads: what was offered, what came of it.
#ifndef ANALYZE_CHAPTERS_LOADS_H
#define ANALYZE_CHAPTERS_LOADS_H

#include "analyze/sections/parts.h"

void chapters_loads(struct chapters *c, struct document_node *root);

// For the terminal: the table of loads with as many columns as fit there.
void chapters_loads_brief(struct chapters *c, struct document_node *parent);

// The highest load that holds, why not more, its times, and what was not measured; nothing without loads.
void chapters_loads_answer(struct chapters *c, struct document_node *parent);

#endif
