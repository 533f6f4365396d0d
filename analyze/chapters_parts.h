// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the chapters_*.c files share: one context, and short ways to put a sentence into the document.
#ifndef ANALYZE_CHAPTERS_PARTS_H
#define ANALYZE_CHAPTERS_PARTS_H

#include "analyze/chapters.h"
#include "analyze/report/number.h"

struct chapters {
  const struct results *results;
  enum lang lang;
  struct plot_set *plots; // NULL: no figures
  struct buf line;        // the sentence being made
};

// The filled template; it lives until the next call that makes a sentence.
const char *chapters_say(struct chapters *c, enum lang_id id, const char *const *arguments, size_t count);

// chapters_say, then the document's function of the same name.
struct document_node *chapters_section(struct chapters *c, struct document_node *parent, enum lang_id id,
                                       const char *const *arguments, size_t count);
void chapters_paragraph(struct chapters *c, struct document_node *parent, enum lang_id id,
                        const char *const *arguments, size_t count);
struct document_node *chapters_item(struct chapters *c, struct document_node *list, enum lang_id id,
                                    const char *const *arguments, size_t count);
void chapters_callout(struct chapters *c, struct document_node *parent, enum document_tone tone,
                      enum lang_id id, const char *const *arguments, size_t count);
void chapters_column(struct chapters *c, struct document_node *table, enum lang_id id,
                     enum document_align align);
void chapters_definition(struct chapters *c, struct document_node *definitions, enum lang_id term,
                         const char *text); // no text: no row

// "24×48"
struct number_text chapters_cell_name(const struct cell *cell);

// "95"
struct number_text chapters_confidence(const struct results *results);

// " [381.0, 393.2]" with a space before it, or nothing when there is no interval.
struct number_text chapters_interval(struct estimate estimate, int digits);

// True when both ends are known.
bool chapters_has_interval(struct estimate estimate);

// The usable cells of the best, cold and failed ones and those of a bottlenecked client left out.
bool chapters_cell_usable(const struct cell *cell);

// Which of a level's cells holds its best batch; NULL: none.
const struct cell *chapters_level_best(const struct results *results, const struct workers_row *row);

// A share of a peak means something only where there is a peak.
bool chapters_has_knee(const struct curve *curve);

// Its best batch is the smallest usable one, and smaller ones were cold: nothing below it can be compared.
bool chapters_level_lower_edge(const struct results *results, const struct workers_row *row);

// Every cell of the level failed.
bool chapters_level_failed(const struct results *results, const struct workers_row *row);

bool chapters_any_usable(const struct results *results);

// "5, 10, 15": appends `text` with a comma before it when `out` is not empty; after `most` entries it only
// counts.
struct chapters_list {
  struct buf text;
  size_t count;
};
void chapters_list_add(struct chapters_list *list, const char *text);
const char *chapters_list_text(struct chapters *c, struct chapters_list *list);
void chapters_list_free(struct chapters_list *list);

// The chapters, in the order of the report. Each adds nothing when it has nothing to say.
void chapters_first_screen(struct chapters *c, struct document_node *parent);
void chapters_warnings(struct chapters *c, struct document_node *parent);
void chapters_optima(struct chapters *c, struct document_node *parent);
void chapters_best(struct chapters *c, struct document_node *parent);
void chapters_dependencies(struct chapters *c, struct document_node *parent);
void chapters_curve(struct chapters *c, struct document_node *root);
void chapters_comparison(struct chapters *c, struct document_node *root);
void chapters_pareto(struct chapters *c, struct document_node *root);
void chapters_loads(struct chapters *c, struct document_node *root);
void chapters_matrix(struct chapters *c, struct document_node *parent);
void chapters_levels(struct chapters *c, struct document_node *root);
void chapters_failures(struct chapters *c, struct document_node *root);
void chapters_client(struct chapters *c, struct document_node *root);
void chapters_facts(struct chapters *c, struct document_node *root);

// One sentence each, for the first screen and the terminal.
void chapters_recommendation(struct chapters *c, struct document_node *parent);
void chapters_limits(struct chapters *c, struct document_node *parent);
void chapters_verdict(struct chapters *c, struct document_node *parent);
void chapters_edges(struct chapters *c, struct document_node *parent);
void chapters_optimum(struct chapters *c, struct document_node *parent);

// The table of workers levels, `brief` with fewer columns.
void chapters_optima_table(struct chapters *c, struct document_node *parent, bool brief);

// Figures; the name of the plot added, NULL: none.
const char *chapters_plot_overview(struct chapters *c);
const char *chapters_plot_levels(struct chapters *c);
void chapters_plot_level(struct chapters *c, const struct workers_row *row, const char *name);

#endif
