// SPDX-License-Identifier: GPL-3.0-or-later
//
// The first part of a report: what to use, how sure that is, what is wrong with the data, and why.
#ifndef ANALYZE_CHAPTERS_SUMMARY_H
#define ANALYZE_CHAPTERS_SUMMARY_H

#include "analyze/chapters_parts.h"

// The whole part, or a sentence when there is nothing.
void chapters_summary(struct chapters *c, struct document_node *root);

// What to use, with its interval and its equals.
void chapters_recommendation(struct chapters *c, struct document_node *parent);

// That the best lies on the border of what was tested; nothing when it does not.
void chapters_edges(struct chapters *c, struct document_node *parent);

// The table of workers levels, `brief` with fewer columns.
void chapters_optima_table(struct chapters *c, struct document_node *parent, bool brief);

#endif
