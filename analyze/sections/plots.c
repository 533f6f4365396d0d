// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/sections.h"

#include <math.h>

static void texts(struct chapters *c, struct plot *plot, enum lang_id x, enum lang_id y) {
  if (!plot) return;
  plot_text(plot, &plot->x_label, chapters_say(c, x, LANG_ALONE));
  plot_text(plot, &plot->y_label, chapters_say(c, y, LANG_ALONE));
}

// Batches grow by doubling at first and by steps later: where they span a factor of 16 a linear axis would
// press the small ones together.
static bool spans(double least, double most) {
  return least > 0 && most >= 16 * least;
}

static void rate_series(struct chapters *c, struct plot *plot, const struct workers_row *row,
                        const struct chapters_shown *shown) {
  const struct results *results = c->results;
  struct plot_series *rate =
      plot_series_add(plot, PLOT_LINE_POINTS, PLOT_BLUE, chapters_say(c, LANG_PLOT_RATE, LANG_ALONE));
  struct plot_series *cold = NULL, *failed = NULL;
  for (size_t i = 0; i < shown->count; i++) {
    if (!shown->is[i]) continue;
    const struct cell *cell = &results->cells[row->first_cell + i];
    struct estimate value = cell->tokens_per_s;
    if (cell->flags & CELL_FAILED) {
      if (!failed) {
        failed = plot_series_add(plot, PLOT_POINTS, PLOT_RED, lang_text(c->lang, LANG_PLOT_FAILED));
        if (failed) failed->bare = true;
      }
      plot_point_add(failed, (double)cell->batch, 0, NAN, NAN);
    } else if (cell->flags & (CELL_COLD | CELL_INVALID_CLIENT)) {
      if (!cold) {
        cold = plot_series_add(
            plot, PLOT_POINTS, PLOT_BLUE,
            lang_text(c->lang, cell->flags & CELL_COLD ? LANG_PLOT_COLD : LANG_PLOT_LEFT_OUT));
        if (cold) cold->hollow = true;
      }
      plot_point_add(cold, (double)cell->batch, value.estimate, NAN, NAN);
    } else {
      plot_point_add(rate, (double)cell->batch, value.estimate, value.lo, value.hi);
    }
  }
}

void chapters_plot_level(struct chapters *c, const struct workers_row *row,
                         const struct chapters_shown *shown, const char *name) {
  const struct results *results = c->results;
  struct plot *plot = c->plots ? plot_add(c->plots, name) : NULL;
  if (!plot || row->cell_count == 0) return;
  texts(c, plot, LANG_COLUMN_BATCH, LANG_AXIS_RATE);
  plot_text(plot, &plot->y2_label, lang_text(c->lang, LANG_COLUMN_TOTAL));
  plot_text(plot, &plot->title,
            chapters_say(c, LANG_PLOT_LEVEL_TITLE, LANG_WITH(number_count(row->workers).text)));
  const struct cell *cells = &results->cells[row->first_cell];
  plot->x_log = spans((double)cells[0].batch, (double)cells[row->cell_count - 1].batch);
  plot->x_tics_at_points = true;
  struct plot_series *time =
      plot_series_add(plot, PLOT_LINE_POINTS, PLOT_ORANGE, lang_text(c->lang, LANG_COLUMN_TOTAL));
  if (time) time->second = time->dashed = true;
  for (size_t i = 0; i < shown->count; i++) {
    if (shown->is[i]) plot_point_add(time, (double)cells[i].batch, cells[i].total_s, NAN, NAN);
  }
  rate_series(c, plot, row, shown);
}

// The line of one level; NULL when there is no memory.
static struct plot_series *level_line(struct chapters *c, struct plot *plot, const struct workers_row *row,
                                      struct estimate *batches) {
  const struct results *results = c->results;
  struct plot_series *series =
      plot_series_add(plot, PLOT_LINE_POINTS, PLOT_SHADE,
                      chapters_say(c, LANG_PLOT_WORKERS, LANG_WITH(number_count(row->workers).text)));
  struct chapters_shown shown = chapters_shown_cells(c, NULL, row);
  for (size_t i = 0; i < shown.count && series; i++) {
    const struct cell *cell = &results->cells[row->first_cell + i];
    if (!shown.is[i] || !chapters_cell_usable(cell)) continue;
    plot_cell_add(series, (double)cell->batch, cell->tokens_per_s.estimate, chapters_cell_name(cell).text);
    batches->lo = fmin(batches->lo, (double)cell->batch);
    batches->hi = fmax(batches->hi, (double)cell->batch);
  }
  chapters_shown_free(&shown);
  return series;
}

const char *chapters_plot_levels(struct chapters *c, struct document_node *parent) {
  const struct results *results = c->results;
  if (!c->plots || !chapters_any_usable(results)) return NULL;
  const char *name = results->curve.exists ? "levels" : "overview";
  struct plot *plot = plot_add(c->plots, name);
  if (!plot) return NULL;
  plot->compact = !results->curve.exists;
  texts(c, plot, LANG_COLUMN_BATCH, LANG_AXIS_RATE);
  plot_text(plot, &plot->title, lang_text(c->lang, LANG_PLOT_LEVELS_TITLE));
  plot->x_tics_at_points = true;
  struct estimate batches = {NAN, INFINITY, 0}; // lo and hi: their extent
  size_t usable = 0, at = 0;
  for (size_t i = 0; i < results->workers_count; i++)
    usable += results->workers[i].usable;
  struct chapters_shown shown = chapters_shown_levels(c, parent, CHAPTERS_LINES_MAX, true);
  for (size_t i = 0; i < shown.count; i++) {
    struct plot_series *series = shown.is[i] ? level_line(c, plot, &results->workers[i], &batches) : NULL;
    if (!series) continue;
    series->direct = true;
    series->shade = shown.shown > 1 ? (double)at++ / (double)(shown.shown - 1) : 0;
  }
  plot->x_log = spans(batches.lo, batches.hi);
  chapters_shown_say(c, parent, LANG_SHOWN_LINES, shown.shown, usable);
  chapters_shown_free(&shown);
  return name;
}

static void curve_points(struct chapters *c, struct document_node *parent, struct plot *plot) {
  const struct curve *curve = &c->results->curve;
  struct plot_series *fitted = NULL, *others = NULL;
  size_t shown = curve->point_count < CHAPTERS_POINTS_MAX ? curve->point_count : CHAPTERS_POINTS_MAX;
  for (size_t k = 0; k < shown; k++) {
    const struct curve_point *point = &curve->points[chapters_shown_spread(k, shown, curve->point_count)];
    if (point->fitted && !fitted)
      fitted = plot_series_add(plot, PLOT_POINTS, PLOT_BLUE, lang_text(c->lang, LANG_PLOT_FITTED));
    if (!point->fitted && !others) {
      others = plot_series_add(plot, PLOT_POINTS, PLOT_GREY, lang_text(c->lang, LANG_PLOT_NOT_FITTED));
      if (others) others->hollow = true;
    }
    struct number_text name = {""};
    if (point->workers >= 0)
      name = chapters_cell_name(&(struct cell){.workers = point->workers, .batch = point->batch});
    plot_cell_add(point->fitted ? fitted : others, point->n, point->throughput, name.text);
  }
  chapters_shown_say(c, parent, LANG_SHOWN_POINTS, shown, curve->point_count);
}

static const char *plot_curve(struct chapters *c, struct document_node *parent) {
  const struct curve *curve = &c->results->curve;
  struct plot *plot = plot_add(c->plots, "overview");
  if (!plot) return NULL;
  plot->compact = true;
  texts(c, plot, LANG_AXIS_IN_FLIGHT, LANG_AXIS_RATE);
  plot_text(plot, &plot->title, lang_text(c->lang, LANG_PLOT_CURVE_TITLE));
  bool fit = curve->selected < curve->model_count && curve->band_count > 0;
  if (fit) {
    struct plot_series *band =
        plot_series_add(plot, PLOT_BAND, PLOT_ORANGE,
                        chapters_say(c, LANG_PLOT_BAND, LANG_WITH(chapters_confidence(c->results).text)));
    for (size_t i = 0; i < curve->band_count; i++) {
      const struct curve_band *at = &curve->band[i];
      if (isfinite(at->lo) && isfinite(at->hi)) plot_point_add(band, at->n, at->throughput, at->lo, at->hi);
    }
    struct plot_series *line =
        plot_series_add(plot, PLOT_LINE, PLOT_ORANGE,
                        chapters_say(c, LANG_PLOT_FIT, LANG_WITH(curve->models[curve->selected].name)));
    for (size_t i = 0; i < curve->band_count; i++)
      plot_point_add(line, curve->band[i].n, curve->band[i].throughput, NAN, NAN);
  }
  curve_points(c, parent, plot);
  if (curve->has_optimum && curve->optimum_established) {
    struct estimate n = isfinite(curve->optimum_range.lo) ? curve->optimum_range : curve->optimum_n;
    if (chapters_has_interval(n)) plot_mark_add(plot, n.lo, n.hi, PLOT_GREEN, NULL);
    plot_mark_add(
        plot, curve->optimum_n.estimate, curve->optimum_n.estimate, PLOT_GREEN,
        chapters_say(c, LANG_PLOT_OPTIMUM, LANG_WITH(number_significant(curve->optimum_n.estimate, 3).text)));
  }
  if (chapters_has_knee(curve))
    plot_mark_add(
        plot, curve->knee_n.estimate, curve->knee_n.estimate, PLOT_GREY,
        chapters_say(c, LANG_PLOT_KNEE, LANG_WITH(number_significant(curve->knee_n.estimate, 3).text)));
  return "overview";
}

const char *chapters_plot_overview(struct chapters *c, struct document_node *parent) {
  if (!c->plots) return NULL;
  if (c->results->curve.exists && c->results->curve.point_count > 0) return plot_curve(c, parent);
  return chapters_plot_levels(c, parent);
}
