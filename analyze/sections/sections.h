// SPDX-License-Identifier: GPL-3.0-or-later
//
// The sections of a report, each in the file of its name, and what they take from each other. A section adds
// nothing where the results have nothing for it.
#ifndef ANALYZE_SECTIONS_H
#define ANALYZE_SECTIONS_H

#include "analyze/sections/shown.h"

// summary: what to use, how sure that is, what is wrong with the data, and why; or a sentence when there is
// nothing.
void chapters_summary(struct chapters *c, struct document_node *root);

// For the terminal: how the run stands against a baseline, what to use, how sure that is, what to measure
// next, and what keeps the limits.
void chapters_answer(struct chapters *c, struct document_node *parent);

// The table of workers levels, `brief` with fewer columns.
void chapters_optima_table(struct chapters *c, struct document_node *parent, bool brief);

// recommendation: what to set, what it rests on, and what the next level up gains and costs.
void chapters_recommendation(struct chapters *c, struct document_node *parent);

// dependencies: what depends on what, in words, each with the test behind it.
void chapters_dependencies(struct chapters *c, struct document_node *parent);

// What to measure next, in one paragraph.
void chapters_next(struct chapters *c, struct document_node *parent);

// matrix: all cells at a glance, one row per workers level, one column per batch.
void chapters_matrix(struct chapters *c, struct document_node *parent);

// warnings: one sentence per warning code, with the numbers that the warning carries or that the cells have.
// Those that nothing else in the report contains.
void chapters_warnings(struct chapters *c, struct document_node *parent);

// The sentence of one warning, whatever else the report contains.
void chapters_warning(struct chapters *c, struct document_node *parent, const struct warning *warning);

// comparison: how the run stands against an older one, and whether the assertions hold.
void chapters_comparison(struct chapters *c, struct document_node *root);

// The comparison in one sentence.
void chapters_verdict(struct chapters *c, struct document_node *parent);

// curve: the capacity curve in words and tables.
void chapters_curve(struct chapters *c, struct document_node *root);

// The optimum in one sentence, or why there is none.
void chapters_optimum(struct chapters *c, struct document_node *parent);

// A share of a peak means something only where there is a peak.
bool chapters_has_knee(const struct curve *curve);

// pareto: throughput against latency, the cells that no other cell beats in both.
void chapters_pareto(struct chapters *c, struct document_node *root);

// distribution: how the times of single requests spread, for the cells that matter most.
void chapters_distribution(struct chapters *c, struct document_node *root);

// loads: open-loop loads, what was offered and what came of it.
void chapters_loads(struct chapters *c, struct document_node *root);

// For the terminal: the table of loads with as many columns as fit there.
void chapters_loads_brief(struct chapters *c, struct document_node *parent);

// The highest load that holds, why not more, its times, and what was not measured.
void chapters_loads_answer(struct chapters *c, struct document_node *parent);

// demand: how many servers the traffic needs, what that takes for granted.
void chapters_demand(struct chapters *c, struct document_node *parent);

// levels: one section per workers level, with picture, table, best cell and percentiles.
void chapters_levels(struct chapters *c, struct document_node *root);

// facts: APIs, failures, the client's own audit, the facts of the run and how to repeat it.
void chapters_failures(struct chapters *c, struct document_node *root);
void chapters_apis(struct chapters *c, struct document_node *root);
void chapters_client(struct chapters *c, struct document_node *root);
void chapters_facts(struct chapters *c, struct document_node *root);

// plots: pictures of cells and of the curve. Each adds its plot to the set, if there is one, and answers its
// name; NULL: there was nothing to draw. A sentence in `parent` names what one
// picture has no room for.
const char *chapters_plot_overview(struct chapters *c, struct document_node *parent);
const char *chapters_plot_levels(struct chapters *c, struct document_node *parent);

// The cells of `shown`.
void chapters_plot_level(struct chapters *c, const struct workers_row *row,
                         const struct chapters_shown *shown, const char *name);

// course: the picture of throughput over the time of the run; nothing where no cell was measured twice.
void chapters_course(struct chapters *c, struct document_node *parent);

// limits: which cells keep the limits of --slo, and which of the limits binds.
// At which level the measured times meet the first limit, and which cell has the most goodput; nothing where
// neither is known.
void chapters_limits(struct chapters *c, struct document_node *parent);

// Whether any cell was judged by a limit on its percentiles.
bool chapters_limits_judged(const struct results *results);

// "kept", "kept, but not for certain", "missed" ...: for certain where the intervals leave no doubt.
const char *chapters_limits_word(struct chapters *c, const struct cell *cell);

// Whether the verdict on a load (an index into loads or workers) is certain: by its `own` interval, or since
// the load lies on that side of the edge's bounds.
bool chapters_limits_certain(const struct results *results, size_t index, enum cell_slo meets, bool own);

// The same for a cell: that which stands for its level has the level's verdict.
bool chapters_limits_cell_certain(const struct results *results, const struct cell *cell);

// Adds that a limit is missed, or that this is open.
void chapters_limits_mark(struct chapters *c, enum cell_slo meets, bool certain, struct chapters_list *marks);

// The percentile of a load that the limit is on.
struct estimate chapters_limits_load(const struct load *load, const struct limit *limit);

// Appends "latency p95 <= 1.5 s".
void chapters_limits_name(struct chapters *c, const struct limit *limit, struct buf *out);

// Appends "latency p95".
void chapters_limits_time(struct chapters *c, const struct limit *limit, struct buf *out);

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

// edge_plot: the picture of the edge of the limits.
// A figure with the percentile and its interval at each load, its limit, and both bounds; false where the
// limit that binds is not on a percentile, or was measured at fewer than two loads.
bool chapters_edge_plot(struct chapters *c, struct document_node *parent);

#endif
