// SPDX-License-Identifier: GPL-3.0-or-later
//
// Throughput against latency: the cells that no other cell beats in both.
#ifndef ANALYZE_CHAPTERS_PARETO_H
#define ANALYZE_CHAPTERS_PARETO_H

#include "analyze/sections/parts.h"

void chapters_pareto(struct chapters *c, struct document_node *root);

#endif
