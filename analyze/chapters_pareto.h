// SPDX-License-Identifier: GPL-3.0-or-later
//
// Throughput against latency: the cells that no other cell beats in both, and those that keep the limits.
#ifndef ANALYZE_CHAPTERS_PARETO_H
#define ANALYZE_CHAPTERS_PARETO_H

#include "analyze/chapters_parts.h"

void chapters_pareto(struct chapters *c, struct document_node *root);

// Which cell to take when there are limits; nothing when there are none.
void chapters_limits(struct chapters *c, struct document_node *parent);

#endif
