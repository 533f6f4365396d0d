// SPDX-License-Identifier: GPL-3.0-or-later
//
// What depends on what, in words, each with the test behind it.
#ifndef ANALYZE_DEPENDENCIES_H
#define ANALYZE_DEPENDENCIES_H

#include "analyze/sections/parts.h"

void chapters_dependencies(struct chapters *c, struct document_node *parent);

// What to measure next, in one paragraph.
void chapters_next(struct chapters *c, struct document_node *parent);

#endif
