// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which part of a long sweep the tables and pictures of a report show, so that it stays readable: what the
// reader came for first (the best and what lies beside it, cliffs, both ends), then what measured highest.
// A sentence always names what is left out, and where it is whole.
#ifndef ANALYZE_CHAPTERS_SHOWN_H
#define ANALYZE_CHAPTERS_SHOWN_H

#include "analyze/sections/parts.h"

enum {
  CHAPTERS_SECTIONS_MAX = 40, // levels with a section and a picture of their own
  CHAPTERS_LEVELS_MAX = 100,  // rows of a table of levels
  CHAPTERS_LINES_MAX = 24,    // in one picture
  CHAPTERS_BATCHES_MAX = 40,  // of one level
  CHAPTERS_COLUMNS_MAX = 20,  // of the table of all cells
  CHAPTERS_ROWS_MAX = 200,    // of any other table
  CHAPTERS_POINTS_MAX = 1000, // of one kind in a picture
  CHAPTERS_STEPS_MAX = 30,    // sentences of one kind
  CHAPTERS_SEGMENTS_MAX = 12  // inputs with facts of their own
};

// What decides: the higher rank, then the higher value (NaN is the lowest), then who comes first. Of a rank
// below zero nothing is shown.
struct chapters_score {
  int rank;
  double value;
};

// All zero is an empty selection.
struct chapters_shown {
  bool *is; // of `count`
  size_t count, shown;
};

// At most `most` of `count`. Sets the document's status when there is no memory; nothing is shown then.
struct chapters_shown chapters_shown_of(struct document_node *parent, const struct chapters_score *scores,
                                        size_t count, size_t most);

// Of results.workers, by index; `usable`: only of the usable ones.
struct chapters_shown chapters_shown_levels(struct chapters *c, struct document_node *parent, size_t most,
                                            bool usable);

// Of one level's cells, by index from row->first_cell.
struct chapters_shown chapters_shown_cells(struct chapters *c, struct document_node *parent,
                                           const struct workers_row *row);

// The cell that stands for a level (results_level_cell); NULL: none is usable.
const struct cell *chapters_shown_level(const struct results *results, const struct workers_row *row);

// How a cell stands to the answer. Where levels are compared by their steady throughput: DOCUMENT_BEST is the
// recommended one. Else it is the highest, and DOCUMENT_EQUAL what is not shown to differ from it.
enum document_mark chapters_shown_rank(const struct results *results, const struct cell *cell);

// Which of `count` things in a row stands at place `k` of `shown`, evenly spread with both ends among them.
size_t chapters_shown_spread(size_t k, size_t shown, size_t count);

void chapters_shown_free(struct chapters_shown *shown); // takes an empty one

// Says that only `shown` of `count` are shown, when that is so, by a sentence that takes both numbers.
void chapters_shown_say(struct chapters *c, struct document_node *parent, enum lang_id id, size_t shown,
                        size_t count);

#endif
