// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/chapters_comparison.h"

#include <math.h>
#include <string.h>

static const char *verdict_word(struct chapters *c, const char *verdict) {
  static const struct {
    const char *verdict;
    enum lang_id id;
  } words[] = {{"faster", LANG_VERDICT_FASTER},
               {"slower", LANG_VERDICT_SLOWER},
               {"same", LANG_VERDICT_SAME},
               {"undecided", LANG_VERDICT_UNDECIDED},
               {"failed", LANG_VERDICT_FAILED}};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (verdict && strcmp(words[i].verdict, verdict) == 0) return lang_text(c->lang, words[i].id);
  }
  return NUMBER_UNKNOWN;
}

static enum document_mark verdict_mark(const char *verdict) {
  if (!verdict) return DOCUMENT_PLAIN;
  if (strcmp(verdict, "slower") == 0 || strcmp(verdict, "failed") == 0) return DOCUMENT_BAD;
  return strcmp(verdict, "faster") == 0 ? DOCUMENT_EQUAL : DOCUMENT_PLAIN;
}

// "1.04 [1.01, 1.07]", or a dash.
static struct number_text ratio_text(struct estimate ratio) {
  return number_with_interval(ratio.estimate, ratio.lo, ratio.hi, 3);
}

// One sentence for the first screen.
void chapters_verdict(struct chapters *c, struct document_node *parent) {
  const struct comparison *comparison = &c->results->comparison;
  if (!comparison->baseline) return;
  enum document_tone tone = comparison->regressed ? DOCUMENT_WARNING : DOCUMENT_NOTE;
  const char *word = verdict_word(c, comparison->verdict);
  chapters_callout(c, parent, tone, isfinite(comparison->ratio.estimate) ? LANG_COMPARED : LANG_COMPARED_BARE,
                   LANG_WITH(comparison->baseline, ratio_text(comparison->ratio).text, word,
                             number_percent(comparison->margin).text));
  if (comparison->regressed && isfinite(comparison->max_regression))
    chapters_callout(c, parent, tone, LANG_REGRESSED,
                     LANG_WITH(number_percent(comparison->max_regression).text));
  if (comparison->replicates_needed > 0)
    chapters_callout(c, parent, tone, LANG_REPLICATES_NEEDED,
                     LANG_WITH(number_count(comparison->replicates_needed).text));
}

static void cells(struct chapters *c, struct document_node *parent) {
  const struct comparison *comparison = &c->results->comparison;
  struct document_node *table = document_table(parent, "");
  chapters_column(c, table, LANG_COLUMN_WORKERS, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_BATCH, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_RATIO, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_VERDICT, DOCUMENT_LEFT);
  chapters_column(c, table, LANG_COLUMN_REPLICATES_NEEDED, DOCUMENT_RIGHT);
  for (size_t i = 0; i < comparison->cell_count; i++) {
    const struct comparison_cell *cell = &comparison->cells[i];
    enum document_mark mark = verdict_mark(cell->verdict);
    document_cell(table, number_count(cell->workers).text, mark);
    document_cell(table, number_count(cell->batch).text, mark);
    document_cell(table, ratio_text(cell->ratio).text, mark);
    document_cell(table, verdict_word(c, cell->verdict), mark);
    document_cell(table, cell->replicates_needed > 0 ? number_count(cell->replicates_needed).text : "", mark);
    document_row_end(table);
  }
}

static void comparison(struct chapters *c, struct document_node *root) {
  const struct comparison *comparison = &c->results->comparison;
  if (!comparison->baseline) return;
  struct document_node *section = chapters_section(c, root, LANG_COMPARISON, LANG_ALONE);
  struct document_node *list = document_list(section, false);
  chapters_item(c, list, LANG_COMPARED_ALL,
                LANG_WITH(ratio_text(comparison->ratio).text, verdict_word(c, comparison->verdict)));
  chapters_item(c, list, comparison->by_blocks ? LANG_COMPARED_BY_BLOCKS : LANG_COMPARED_BY_CELLS,
                LANG_ALONE);
  chapters_item(c, list, LANG_COMPARED_MARGIN, LANG_WITH(number_percent(comparison->margin).text));
  if (comparison->cell_count > 0) cells(c, section);
}

static void assertions(struct chapters *c, struct document_node *root) {
  const struct results *results = c->results;
  if (results->assertion_count == 0) return;
  struct document_node *section = chapters_section(c, root, LANG_ASSERTIONS, LANG_ALONE);
  struct document_node *table = document_table(section, "");
  chapters_column(c, table, LANG_COLUMN_ASSERTION, DOCUMENT_LEFT);
  chapters_column(c, table, LANG_COLUMN_VALUE, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_VERDICT, DOCUMENT_LEFT);
  for (size_t i = 0; i < results->assertion_count; i++) {
    const struct assertion *assertion = &results->assertions[i];
    enum document_mark mark = assertion->passed ? DOCUMENT_PLAIN : DOCUMENT_BAD;
    document_cell(table, assertion->expression ? assertion->expression : NUMBER_UNKNOWN, mark);
    document_cell(table, number_six(assertion->value).text, mark);
    document_cell(table, lang_text(c->lang, assertion->passed ? LANG_HOLDS : LANG_HOLDS_NOT), mark);
    document_row_end(table);
  }
}

void chapters_comparison(struct chapters *c, struct document_node *root) {
  comparison(c, root);
  assertions(c, root);
}
