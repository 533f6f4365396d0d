// SPDX-License-Identifier: GPL-3.0-or-later
//
// One sentence per warning code, with the numbers that the warning carries or that the cells can tell.
#ifndef ANALYZE_CHAPTERS_WARNINGS_H
#define ANALYZE_CHAPTERS_WARNINGS_H

#include "analyze/sections/parts.h"

// Those that nothing else in the report says.
void chapters_warnings(struct chapters *c, struct document_node *parent);

// The sentence of one warning, whatever else the report says.
void chapters_warning(struct chapters *c, struct document_node *parent, const struct warning *warning);

#endif
