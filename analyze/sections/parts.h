// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the chapters share: one context, short ways to put a sentence into the document, and what a cell or a
// level is.
#ifndef ANALYZE_CHAPTERS_PARTS_H
#define ANALYZE_CHAPTERS_PARTS_H

#include "analyze/report/document.h"
#include "analyze/report/lang.h"
#include "analyze/report/number.h"
#include "analyze/report/plot.h"
#include "analyze/results/results.h"

struct chapters {
  const struct results *results;
  enum lang lang;
  struct plot_set *plots; // NULL: no figures
  struct buf line;        // the sentence being made
};

// Appends the filled template, with the unit of the results.
void chapters_format(const struct chapters *c, struct buf *out, enum lang_id id, const char *const *arguments,
                     size_t count);

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
void chapters_definition_code(struct chapters *c, struct document_node *definitions, enum lang_id term,
                              const char *text); // set as code: addresses, commands, file names

// A terminal's table ends after so many rows, with the number of those left.
enum { CHAPTERS_BRIEF_ROWS = 60 };
void chapters_rows_left(struct chapters *c, struct document_node *parent, size_t rows);

// "24×48"
struct number_text chapters_cell_name(const struct cell *cell);

// "95"
struct number_text chapters_confidence(const struct results *results);

// " [381.0, 393.2]" with a space before it, or nothing when there is no interval.
struct number_text chapters_interval(struct estimate estimate, int digits);

// "4.62 ms", "1.23 s": three significant digits, milliseconds below a second; a dash for NaN.
struct number_text chapters_duration(const struct chapters *c, double seconds);

// A limit as it was given: "50 ms", no digits beyond its own.
struct number_text chapters_duration_limit(const struct chapters *c, double seconds);

// Two of them, "4.62 / 8.1 ms"; each has its unit where the units differ.
struct number_text chapters_durations(const struct chapters *c, double first_s, double second_s);

// "2.11 [1.97, 2.22] ms": in the unit of the estimate; an end that is not known is open.
struct number_text chapters_duration_interval(const struct chapters *c, struct estimate seconds);

// How many answers were not streamed, where any was: it makes their time to first token their latency. Once
// in a report: beside the verdict where a limit is on that time, else where the times are shown.
void chapters_one_piece(struct chapters *c, struct document_node *parent, bool beside_verdict);

// "= 0.012" or "< 0.001"
struct number_text chapters_p(double p);

// True when both ends are known.
bool chapters_has_interval(struct estimate estimate);

// The usable cells of the best, cold and failed ones and those of a bottlenecked client left out.
bool chapters_cell_usable(const struct cell *cell);

// Which of a level's cells holds its best batch; NULL: none.
const struct cell *chapters_level_best(const struct results *results, const struct workers_row *row);

// Its best batch is the smallest usable one, and smaller ones were cold: nothing below it can be compared.
bool chapters_level_lower_edge(const struct results *results, const struct workers_row *row);

// Every cell of the level failed.
bool chapters_level_failed(const struct results *results, const struct workers_row *row);

// Every cell of the hole failed in more than one run.
bool chapters_hole_again(const struct results *results, const struct workers_row *row);

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

#endif
