// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/sections.h"

#include <math.h>

// Which columns the tables have beyond the standing ones.
struct shape {
  bool served, tokens, failed, good, ttft, tpot, marks;
  size_t rates; // different ones that are known
};

static bool is_certain(const struct results *results, const struct load *load) {
  return chapters_limits_certain(results, (size_t)(load - results->loads), load->meets_slo,
                                 load->slo_certain);
}

static bool marked(const struct results *results, const struct load *load) {
  bool open = load->meets_slo == CELL_SLO_MET && !is_certain(results, load);
  return load->failing || load->queue_grows || load->reps == 0 || load->meets_slo == CELL_SLO_MISSED || open;
}

static struct shape shape_of(const struct results *results) {
  struct shape shape = {0};
  double before = NAN;
  for (size_t i = 0; i < results->load_count; i++) {
    const struct load *load = &results->loads[i];
    double rate = results_offered(results, i);
    shape.rates += isfinite(rate) && rate != before;
    before = rate;
    shape.served |= isfinite(load->served_per_s.estimate);
    shape.tokens |= load->tokens_per_s.estimate > 0;
    shape.failed |= load->failed > 0;
    shape.good |= isfinite(load->goodput.estimate);
    shape.ttft |= isfinite(load->ttft_s.p50.estimate);
    shape.tpot |= isfinite(load->tpot_s.p50.estimate);
    shape.marks |= marked(results, load);
  }
  return shape;
}

static void value_cell(struct document_node *table, struct estimate value, int digits,
                       enum document_mark mark) {
  struct number_text text = number_with_interval(value.estimate, value.lo, value.hi, digits);
  document_cell(table, isfinite(value.estimate) ? text.text : NUMBER_UNKNOWN, mark);
}

static void share_cell(struct chapters *c, struct document_node *table, struct estimate share, bool interval,
                       enum document_mark mark) {
  struct buf text = {0};
  if (isfinite(share.estimate))
    lang_format(&text, c->lang, LANG_PERCENT, LANG_WITH(number_percent(share.estimate).text));
  if (interval && chapters_has_interval(share))
    buf_printf(&text, " [%s, %s]", number_percent(share.lo).text, number_percent(share.hi).text);
  document_cell(table, text.len ? buf_text(&text) : NUMBER_UNKNOWN, mark);
  buf_free(&text);
}

static void failed_cell(struct document_node *table, const struct load *load, enum document_mark mark) {
  document_cell(table, number_count(load->failed).text, load->failed ? DOCUMENT_BAD : mark);
}

static void marks_cell(struct chapters *c, struct document_node *table, const struct load *load,
                       enum document_mark mark) {
  struct chapters_list marks = {0};
  if (load->failing) chapters_list_add(&marks, lang_text(c->lang, LANG_MARK_FAILED));
  if (load->queue_grows) chapters_list_add(&marks, lang_text(c->lang, LANG_MARK_QUEUE));
  if (load->reps > 0) chapters_limits_mark(c, load->meets_slo, is_certain(c->results, load), &marks);
  if (load->reps == 0) chapters_list_add(&marks, lang_text(c->lang, LANG_MARK_INVALID_CLIENT));
  document_cell(table, chapters_list_text(c, &marks), mark);
  chapters_list_free(&marks);
}

static enum document_mark mark_of(const struct results *results, size_t index) {
  const struct load *load = &results->loads[index];
  if (index == results->load_answer.kept) return DOCUMENT_BEST;
  if (load->failing) return DOCUMENT_BAD;
  return load->reps == 0 ? DOCUMENT_MUTED : DOCUMENT_PLAIN;
}

static void rate_row(struct chapters *c, struct document_node *table, size_t index, struct shape shape) {
  const struct load *load = &c->results->loads[index];
  enum document_mark mark = mark_of(c->results, index);
  document_cell(table, number_significant(results_offered(c->results, index), 4).text, mark);
  document_cell(table, number_count(load->reps).text, mark);
  document_cell(table, number_count(load->requests).text, mark);
  if (shape.failed) failed_cell(table, load, mark);
  document_cell(table, number_significant(load->sent_per_s, 3).text, mark);
  if (shape.served) value_cell(table, load->served_per_s, 3, mark);
  if (shape.good) {
    value_cell(table, load->goodput, 3, mark);
    share_cell(c, table, load->good_share, true, mark);
  }
  document_cell(table, number_significant(load->n, 4).text, mark);
  if (shape.tokens) value_cell(table, load->tokens_per_s, 4, mark);
  if (shape.marks) marks_cell(c, table, load, mark);
  document_row_end(table);
}

static void rate_table(struct chapters *c, struct document_node *parent, struct shape shape) {
  struct document_node *table = document_table(parent, "");
  chapters_column(c, table, LANG_COLUMN_OFFERED, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_REPS, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_REQUESTS, DOCUMENT_RIGHT);
  if (shape.failed) chapters_column(c, table, LANG_COLUMN_FAILED, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_SENT, DOCUMENT_DECIMAL);
  if (shape.served) chapters_column(c, table, LANG_COLUMN_SERVED, DOCUMENT_RIGHT);
  if (shape.good) {
    chapters_column(c, table, LANG_COLUMN_GOODPUT, DOCUMENT_RIGHT);
    chapters_column(c, table, LANG_COLUMN_GOOD_SHARE, DOCUMENT_RIGHT);
  }
  chapters_column(c, table, LANG_COLUMN_IN_FLIGHT, DOCUMENT_DECIMAL);
  if (shape.tokens) chapters_column(c, table, LANG_COLUMN_RATE, DOCUMENT_RIGHT);
  if (shape.marks) chapters_column(c, table, LANG_COLUMN_MARKS, DOCUMENT_LEFT);
  size_t count = c->results->load_count, shown = count < CHAPTERS_ROWS_MAX ? count : CHAPTERS_ROWS_MAX;
  for (size_t k = 0; k < shown; k++)
    rate_row(c, table, chapters_shown_spread(k, shown, count), shape);
  chapters_shown_say(c, parent, LANG_SHOWN_SPREAD, shown, count);
}

static struct estimate percentile_of(const struct load *load, size_t time, size_t percentile) {
  const struct percentiles *of[] = {&load->ttft_s, &load->tpot_s, &load->latency_s};
  return percentile == 0 ? of[time]->p50 : percentile == 1 ? of[time]->p95 : of[time]->p99;
}

static const char *const percentile_names[] = {"p50", "p95", "p99"};
static const enum lang_id time_names[] = {LANG_NAME_TTFT, LANG_NAME_TPOT, LANG_NAME_LATENCY};
enum { TIMES = 3, PERCENTILES = 3 };
#define WHOLE_DIFFERS 0.05 // of a p95

// Nothing where no percentile is known.
static void time_row(struct chapters *c, struct document_node *table, size_t index, size_t time, bool whole) {
  const struct load *load = &c->results->loads[index];
  const struct percentiles *wholes[] = {&load->whole_ttft_s, &load->whole_tpot_s, &load->whole_latency_s};
  const struct estimate of_whole[] = {wholes[time]->p50, wholes[time]->p95, wholes[time]->p99};
  if (!whole && isnan(percentile_of(load, time, 0).estimate)) return;
  enum document_mark mark = whole ? DOCUMENT_MUTED : mark_of(c->results, index);
  const char *name = lang_text(c->lang, time_names[time]);
  document_cell(table, number_significant(results_offered(c->results, index), 4).text, mark);
  document_cell(table, whole ? chapters_say(c, LANG_TIME_WHOLE, LANG_WITH(name)) : name, mark);
  for (size_t p = 0; p < PERCENTILES; p++) {
    struct estimate value = whole ? of_whole[p] : percentile_of(load, time, p);
    document_cell(table, chapters_duration_interval(c, value).text, mark);
  }
  document_row_end(table);
}

// Whether all requests have other percentiles than those of the steady parts.
static bool whole_differs(const struct load *load, size_t time) {
  const struct percentiles *whole[] = {&load->whole_ttft_s, &load->whole_tpot_s, &load->whole_latency_s};
  double all = whole[time]->p95.estimate, steady = percentile_of(load, time, 1).estimate;
  return all > 0 && !(fabs(all / steady - 1) <= WHOLE_DIFFERS);
}

// Percentiles against the rate, each with its interval; a row for each time, and one of whole repetitions
// where these differ.
static void time_table(struct chapters *c, struct document_node *parent, struct shape shape) {
  const bool has[TIMES] = {shape.ttft, shape.tpot, true};
  size_t known = 0;
  for (size_t i = 0; i < c->results->load_count; i++)
    known += isfinite(c->results->loads[i].latency_s.p50.estimate) || whole_differs(&c->results->loads[i], 2);
  if (known == 0) return;
  struct document_node *table = document_table(parent, "");
  chapters_column(c, table, LANG_COLUMN_OFFERED, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_TIME, DOCUMENT_LEFT);
  for (size_t p = 0; p < PERCENTILES; p++)
    document_column(table, percentile_names[p], DOCUMENT_RIGHT);
  size_t count = c->results->load_count, shown = count < CHAPTERS_ROWS_MAX ? count : CHAPTERS_ROWS_MAX;
  for (size_t k = 0; k < TIMES * shown; k++) {
    size_t index = chapters_shown_spread(k / TIMES, shown, count), time = k % TIMES;
    if (!has[time]) continue;
    time_row(c, table, index, time, false);
    if (whole_differs(&c->results->loads[index], time)) time_row(c, table, index, time, true);
  }
}

static void brief_row(struct chapters *c, struct document_node *table, size_t index, struct shape shape) {
  const struct load *load = &c->results->loads[index];
  enum document_mark mark = mark_of(c->results, index);
  document_cell(table, number_significant(results_offered(c->results, index), 4).text, mark);
  if (shape.served) document_cell(table, number_significant(load->served_per_s.estimate, 4).text, mark);
  if (shape.tokens) document_cell(table, number_significant(load->tokens_per_s.estimate, 4).text, mark);
  if (shape.failed) failed_cell(table, load, mark);
  if (shape.ttft)
    document_cell(table, chapters_durations(c, load->ttft_s.p50.estimate, load->ttft_s.p95.estimate).text,
                  mark);
  document_cell(table, chapters_durations(c, load->latency_s.p50.estimate, load->latency_s.p95.estimate).text,
                mark);
  if (shape.good) {
    document_cell(table, number_significant(load->goodput.estimate, 3).text, mark);
    share_cell(c, table, load->good_share, false, mark);
  }
  if (shape.marks) marks_cell(c, table, load, mark);
  document_row_end(table);
}

void chapters_loads_brief(struct chapters *c, struct document_node *parent) {
  size_t count = c->results->load_count;
  if (count == 0) return;
  struct shape shape = shape_of(c->results);
  struct document_node *table = document_table(parent, "");
  chapters_column(c, table, LANG_COLUMN_OFFERED, DOCUMENT_DECIMAL);
  if (shape.served) chapters_column(c, table, LANG_COLUMN_SERVED, DOCUMENT_DECIMAL);
  if (shape.tokens) chapters_column(c, table, LANG_COLUMN_RATE, DOCUMENT_DECIMAL);
  if (shape.failed) chapters_column(c, table, LANG_COLUMN_FAILED, DOCUMENT_RIGHT);
  if (shape.ttft) chapters_column(c, table, LANG_COLUMN_TTFT, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_LATENCY_BOTH, DOCUMENT_RIGHT);
  if (shape.good) {
    chapters_column(c, table, LANG_COLUMN_GOODPUT, DOCUMENT_DECIMAL);
    chapters_column(c, table, LANG_COLUMN_GOOD_SHARE, DOCUMENT_RIGHT);
  }
  if (shape.marks) chapters_column(c, table, LANG_COLUMN_MARKS, DOCUMENT_LEFT);
  size_t shown = count < CHAPTERS_BRIEF_ROWS ? count : CHAPTERS_BRIEF_ROWS;
  for (size_t k = 0; k < shown; k++)
    brief_row(c, table, chapters_shown_spread(k, shown, count), shape);
  chapters_rows_left(c, parent, count);
}

static struct plot *plot_of(struct chapters *c, const char *name, enum lang_id title, enum lang_id axis) {
  struct plot *plot = plot_add(c->plots, name);
  if (!plot) return NULL;
  plot_text(plot, &plot->title, lang_text(c->lang, title));
  plot_text(plot, &plot->x_label, lang_text(c->lang, LANG_COLUMN_OFFERED));
  plot_text(plot, &plot->y_label, lang_text(c->lang, axis));
  return plot;
}

// The loads of a picture are those of the table.
static void add_points(struct chapters *c, struct plot_series *series, size_t time, size_t percentile) {
  size_t count = c->results->load_count, shown = count < CHAPTERS_ROWS_MAX ? count : CHAPTERS_ROWS_MAX;
  for (size_t k = 0; series && k < shown; k++) {
    size_t index = chapters_shown_spread(k, shown, count);
    struct estimate value = percentile_of(&c->results->loads[index], time, percentile);
    plot_point_add(series, results_offered(c->results, index), value.estimate, value.lo, value.hi);
  }
}

static void draw_times(struct chapters *c, struct shape shape) {
  static const struct {
    size_t time, percentile;
    enum plot_colour colour;
  } lines[] = {{0, 0, PLOT_BLUE}, {0, 1, PLOT_GREEN}, {2, 0, PLOT_ORANGE}, {2, 1, PLOT_RED}};
  struct plot *plot = plot_of(c, "loads", LANG_PLOT_LOADS_TITLE, LANG_AXIS_TIME);
  if (!plot) return;
  plot->y_log = true;
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    if (lines[i].time == 0 && !shape.ttft) continue;
    struct buf name = {0};
    buf_printf(&name, "%s %s", lang_text(c->lang, time_names[lines[i].time]),
               percentile_names[lines[i].percentile]);
    struct plot_series *series = plot_series_add(plot, PLOT_LINE_POINTS, lines[i].colour, buf_text(&name));
    buf_free(&name);
    if (!series) return;
    series->dashed = lines[i].percentile > 0;
    add_points(c, series, lines[i].time, lines[i].percentile);
  }
}

static void draw_rates(struct chapters *c, struct shape shape) {
  struct plot *plot = plot_of(c, "loads_served", LANG_PLOT_SERVED_TITLE, LANG_AXIS_REQUESTS);
  if (!plot) return;
  struct plot_series *sent = plot_series_add(plot, PLOT_LINE, PLOT_GREY, lang_text(c->lang, LANG_PLOT_SENT));
  struct plot_series *served =
      plot_series_add(plot, PLOT_LINE_POINTS, PLOT_BLUE, lang_text(c->lang, LANG_PLOT_SERVED));
  struct plot_series *good = NULL;
  if (shape.good)
    good = plot_series_add(plot, PLOT_LINE_POINTS, PLOT_GREEN, lang_text(c->lang, LANG_PLOT_GOODPUT));
  if (!sent || !served || (shape.good && !good)) return;
  sent->dashed = true;
  size_t count = c->results->load_count, shown = count < CHAPTERS_ROWS_MAX ? count : CHAPTERS_ROWS_MAX;
  for (size_t k = 0; k < shown; k++) {
    size_t index = chapters_shown_spread(k, shown, count);
    const struct load *load = &c->results->loads[index];
    double rate = results_offered(c->results, index);
    plot_point_add(sent, rate, load->sent_per_s, NAN, NAN);
    plot_point_add(served, rate, load->served_per_s.estimate, load->served_per_s.lo, load->served_per_s.hi);
    if (good) plot_point_add(good, rate, load->goodput.estimate, load->goodput.lo, load->goodput.hi);
  }
}

static void figures(struct chapters *c, struct document_node *section, struct shape shape) {
  const struct results *results = c->results;
  if (!c->plots || shape.rates < 2) return;
  struct number_text count = number_count((int64_t)shape.rates),
                     lowest = number_significant(results_offered(results, 0), 4), highest = lowest;
  for (size_t i = 0; i < results->load_count; i++) {
    double rate = results_offered(results, i);
    if (isfinite(rate)) highest = number_significant(rate, 4);
  }
  draw_times(c, shape);
  document_figure(section, "loads",
                  chapters_say(c, LANG_ALT_LOADS, LANG_WITH(count.text, lowest.text, highest.text)), "");
  if (!shape.served) return;
  draw_rates(c, shape);
  document_figure(section, "loads_served",
                  chapters_say(c, LANG_ALT_SERVED, LANG_WITH(count.text, lowest.text, highest.text)), "");
}

void chapters_loads(struct chapters *c, struct document_node *root) {
  if (c->results->load_count == 0) return;
  struct shape shape = shape_of(c->results);
  struct document_node *section = chapters_section(c, root, LANG_LOADS, LANG_ALONE);
  chapters_paragraph(c, section, LANG_LOADS_MEAN, LANG_WITH(chapters_confidence(c->results).text));
  chapters_one_piece(c, section, false);
  rate_table(c, section, shape);
  figures(c, section, shape);
  time_table(c, section, shape);
}
