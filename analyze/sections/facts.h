// SPDX-License-Identifier: GPL-3.0-or-later
//
// What stands at the end of a report: APIs, failures, the client's own audit, the facts of the run and how to
// repeat it.
#ifndef ANALYZE_CHAPTERS_FACTS_H
#define ANALYZE_CHAPTERS_FACTS_H

#include "analyze/sections/parts.h"

void chapters_failures(struct chapters *c, struct document_node *root);
void chapters_apis(struct chapters *c, struct document_node *root);
void chapters_client(struct chapters *c, struct document_node *root);
void chapters_facts(struct chapters *c, struct document_node *root);

#endif
