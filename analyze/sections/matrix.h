// SPDX-License-Identifier: GPL-3.0-or-later
//
// All cells at a glance: one row per workers level, one column per batch.
#ifndef ANALYZE_CHAPTERS_MATRIX_H
#define ANALYZE_CHAPTERS_MATRIX_H

#include "analyze/sections/parts.h"

void chapters_matrix(struct chapters *c, struct document_node *parent);

#endif
