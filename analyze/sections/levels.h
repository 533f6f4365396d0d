// SPDX-License-Identifier: GPL-3.0-or-later
//
// One section per workers level: picture, table, best cell, percentiles.
#ifndef ANALYZE_CHAPTERS_LEVELS_H
#define ANALYZE_CHAPTERS_LEVELS_H

#include "analyze/sections/parts.h"

void chapters_levels(struct chapters *c, struct document_node *root);

#endif
