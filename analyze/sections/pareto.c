// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/sections.h"

#include <math.h>
#include <stdlib.h>

static double latency_of(const struct cell *cell) {
  return cell->latency_s.p95.estimate;
}

static bool has_place(const struct cell *cell) {
  return chapters_cell_usable(cell) && isfinite(latency_of(cell)) && latency_of(cell) > 0;
}

struct place {
  const struct cell *cell;
  bool front; // no other beats it in both
  bool drawn;
};

// The fastest first; of those the one with more throughput.
static int by_latency(const void *a, const void *b) {
  const struct cell *one = ((const struct place *)a)->cell, *other = ((const struct place *)b)->cell;
  if (latency_of(one) != latency_of(other)) return latency_of(one) < latency_of(other) ? -1 : 1;
  double difference = other->tokens_per_s.estimate - one->tokens_per_s.estimate;
  return (difference > 0) - (difference < 0);
}

struct front {
  struct place *places;   // of all cells with both figures, by latency
  size_t count, measured; // of the front; of all
  bool goodput, limits;
};

// A cell is on the front when every faster one has less throughput, and none that is as fast has more.
static void front_find(const struct results *results, struct front *front) {
  front->places = calloc(results->cell_count + 1, sizeof *front->places);
  for (size_t i = 0; front->places && i < results->cell_count; i++) {
    const struct cell *cell = &results->cells[i];
    if (!has_place(cell)) continue;
    front->places[front->measured++].cell = cell;
    front->goodput |= isfinite(cell->goodput.estimate);
    front->limits |= cell->meets_slo != CELL_SLO_UNKNOWN;
  }
  if (front->measured > 0) qsort(front->places, front->measured, sizeof *front->places, by_latency);
  const struct cell *last = NULL; // on the front
  for (size_t i = 0; i < front->measured; i++) {
    struct place *place = &front->places[i];
    double rate = place->cell->tokens_per_s.estimate;
    bool twin = last && rate == last->tokens_per_s.estimate && latency_of(place->cell) == latency_of(last);
    place->front = !last || rate > last->tokens_per_s.estimate || twin;
    if (!place->front) continue;
    last = place->cell;
    front->count++;
  }
}

// The front's cell at place `k` of its table.
static const struct cell *front_cell(const struct front *front, size_t k) {
  size_t i = 0;
  for (;; i++) {
    if (front->places[i].front && k-- == 0) break;
  }
  return front->places[i].cell;
}

// Crosses over those that miss a limit for certain, whether on the front or not.
static void draw_missed(struct chapters *c, const struct front *front, struct plot *plot) {
  struct plot_series *missed = NULL;
  for (size_t i = 0; i < front->measured; i++) {
    const struct cell *cell = front->places[i].cell;
    if (!front->places[i].drawn || cell->meets_slo != CELL_SLO_MISSED || !cell->slo_certain) continue;
    if (!missed)
      missed = plot_series_add(plot, PLOT_POINTS, PLOT_RED, lang_text(c->lang, LANG_MARK_SLO_MISSED));
    plot_cell_add(missed, latency_of(cell), cell->tokens_per_s.estimate, chapters_cell_name(cell).text);
  }
}

// The limits on latency. One far beyond every cell would press them together; the words have it all the
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

// Those that some other beats.
static void draw_others(struct chapters *c, struct document_node *parent, struct front *front,
                        struct plot_series *series) {
  struct chapters_score *scores = calloc(front->measured + 1, sizeof *scores);
  for (size_t i = 0; scores && i < front->measured; i++)
    scores[i] = (struct chapters_score){front->places[i].front ? -1 : 0,
                                        front->places[i].cell->tokens_per_s.estimate};
  struct chapters_shown shown = {0};
  if (scores) shown = chapters_shown_of(parent, scores, front->measured, CHAPTERS_POINTS_MAX);
  for (size_t i = 0; i < shown.count; i++) {
    const struct cell *cell = front->places[i].cell;
    front->places[i].drawn = shown.is[i] || front->places[i].front;
    if (shown.is[i])
      plot_cell_add(series, latency_of(cell), cell->tokens_per_s.estimate, chapters_cell_name(cell).text);
  }
  chapters_shown_say(c, parent, LANG_SHOWN_OFF_FRONT, shown.shown, front->measured - front->count);
  chapters_shown_free(&shown);
  free(scores);
}

static void draw(struct chapters *c, struct document_node *parent, struct front *front) {
  struct plot *plot = plot_add(c->plots, "pareto");
  if (!plot) return;
  plot_text(plot, &plot->title, lang_text(c->lang, LANG_PLOT_PARETO_TITLE));
  plot_text(plot, &plot->x_label, lang_text(c->lang, LANG_COLUMN_LATENCY_P95));
  plot_text(plot, &plot->y_label, chapters_say(c, LANG_AXIS_RATE, LANG_ALONE));
  struct plot_series *others =
      plot_series_add(plot, PLOT_POINTS, PLOT_GREY, lang_text(c->lang, LANG_PLOT_OTHER_CELLS));
  if (others) others->hollow = true;
  draw_others(c, parent, front, others);
  draw_missed(c, front, plot);
  struct plot_series *line =
      plot_series_add(plot, PLOT_LINE_POINTS, PLOT_BLUE, lang_text(c->lang, LANG_PLOT_FRONT));
  if (line) line->named = true;
  for (size_t i = 0; i < front->measured; i++) {
    const struct cell *cell = front->places[i].cell;
    if (front->places[i].front)
      plot_cell_add(line, latency_of(cell), cell->tokens_per_s.estimate, chapters_cell_name(cell).text);
  }
  draw_limits(c, plot, latency_of(front_cell(front, front->count - 1)));
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
  size_t shown = front->count < CHAPTERS_ROWS_MAX ? front->count : CHAPTERS_ROWS_MAX;
  for (size_t k = 0; k < shown; k++) {
    const struct cell *cell = front_cell(front, chapters_shown_spread(k, shown, front->count));
    struct estimate p50 = cell->latency_s.p50, p95 = cell->latency_s.p95;
    enum document_mark mark = chapters_shown_rank(c->results, cell);
    document_cell(table, number_count(cell->workers).text, mark);
    document_cell(table, number_count(cell->batch).text, mark);
    document_cell(table, number_six(cell->tokens_per_s.estimate).text, mark);
    document_cell(table, number_with_interval(p50.estimate, p50.lo, p50.hi, 3).text, mark);
    document_cell(table, number_with_interval(p95.estimate, p95.lo, p95.hi, 3).text, mark);
    if (front->goodput) document_cell(table, number_significant(cell->goodput.estimate, 4).text, mark);
    if (front->limits) document_cell(table, chapters_limits_word(c, cell), mark);
    document_row_end(table);
  }
  chapters_shown_say(c, parent, LANG_SHOWN_SPREAD, shown, front->count);
}

void chapters_pareto(struct chapters *c, struct document_node *root) {
  struct front front = {0};
  front_find(c->results, &front);
  if (front.measured >= 3 && front.count > 0) {
    struct document_node *section = chapters_section(c, root, LANG_PARETO, LANG_ALONE);
    chapters_paragraph(c, section, LANG_PARETO_MEANS, LANG_ALONE);
    if (c->plots) {
      draw(c, section, &front);
      struct number_text lo = number_significant(front_cell(&front, 0)->tokens_per_s.estimate, 4);
      struct number_text hi =
          number_significant(front_cell(&front, front.count - 1)->tokens_per_s.estimate, 4);
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
