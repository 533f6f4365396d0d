// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/chapters_matrix.h"

#include <math.h>

enum { BATCHES_MOST = 20 };

// Distinct batches in ascending order; more than BATCHES_MOST: 0, as such a table helps nobody.
static size_t batches_of(const struct results *results, int64_t *batches) {
  size_t count = 0;
  for (size_t i = 0; i < results->cell_count; i++) {
    int64_t batch = results->cells[i].batch;
    size_t at = 0;
    while (at < count && batches[at] < batch)
      at++;
    if (at < count && batches[at] == batch) continue;
    if (count == BATCHES_MOST) return 0;
    for (size_t j = count++; j > at; j--)
      batches[j] = batches[j - 1];
    batches[at] = batch;
  }
  return count;
}

static enum document_mark mark_of(const struct results *results, const struct cell *cell) {
  if (cell->flags & CELL_FAILED) return DOCUMENT_BAD;
  if (!chapters_cell_usable(cell)) return DOCUMENT_MUTED;
  if (results->best.exists && cell == &results->cells[results->best.cell]) return DOCUMENT_BEST;
  return cell->in_best_set ? DOCUMENT_EQUAL : DOCUMENT_PLAIN;
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
  bool star = best->exists && best->set_count > 0 && cell == &c->results->cells[best->recommended];
  buf_printf(&text, "%s%s%s%s%s%s%s", bracket ? "(" : "", strong ? DOCUMENT_STRONG : "",
             number_significant(cell->tokens_per_s.estimate, 4).text, strong ? DOCUMENT_STRONG : "",
             cell->flags & CELL_PARTIAL_WAVE ? "\u2020" : "", star ? "\u2605" : "", bracket ? ")" : "");
  document_cell(table, buf_text(&text), mark);
  if (chapters_cell_usable(cell)) document_cell_shade(table, cell->tokens_per_s.estimate / largest);
  buf_free(&text);
}

void chapters_matrix(struct chapters *c, struct document_node *parent) {
  const struct results *results = c->results;
  int64_t batches[BATCHES_MOST];
  size_t count = batches_of(results, batches);
  double largest = largest_of(results);
  if (results->workers_count < 2 || count < 2) return;
  struct document_node *section = chapters_section(c, parent, LANG_MATRIX, LANG_ALONE);
  struct document_node *table = document_table(section, "");
  chapters_column(c, table, LANG_COLUMN_WORKERS_BY_BATCH, DOCUMENT_RIGHT);
  for (size_t b = 0; b < count; b++)
    document_column(table, number_count(batches[b]).text, DOCUMENT_RIGHT);
  for (size_t w = 0; w < results->workers_count; w++) {
    document_cell(table, number_count(results->workers[w].workers).text, DOCUMENT_PLAIN);
    for (size_t b = 0; b < count; b++) {
      size_t index = results_find(results, results->workers[w].workers, batches[b]);
      if (index == SIZE_MAX) {
        document_cell(table, "", DOCUMENT_PLAIN);
      } else {
        put(c, table, &results->cells[index], largest);
      }
    }
    document_row_end(table);
  }
  chapters_paragraph(c, section, LANG_MATRIX_MEANS, LANG_ALONE);
}
