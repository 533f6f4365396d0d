// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/sections.h"

#include <math.h>

// A time axis becomes logarithmic where the slowest would press the rest flat.
#define WIDE 20.0

struct kind {
  enum lang_id name; // of the axis and the heading
  const char *plot;
  double scale; // from seconds
};

static const struct kind kinds[RESULTS_TIMES] = {
    [RESULTS_LATENCY] = {LANG_AXIS_LATENCY, "distribution_latency", 1},
    [RESULTS_TTFT] = {LANG_AXIS_TTFT, "distribution_ttft", 1},
    [RESULTS_TPOT] = {LANG_AXIS_TPOT, "distribution_tpot", 1e3},
    [RESULTS_ITL] = {LANG_AXIS_ITL, "distribution_itl", 1e3},
};

static const struct percentiles *percentiles_of(const struct cell *cell, enum results_time time) {
  const struct percentiles *all[RESULTS_TIMES] = {[RESULTS_LATENCY] = &cell->latency_s,
                                                  [RESULTS_TTFT] = &cell->ttft_s,
                                                  [RESULTS_TPOT] = &cell->tpot_s,
                                                  [RESULTS_ITL] = &cell->itl_s};
  return all[time];
}

static bool is_level(size_t index, double level) {
  return fabs(results_quantile_levels[index] - level) < 1e-9;
}

static double quantile(const struct distribution *distribution, enum results_time time, double level) {
  for (size_t i = 0; i < RESULTS_QUANTILES; i++) {
    if (is_level(i, level)) return distribution->of[time][i];
  }
  return NAN;
}

static bool measured(const struct distribution *distribution, enum results_time time) {
  return isfinite(quantile(distribution, time, 0.5));
}

// The smallest and largest of one quantile over the cells; lo above hi: none.
static struct estimate extent(const struct results *results, enum results_time time, double level) {
  struct estimate range = {NAN, INFINITY, -INFINITY};
  for (size_t i = 0; i < results->distribution_count; i++) {
    double value = quantile(&results->distributions[i], time, level);
    if (!isfinite(value)) continue;
    range.lo = fmin(range.lo, value);
    range.hi = fmax(range.hi, value);
  }
  return range;
}

// Percentiles stand where 1 / (1 - p) is on a logarithmic axis: as far from each other as they are rare.
static double place_of(double level) {
  return 1 / (1 - level);
}

static void tics(struct plot *plot) {
  static const double levels[] = {0.01, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999};
  for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
    struct buf label = {0};
    buf_printf(&label, "p%s", number_significant(100 * levels[i], 6).text);
    plot_tic_add(plot, place_of(levels[i]), buf_text(&label));
    buf_free(&label);
  }
}

// The line, and dots at the percentiles that have a name, for those who point at them.
static void draw_cell(struct chapters *c, struct plot *plot, const struct distribution *distribution,
                      enum results_time time, double shade) {
  static const double dots[] = {0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999};
  struct number_text name = chapters_cell_name(&c->results->cells[distribution->cell]);
  double scale = kinds[time].scale;
  struct plot_series *line = plot_series_add(plot, PLOT_LINE, PLOT_SHADE, name.text);
  if (line) line->direct = true;
  if (line) line->shade = shade;
  for (size_t i = 0; i < RESULTS_QUANTILES; i++)
    plot_point_add(line, place_of(results_quantile_levels[i]), distribution->of[time][i] * scale, NAN, NAN);
  struct plot_series *points = plot_series_add(plot, PLOT_POINTS, PLOT_SHADE, NULL);
  if (points) points->shade = shade;
  for (size_t i = 0; i < sizeof dots / sizeof dots[0]; i++)
    plot_cell_add(points, place_of(dots[i]), quantile(distribution, time, dots[i]) * scale, name.text);
}

static void figure(struct chapters *c, struct document_node *section, enum results_time time) {
  const struct results *results = c->results;
  const struct kind *kind = &kinds[time];
  struct plot *plot = c->plots ? plot_add(c->plots, kind->plot) : NULL;
  if (!plot) return;
  const char *name = lang_text(c->lang, kind->name);
  struct estimate middle = extent(results, time, 0.5), slow = extent(results, time, 0.95);
  struct estimate fastest = extent(results, time, 0.01);
  plot_text(plot, &plot->title, name);
  plot_text(plot, &plot->x_label, lang_text(c->lang, LANG_AXIS_PERCENTILE));
  plot_text(plot, &plot->y_label, name);
  plot->x_log = plot->labels_at_border = true;
  plot->y_log = fastest.lo > 0 && slow.hi > WIDE * fastest.lo;
  tics(plot);
  size_t shown = 0, at = 0;
  for (size_t i = 0; i < results->distribution_count; i++)
    shown += measured(&results->distributions[i], time);
  for (size_t i = 0; i < results->distribution_count; i++) {
    if (!measured(&results->distributions[i], time)) continue;
    draw_cell(c, plot, &results->distributions[i], time, shown > 1 ? (double)at / (double)(shown - 1) : 0);
    at++;
  }
  document_figure(section, kind->plot,
                  chapters_say(c, LANG_ALT_DISTRIBUTION,
                               LANG_WITH(name, number_count((int64_t)shown).text,
                                         number_significant(middle.lo * kind->scale, 3).text,
                                         number_significant(middle.hi * kind->scale, 3).text,
                                         number_significant(slow.lo * kind->scale, 3).text,
                                         number_significant(slow.hi * kind->scale, 3).text)),
                  "");
}

static void percentile_cell(struct document_node *table, struct estimate value, double scale,
                            enum document_mark mark) {
  document_cell(
      table, number_with_interval(value.estimate * scale, value.lo * scale, value.hi * scale, 3).text, mark);
}

static void table(struct chapters *c, struct document_node *section, enum results_time time) {
  const struct results *results = c->results;
  struct document_node *rows = document_table(section, "");
  chapters_column(c, rows, LANG_COLUMN_WORKERS, DOCUMENT_RIGHT);
  chapters_column(c, rows, LANG_COLUMN_BATCH, DOCUMENT_RIGHT);
  chapters_column(c, rows, LANG_COLUMN_REQUESTS, DOCUMENT_RIGHT);
  document_column(rows, "p50", DOCUMENT_RIGHT);
  if (time != RESULTS_ITL) document_column(rows, "p95", DOCUMENT_RIGHT);
  document_column(rows, "p99", DOCUMENT_RIGHT);
  for (size_t i = 0; i < results->distribution_count; i++) {
    const struct distribution *distribution = &results->distributions[i];
    if (!measured(distribution, time)) continue;
    const struct cell *cell = &results->cells[distribution->cell];
    const struct percentiles *times = percentiles_of(cell, time);
    enum document_mark mark = distribution->cell == results->best.recommended        ? DOCUMENT_BEST
                              : chapters_shown_rank(results, cell) == DOCUMENT_EQUAL ? DOCUMENT_EQUAL
                                                                                     : DOCUMENT_PLAIN;
    document_cell(rows, number_count(cell->workers).text, mark);
    document_cell(rows, number_count(cell->batch).text, mark);
    document_cell(rows, number_count(distribution->requests).text, mark);
    percentile_cell(rows, times->p50, kinds[time].scale, mark);
    if (time != RESULTS_ITL) percentile_cell(rows, times->p95, kinds[time].scale, mark);
    percentile_cell(rows, times->p99, kinds[time].scale, mark);
    document_row_end(rows);
  }
}

// Which cells are established to be faster or slower than the recommended one, and which are not.
static void compare(struct chapters *c, struct document_node *section, enum results_time time) {
  enum { FASTER, SLOWER, OPEN, VERDICTS };
  static const enum lang_id ids[VERDICTS] = {
      [FASTER] = LANG_TIMES_FASTER, [SLOWER] = LANG_TIMES_SLOWER, [OPEN] = LANG_TIMES_OPEN};
  const struct results *results = c->results;
  const struct cell *own = &results->cells[results->best.recommended];
  struct estimate reference =
      time == RESULTS_ITL ? percentiles_of(own, time)->p50 : percentiles_of(own, time)->p95;
  if (!chapters_has_interval(reference)) return;
  struct chapters_list lists[VERDICTS] = {{{0}, 0}};
  for (size_t i = 0; i < results->distribution_count; i++) {
    const struct cell *cell = &results->cells[results->distributions[i].cell];
    struct estimate value =
        time == RESULTS_ITL ? percentiles_of(cell, time)->p50 : percentiles_of(cell, time)->p95;
    if (cell == own || !chapters_has_interval(value)) continue;
    int verdict = value.hi < reference.lo ? FASTER : value.lo > reference.hi ? SLOWER : OPEN;
    chapters_list_add(&lists[verdict], chapters_cell_name(cell).text);
  }
  struct document_node *list = document_list(section, false);
  for (int verdict = 0; verdict < VERDICTS; verdict++) {
    if (lists[verdict].count > 0)
      chapters_item(c, list, ids[verdict],
                    LANG_WITH(time == RESULTS_ITL ? "p50" : "p95", chapters_cell_name(own).text,
                              chapters_list_text(c, &lists[verdict])));
    chapters_list_free(&lists[verdict]);
  }
}

void chapters_distribution(struct chapters *c, struct document_node *root) {
  const struct results *results = c->results;
  struct document_node *section = NULL;
  for (int time = 0; time < RESULTS_TIMES; time++) {
    bool any = false;
    for (size_t i = 0; i < results->distribution_count; i++)
      any = any || measured(&results->distributions[i], (enum results_time)time);
    if (!any) continue;
    if (!section) {
      section = chapters_section(c, root, LANG_DISTRIBUTION, LANG_ALONE);
      chapters_paragraph(c, section, LANG_DISTRIBUTION_MEANS, LANG_WITH(chapters_confidence(results).text));
    }
    struct document_node *inner = chapters_section(c, section, kinds[time].name, LANG_ALONE);
    if (time == RESULTS_TTFT) chapters_one_piece(c, inner, false);
    figure(c, inner, (enum results_time)time);
    table(c, inner, (enum results_time)time);
    compare(c, inner, (enum results_time)time);
  }
}
