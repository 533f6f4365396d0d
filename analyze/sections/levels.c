// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/sections.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

struct shape { // which columns this level's table needs beyond the standing ones
  bool intervals, reps, failures, goodput, percentiles;
};

static bool measured(const struct percentiles *times) {
  return isfinite(times->p50.estimate) || isfinite(times->p95.estimate) || isfinite(times->p99.estimate);
}

static struct shape shape_of(const struct results *results, const struct workers_row *row) {
  struct shape shape = {0};
  for (size_t i = 0; i < row->cell_count; i++) {
    const struct cell *cell = &results->cells[row->first_cell + i];
    shape.intervals |= chapters_has_interval(cell->tokens_per_s);
    shape.reps |= cell->reps > 1;
    shape.failures |= cell->failed > 0;
    shape.goodput |= isfinite(cell->goodput.estimate);
    shape.percentiles |= measured(&cell->ttft_s) || measured(&cell->latency_s) || measured(&cell->tpot_s) ||
                         measured(&cell->itl_s);
  }
  return shape;
}

static void marks_of(struct chapters *c, const struct cell *cell, struct chapters_list *marks) {
  static const struct {
    unsigned flag;
    enum lang_id id;
  } rows[] = {{CELL_FAILED, LANG_MARK_FAILED},
              {CELL_COLD, LANG_MARK_COLD},
              {CELL_INVALID_CLIENT, LANG_MARK_INVALID_CLIENT},
              {CELL_PARTIAL_WAVE, LANG_MARK_PARTIAL_WAVE},
              {CELL_UNREPLICATED, LANG_MARK_UNREPLICATED}};
  const struct results *results = c->results;
  enum document_mark rank = chapters_shown_rank(results, cell);
  if (rank == DOCUMENT_BEST)
    chapters_list_add(marks, lang_text(c->lang, results->recommendation.steady ? LANG_MARK_RECOMMENDED
                                                                               : LANG_MARK_LARGEST));
  if (cell->in_best_set && !results->recommendation.steady && results->best.set_count > 1)
    chapters_list_add(marks, lang_text(c->lang, LANG_MARK_EQUAL));
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (cell->flags & rows[i].flag) chapters_list_add(marks, lang_text(c->lang, rows[i].id));
  }
  chapters_limits_mark(c, cell->meets_slo, chapters_limits_cell_certain(results, cell), marks);
  // An interval from a single measurement is borrowed from the other cells, and is labelled so.
  if (cell->pooled_interval && (cell->flags & CELL_UNREPLICATED) && chapters_has_interval(cell->tokens_per_s))
    chapters_list_add(marks, lang_text(c->lang, LANG_MARK_POOLED));
}

static enum document_mark mark_of(const struct results *results, const struct cell *cell) {
  if (cell->flags & CELL_FAILED) return DOCUMENT_BAD;
  if (cell->flags & (CELL_COLD | CELL_INVALID_CLIENT)) return DOCUMENT_MUTED;
  return chapters_shown_rank(results, cell);
}

static void failed_share(const struct cell *cell, struct number_text *out) {
  snprintf(out->text, sizeof out->text, "%" PRId64 "/%" PRId64, cell->failed, cell->requests);
}

static void cell_row(struct chapters *c, struct document_node *table, const struct cell *cell,
                     struct shape shape) {
  enum document_mark mark = mark_of(c->results, cell);
  document_cell(table, number_count(cell->batch).text, mark);
  document_cell(table, number_six(cell->total_s).text, mark);
  document_cell(table, number_six(cell->mean_s).text, mark);
  bool failed = cell->flags & CELL_FAILED; // which is no throughput of nearly zero
  document_cell(table,
                failed ? lang_text(c->lang, LANG_MARK_FAILED) : number_six(cell->tokens_per_s.estimate).text,
                mark);
  document_cell(table, number_six(cell->amount).text, mark);
  if (shape.intervals)
    document_cell(table, number_interval(cell->tokens_per_s.lo, cell->tokens_per_s.hi, 4).text, mark);
  if (shape.reps) document_cell(table, number_count(cell->reps).text, mark);
  if (shape.failures) {
    struct number_text share;
    failed_share(cell, &share);
    document_cell(table, share.text, mark);
  }
  if (shape.goodput) document_cell(table, number_significant(cell->goodput.estimate, 4).text, mark);
  struct chapters_list marks = {0};
  marks_of(c, cell, &marks);
  document_cell(table, chapters_list_text(c, &marks), mark);
  chapters_list_free(&marks);
  document_row_end(table);
}

static void cell_table(struct chapters *c, struct document_node *parent, const struct workers_row *row,
                       const struct chapters_shown *shown, struct shape shape) {
  struct document_node *table = document_table(parent, "");
  chapters_column(c, table, LANG_COLUMN_BATCH, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_TOTAL, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_MEAN, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_RATE, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_TOKENS, DOCUMENT_DECIMAL);
  if (shape.intervals) chapters_column(c, table, LANG_COLUMN_INTERVAL, DOCUMENT_RIGHT);
  if (shape.reps) chapters_column(c, table, LANG_COLUMN_REPS, DOCUMENT_RIGHT);
  if (shape.failures) chapters_column(c, table, LANG_COLUMN_FAILED, DOCUMENT_RIGHT);
  if (shape.goodput) chapters_column(c, table, LANG_COLUMN_GOODPUT, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_MARKS, DOCUMENT_LEFT);
  for (size_t i = 0; i < shown->count; i++) {
    if (shown->is[i]) cell_row(c, table, &c->results->cells[row->first_cell + i], shape);
  }
}

// The batches of the level whose intervals overlap that of its best.
static void best_equals(struct chapters *c, struct document_node *parent, const struct workers_row *row,
                        const struct cell *best) {
  struct chapters_list equals = {0};
  for (size_t i = 0; i < row->cell_count && chapters_has_interval(best->tokens_per_s); i++) {
    const struct cell *cell = &c->results->cells[row->first_cell + i];
    if (cell == best || !chapters_cell_usable(cell) || !chapters_has_interval(cell->tokens_per_s)) continue;
    if (cell->tokens_per_s.hi >= best->tokens_per_s.lo)
      chapters_list_add(&equals, number_count(cell->batch).text);
  }
  struct number_text count = number_count((int64_t)equals.count);
  if (equals.count)
    chapters_paragraph(c, parent, LANG_LEVEL_BEST_EQUALS,
                       LANG_WITH(chapters_list_text(c, &equals), count.text));
  chapters_list_free(&equals);
}

static void best_lines(struct chapters *c, struct document_node *parent, const struct workers_row *row) {
  const struct cell *best = chapters_level_best(c->results, row);
  if (!best) {
    bool failed = chapters_level_failed(c->results, row);
    chapters_paragraph(c, parent, failed ? LANG_LEVEL_FAILED_BATCH : LANG_LEVEL_UNUSABLE_BATCH, LANG_ALONE);
    chapters_paragraph(c, parent, failed ? LANG_LEVEL_FAILED_RATE : LANG_LEVEL_UNUSABLE_RATE, LANG_ALONE);
    return;
  }
  struct number_text batch = number_count(row->best_batch);
  struct number_text rate = number_throughput(row->max_tokens_per_s, best->tokens_per_s.hi);
  struct number_text interval = chapters_interval(best->tokens_per_s, 4);
  enum lang_id id = row->best_is_edge                            ? LANG_LEVEL_BEST_BATCH_EDGE
                    : chapters_level_lower_edge(c->results, row) ? LANG_LEVEL_BEST_BATCH_LOWER
                                                                 : LANG_LEVEL_BEST_BATCH;
  chapters_paragraph(c, parent, id, LANG_WITH(batch.text));
  chapters_paragraph(c, parent, LANG_LEVEL_BEST_RATE, LANG_WITH(rate.text, interval.text));
  best_equals(c, parent, row, best);
}

static void percentile_cell(struct document_node *table, struct estimate value, double scale) {
  document_cell(table,
                number_with_interval(value.estimate * scale, value.lo * scale, value.hi * scale, 3).text,
                DOCUMENT_PLAIN);
}

static void percentile_row(struct chapters *c, struct document_node *table, const struct cell *cell,
                           enum lang_id name, const struct percentiles *times, double scale) {
  if (!measured(times)) return;
  document_cell(table, number_count(cell->batch).text, DOCUMENT_PLAIN);
  document_cell(table, lang_text(c->lang, name), DOCUMENT_PLAIN);
  percentile_cell(table, times->p50, scale);
  percentile_cell(table, times->p95, scale);
  percentile_cell(table, times->p99, scale);
  document_row_end(table);
}

static void percentile_table(struct chapters *c, struct document_node *parent, const struct workers_row *row,
                             const struct chapters_shown *shown) {
  struct document_node *section = chapters_section(c, parent, LANG_TIMES, LANG_ALONE);
  struct document_node *table = document_table(section, "");
  chapters_column(c, table, LANG_COLUMN_BATCH, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_TIME, DOCUMENT_LEFT);
  document_column(table, "p50", DOCUMENT_RIGHT);
  document_column(table, "p95", DOCUMENT_RIGHT);
  document_column(table, "p99", DOCUMENT_RIGHT);
  for (size_t i = 0; i < shown->count; i++) {
    if (!shown->is[i]) continue;
    const struct cell *cell = &c->results->cells[row->first_cell + i];
    percentile_row(c, table, cell, LANG_TIME_TTFT, &cell->ttft_s, 1);
    percentile_row(c, table, cell, LANG_TIME_LATENCY, &cell->latency_s, 1);
    percentile_row(c, table, cell, LANG_TIME_RESPONSE, &cell->response_s, 1);
    percentile_row(c, table, cell, LANG_TIME_TPOT, &cell->tpot_s, 1e3);
    percentile_row(c, table, cell, LANG_TIME_ITL, &cell->itl_s, 1e3);
  }
  bool itl = false;
  for (size_t i = 0; i < row->cell_count; i++)
    itl |= isfinite(c->results->cells[row->first_cell + i].itl_s.p50.estimate);
  chapters_paragraph(c, section, itl ? LANG_TIMES_MEAN_ITL : LANG_TIMES_MEAN,
                     LANG_WITH(chapters_confidence(c->results).text));
}

static bool any_cell_measured(const struct results *results, const struct workers_row *row) {
  for (size_t i = 0; i < row->cell_count; i++) {
    if (isfinite(results->cells[row->first_cell + i].total_s)) return true;
  }
  return false;
}

static void level(struct chapters *c, struct document_node *parent, const struct workers_row *row) {
  struct number_text workers = number_count(row->workers);
  struct document_node *section = chapters_section(c, parent, LANG_LEVEL, LANG_WITH(workers.text));
  document_fold(section);
  struct chapters_shown shown = chapters_shown_cells(c, section, row);
  chapters_shown_say(c, section, LANG_SHOWN_BATCHES, shown.shown, shown.count);
  if (c->plots && any_cell_measured(c->results, row)) {
    char name[64];
    snprintf(name, sizeof name, "performance_metrics_%s", workers.text);
    chapters_plot_level(c, row, &shown, name);
    document_figure(section, name, chapters_say(c, LANG_ALT_LEVEL, LANG_WITH(workers.text)), "");
  }
  struct shape shape = shape_of(c->results, row);
  struct document_node *inner = chapters_section(c, section, LANG_TABLE, LANG_ALONE);
  cell_table(c, inner, row, &shown, shape);
  best_lines(c, inner, row);
  if (shape.percentiles) percentile_table(c, section, row, &shown);
  chapters_shown_free(&shown);
  document_rule(section);
}

void chapters_levels(struct chapters *c, struct document_node *root) {
  const struct results *results = c->results;
  if (results->workers_count == 0) return;
  struct document_node *section = chapters_section(c, root, LANG_DETAILS, LANG_ALONE);
  const char *plot = results->curve.exists ? chapters_plot_levels(c, section) : NULL;
  if (plot)
    document_figure(section, plot, lang_text(c->lang, LANG_ALT_LEVELS),
                    lang_text(c->lang, LANG_CAPTION_LEVELS));
  struct chapters_shown shown = chapters_shown_levels(c, section, CHAPTERS_SECTIONS_MAX, false);
  chapters_shown_say(c, section, LANG_SHOWN_LEVELS, shown.shown, shown.count);
  for (size_t i = 0; i < shown.count; i++) {
    if (shown.is[i]) level(c, section, &results->workers[i]);
  }
  chapters_shown_free(&shown);
}
