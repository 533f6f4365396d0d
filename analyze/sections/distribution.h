// SPDX-License-Identifier: GPL-3.0-or-later
//
// How the times of single requests spread, for the cells worth a closer look.
#ifndef ANALYZE_CHAPTERS_DISTRIBUTION_H
#define ANALYZE_CHAPTERS_DISTRIBUTION_H

#include "analyze/sections/parts.h"

// Adds nothing when no time was measured.
void chapters_distribution(struct chapters *c, struct document_node *root);

#endif
