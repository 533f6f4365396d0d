// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/sections.h"

#include <math.h>
#include <stdlib.h>

// The columns: distinct batches in ascending order, and on how many levels each was measured.
struct columns {
  int64_t *batches;
  struct chapters_score *scores;
  size_t count;
};

static int ascending(const void *a, const void *b) {
  int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
  return (one > other) - (one < other);
}

static size_t column_of(const struct columns *columns, int64_t batch) {
  const int64_t *at = bsearch(&batch, columns->batches, columns->count, sizeof batch, ascending);
  return at ? (size_t)(at - columns->batches) : columns->count;
}

static void columns_free(struct columns *columns) {
  free(columns->batches);
  free(columns->scores);
  *columns = (struct columns){0};
}

// The best batch and those beside it come before the rest, and so do both ends.
static void columns_rank(const struct results *results, struct columns *columns) {
  enum { RANK_BORDER = 1, RANK_BESIDE, RANK_BEST };
  columns->scores[0].rank = columns->scores[columns->count - 1].rank = RANK_BORDER;
  size_t best[2] = {results->best.cell, results->best.recommended};
  for (size_t k = 0; k < 2 && results->best.exists; k++) {
    size_t at = column_of(columns, results->cells[best[k]].batch), first = at > 0 ? at - 1 : at;
    for (size_t i = first; i <= at + 1 && i < columns->count; i++) {
      int rank = i == at ? RANK_BEST : RANK_BESIDE;
      if (columns->scores[i].rank < rank) columns->scores[i].rank = rank;
    }
  }
}

static struct columns columns_of(const struct results *results, struct document_node *parent) {
  struct columns columns = {.batches = calloc(results->cell_count + 1, sizeof(int64_t)),
                            .scores = calloc(results->cell_count + 1, sizeof(struct chapters_score))};
  if (!columns.batches || !columns.scores) {
    if (parent) parent->document->status = STATUS_MEMORY;
    columns_free(&columns);
    return columns;
  }
  for (size_t i = 0; i < results->cell_count; i++)
    columns.batches[i] = results->cells[i].batch;
  qsort(columns.batches, results->cell_count, sizeof(int64_t), ascending);
  for (size_t i = 0; i < results->cell_count; i++) {
    if (columns.count == 0 || columns.batches[columns.count - 1] < columns.batches[i])
      columns.batches[columns.count++] = columns.batches[i];
    columns.scores[columns.count - 1].value += 1; // each level has a batch once
  }
  if (columns.count > 0) columns_rank(results, &columns);
  return columns;
}

static enum document_mark mark_of(const struct results *results, const struct cell *cell) {
  if (cell->flags & CELL_FAILED) return DOCUMENT_BAD;
  if (!chapters_cell_usable(cell)) return DOCUMENT_MUTED;
  return chapters_shown_rank(results, cell);
}

// Among the usable cells; 0: there is none.
static double largest_of(const struct results *results) {
  double largest = 0;
  for (size_t i = 0; i < results->cell_count; i++) {
    const struct cell *cell = &results->cells[i];
    if (chapters_cell_usable(cell)) largest = fmax(largest, cell->tokens_per_s.estimate);
  }
  return largest;
}

static void put(struct chapters *c, struct document_node *table, const struct cell *cell, double largest) {
  const struct best *best = &c->results->best;
  enum document_mark mark = mark_of(c->results, cell);
  if (mark == DOCUMENT_BAD) {
    document_cell(table, lang_text(c->lang, LANG_MARK_FAILED), mark);
    return;
  }
  struct buf text = {0};
  bool strong = mark == DOCUMENT_BEST || mark == DOCUMENT_EQUAL, bracket = mark == DOCUMENT_MUTED;
  bool star = c->results->recommendation.state == RECOMMENDATION_SHOWN &&
              cell == &c->results->cells[best->recommended];
  buf_printf(&text, "%s%s%s%s%s%s%s", bracket ? "(" : "", strong ? DOCUMENT_STRONG : "",
             number_significant(cell->tokens_per_s.estimate, 4).text, strong ? DOCUMENT_STRONG : "",
             cell->flags & CELL_PARTIAL_WAVE ? "\u2020" : "", star ? "\u2605" : "", bracket ? ")" : "");
  document_cell(table, buf_text(&text), mark);
  if (chapters_cell_usable(cell)) document_cell_shade(table, cell->tokens_per_s.estimate / largest);
  buf_free(&text);
}

static void matrix_row(struct chapters *c, struct document_node *table, const struct workers_row *row,
                       const struct columns *columns, const struct chapters_shown *shown, double largest) {
  const struct results *results = c->results;
  document_cell(table, number_count(row->workers).text, DOCUMENT_PLAIN);
  for (size_t b = 0; b < shown->count; b++) {
    if (!shown->is[b]) continue;
    size_t index = results_find(results, row->workers, columns->batches[b]);
    if (index == SIZE_MAX) {
      document_cell(table, "", DOCUMENT_PLAIN);
    } else {
      put(c, table, &results->cells[index], largest);
    }
  }
  document_row_end(table);
}

// A part of a table whose fields are mostly empty helps nobody; the levels' own tables have them.
static bool helps(const struct results *results, const struct columns *columns,
                  const struct chapters_shown *rows, const struct chapters_shown *shown) {
  if (rows->shown == rows->count && shown->shown == shown->count) return true;
  size_t filled = 0;
  for (size_t w = 0; w < rows->count; w++) {
    for (size_t b = 0; rows->is[w] && b < shown->count; b++)
      filled +=
          shown->is[b] && results_find(results, results->workers[w].workers, columns->batches[b]) != SIZE_MAX;
  }
  return 2 * filled >= rows->shown * shown->shown;
}

static void matrix(struct chapters *c, struct document_node *parent, const struct columns *columns,
                   const struct chapters_shown *rows, const struct chapters_shown *shown) {
  const struct results *results = c->results;
  struct document_node *section = chapters_section(c, parent, LANG_MATRIX, LANG_ALONE);
  struct document_node *table = document_table(section, "");
  chapters_column(c, table, LANG_COLUMN_WORKERS_BY_BATCH, DOCUMENT_RIGHT);
  for (size_t b = 0; b < shown->count; b++) {
    if (shown->is[b]) document_column(table, number_count(columns->batches[b]).text, DOCUMENT_RIGHT);
  }
  double largest = largest_of(results);
  for (size_t w = 0; w < rows->count; w++) {
    if (rows->is[w]) matrix_row(c, table, &results->workers[w], columns, shown, largest);
  }
  if (rows->shown < rows->count || shown->shown < shown->count)
    chapters_paragraph(
        c, section, LANG_SHOWN_MATRIX,
        LANG_WITH(number_count((int64_t)rows->shown).text, number_count((int64_t)rows->count).text,
                  number_count((int64_t)shown->shown).text, number_count((int64_t)shown->count).text));
  chapters_paragraph(
      c, section, results->recommendation.steady ? LANG_MATRIX_MEANS_STEADY : LANG_MATRIX_MEANS, LANG_ALONE);
}

void chapters_matrix(struct chapters *c, struct document_node *parent) {
  struct columns columns = columns_of(c->results, parent);
  struct chapters_shown rows = chapters_shown_levels(c, parent, CHAPTERS_SECTIONS_MAX, false);
  struct chapters_shown shown =
      chapters_shown_of(parent, columns.scores, columns.count, CHAPTERS_COLUMNS_MAX);
  if (columns.batches && rows.count >= 2 && shown.count >= 2 && helps(c->results, &columns, &rows, &shown))
    matrix(c, parent, &columns, &rows, &shown);
  chapters_shown_free(&rows);
  chapters_shown_free(&shown);
  columns_free(&columns);
}
