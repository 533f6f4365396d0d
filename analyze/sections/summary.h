// SPDX-License-Identifier: GPL-3.0-or-later
//
// The first part of a report: what to use, how sure that is, what is wrong with the data, and why.
#ifndef ANALYZE_CHAPTERS_SUMMARY_H
#define ANALYZE_CHAPTERS_SUMMARY_H

#include "analyze/sections/parts.h"

// The whole part, or a sentence when there is nothing.
void chapters_summary(struct chapters *c, struct document_node *root);

// For the terminal: how the run stands against a baseline, what to use, how sure that is, what to measure
// next, and what keeps the limits.
void chapters_answer(struct chapters *c, struct document_node *parent);

// The table of workers levels, `brief` with fewer columns.
void chapters_optima_table(struct chapters *c, struct document_node *parent, bool brief);

#endif
