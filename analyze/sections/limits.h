// SPDX-License-Identifier: GPL-3.0-or-later
//
// The limits of --slo in words: which cells keep them, and which of them binds.
#ifndef ANALYZE_CHAPTERS_LIMITS_H
#define ANALYZE_CHAPTERS_LIMITS_H

#include "analyze/sections/parts.h"

// At which level the measured times meet the first limit, and which cell has the most goodput; nothing where
// neither is known.
void chapters_limits(struct chapters *c, struct document_node *parent);

// Whether any cell was judged by a limit on its percentiles.
bool chapters_limits_judged(const struct results *results);

// "kept", "kept, but not for certain", "missed" ...: for certain where the intervals leave no doubt.
const char *chapters_limits_word(struct chapters *c, const struct cell *cell);

// The percentile of a load that the limit is on.
struct estimate chapters_limits_load(const struct load *load, const struct limit *limit);

// Appends "latency p95 <= 1.5 s".
void chapters_limits_name(struct chapters *c, const struct limit *limit, struct buf *out);

// The names of all limits on requests, or of all on percentiles, with commas between them.
void chapters_limits_names(struct chapters *c, bool requests, struct buf *out);

// All limits: "TTFT <= 0.5 s for 95% of requests and latency p95 <= 2 s".
void chapters_limits_all(struct chapters *c, struct buf *out);

// Appends where the measured times meet the first limit, by `sentence` (0: the limit, 1: the load), and that
// intervals contradict each other.
void chapters_limits_edge(struct chapters *c, enum lang_id sentence, struct buf *out);

// The limit that the cell misses by most, or has the least room to, and what was measured. Nothing is
// appended where no limited time was.
void chapters_limits_binding(struct chapters *c, const struct cell *cell, struct buf *name,
                             struct buf *value);

#endif
