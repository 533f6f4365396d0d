// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/chapters_pareto.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/chapters_limits.h"

static double latency_of(const struct cell *cell) {
  return cell->latency_s.p95.estimate;
}

static bool has_place(const struct cell *cell) {
  return chapters_cell_usable(cell) && isfinite(latency_of(cell)) && latency_of(cell) > 0;
}

static bool beats(const struct cell *one, const struct cell *other) {
  double rate = one->tokens_per_s.estimate - other->tokens_per_s.estimate;
  double latency = latency_of(one) - latency_of(other);
  return rate >= 0 && latency <= 0 && (rate > 0 || latency < 0);
}

static bool on_front(const struct results *results, const struct cell *cell) {
  for (size_t i = 0; i < results->cell_count; i++) {
    if (has_place(&results->cells[i]) && beats(&results->cells[i], cell)) return false;
  }
  return true;
}

struct place {
  const struct cell *cell;
};

static int by_latency(const void *a, const void *b) {
  const struct place *one = a, *other = b;
  double difference = latency_of(one->cell) - latency_of(other->cell);
  return (difference > 0) - (difference < 0);
}

struct front {
  struct place *places;   // by latency, so also by throughput
  size_t count, measured; // of the front; of all cells with both figures
  bool goodput, limits;
};

static void front_find(const struct results *results, struct front *front) {
  front->places = calloc(results->cell_count + 1, sizeof *front->places);
  for (size_t i = 0; front->places && i < results->cell_count; i++) {
    const struct cell *cell = &results->cells[i];
    if (!has_place(cell)) continue;
    front->measured++;
    front->goodput |= isfinite(cell->goodput.estimate);
    front->limits |= cell->meets_slo != CELL_SLO_UNKNOWN;
    if (on_front(results, cell)) front->places[front->count++].cell = cell;
  }
  if (front->places) qsort(front->places, front->count, sizeof *front->places, by_latency);
}

// Crosses over those that miss a limit, whether on the front or not.
static void draw_missed(struct chapters *c, struct plot *plot) {
  const struct results *results = c->results;
  struct plot_series *missed = NULL;
  for (size_t i = 0; i < results->cell_count; i++) {
    const struct cell *cell = &results->cells[i];
    if (!has_place(cell) || cell->meets_slo != CELL_SLO_MISSED) continue;
    if (!missed)
      missed = plot_series_add(plot, PLOT_POINTS, PLOT_RED, lang_text(c->lang, LANG_MARK_SLO_MISSED));
    plot_cell_add(missed, latency_of(cell), cell->tokens_per_s.estimate, chapters_cell_name(cell).text);
  }
}

// The limits on latency. One far beyond every cell would press them together; the words tell of it all the
// same.
static void draw_limits(struct chapters *c, struct plot *plot, double slowest_s) {
  const struct results *results = c->results;
  for (size_t i = 0; i < results->limit_count; i++) {
    const struct limit *limit = &results->limits[i];
    if (limit->time != RESULTS_LATENCY || limit->percentile == 50 || limit->percentile == 99) continue;
    if (limit->limit_s > 2 * slowest_s) continue;
    struct buf words = {0};
    chapters_limits_name(c, limit, &words);
    plot_mark_add(plot, limit->limit_s, limit->limit_s, PLOT_RED, buf_text(&words));
    buf_free(&words);
  }
}

static void draw(struct chapters *c, const struct front *front) {
  const struct results *results = c->results;
  struct plot *plot = plot_add(c->plots, "pareto");
  if (!plot) return;
  plot_text(plot, &plot->title, lang_text(c->lang, LANG_PLOT_PARETO_TITLE));
  plot_text(plot, &plot->x_label, lang_text(c->lang, LANG_COLUMN_LATENCY_P95));
  plot_text(plot, &plot->y_label, lang_text(c->lang, LANG_AXIS_RATE));
  struct plot_series *others =
      plot_series_add(plot, PLOT_POINTS, PLOT_GREY, lang_text(c->lang, LANG_PLOT_OTHER_CELLS));
  if (others) others->hollow = true;
  for (size_t i = 0; i < results->cell_count; i++) {
    const struct cell *cell = &results->cells[i];
    if (has_place(cell) && !on_front(results, cell))
      plot_cell_add(others, latency_of(cell), cell->tokens_per_s.estimate, chapters_cell_name(cell).text);
  }
  draw_missed(c, plot);
  struct plot_series *line =
      plot_series_add(plot, PLOT_LINE_POINTS, PLOT_BLUE, lang_text(c->lang, LANG_PLOT_FRONT));
  if (line) line->named = true;
  for (size_t i = 0; i < front->count; i++) {
    const struct cell *cell = front->places[i].cell;
    plot_cell_add(line, latency_of(cell), cell->tokens_per_s.estimate, chapters_cell_name(cell).text);
  }
  draw_limits(c, plot, latency_of(front->places[front->count - 1].cell));
}

static void front_table(struct chapters *c, struct document_node *parent, const struct front *front) {
  struct document_node *table = document_table(parent, "");
  chapters_column(c, table, LANG_COLUMN_WORKERS, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_BATCH, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_RATE, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_LATENCY_P50, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_LATENCY_P95, DOCUMENT_RIGHT);
  if (front->goodput) chapters_column(c, table, LANG_COLUMN_GOODPUT, DOCUMENT_DECIMAL);
  if (front->limits) chapters_column(c, table, LANG_COLUMN_LIMITS, DOCUMENT_LEFT);
  for (size_t i = 0; i < front->count; i++) {
    const struct cell *cell = front->places[i].cell;
    struct estimate p50 = cell->latency_s.p50, p95 = cell->latency_s.p95;
    enum document_mark mark = cell->in_best_set ? DOCUMENT_EQUAL : DOCUMENT_PLAIN;
    document_cell(table, number_count(cell->workers).text, mark);
    document_cell(table, number_count(cell->batch).text, mark);
    document_cell(table, number_six(cell->tokens_per_s.estimate).text, mark);
    document_cell(table, number_with_interval(p50.estimate, p50.lo, p50.hi, 3).text, mark);
    document_cell(table, number_with_interval(p95.estimate, p95.lo, p95.hi, 3).text, mark);
    if (front->goodput) document_cell(table, number_significant(cell->goodput.estimate, 4).text, mark);
    if (front->limits) document_cell(table, chapters_limits_word(c, cell), mark);
    document_row_end(table);
  }
}

void chapters_pareto(struct chapters *c, struct document_node *root) {
  struct front front = {0};
  front_find(c->results, &front);
  if (front.measured >= 3 && front.count > 0) {
    struct document_node *section = chapters_section(c, root, LANG_PARETO, LANG_ALONE);
    chapters_paragraph(c, section, LANG_PARETO_MEANS, LANG_ALONE);
    if (c->plots) {
      draw(c, &front);
      struct number_text lo = number_significant(front.places[0].cell->tokens_per_s.estimate, 4);
      struct number_text hi =
          number_significant(front.places[front.count - 1].cell->tokens_per_s.estimate, 4);
      document_figure(section, "pareto",
                      chapters_say(c, front.count == 1 ? LANG_ALT_PARETO_ONE : LANG_ALT_PARETO,
                                   LANG_WITH(number_count((int64_t)front.measured).text,
                                             number_count((int64_t)front.count).text, lo.text, hi.text)),
                      lang_text(c->lang, LANG_CAPTION_PARETO));
    }
    front_table(c, section, &front);
  }
  if (!front.places && root) root->document->status = STATUS_MEMORY;
  free(front.places);
}
