// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/loads.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/sections/limits.h"
#include "analyze/sections/shown.h"

struct order { // the loads by rate
  const struct load **loads;
  size_t count, rates; // different ones that are known
  bool failed;         // any request
};

// Original timing has no rate of its own.
static double rate_of(const struct load *load) {
  if (isfinite(load->rate) && load->rate > 0) return load->rate;
  return load->duration_s > 0 ? (double)load->requests / load->duration_s : NAN;
}

static int by_rate(const void *a, const void *b) {
  double one = rate_of(*(const struct load *const *)a), other = rate_of(*(const struct load *const *)b);
  if (isnan(one) || isnan(other)) return isnan(one) - isnan(other);
  return (one > other) - (one < other);
}

// Sets the document's status when there is no memory; the order is empty then.
static struct order order_make(const struct results *results, struct document_node *parent) {
  struct order order = {.loads = malloc((results->load_count + 1) * sizeof(struct load *))};
  if (!order.loads) {
    if (parent) parent->document->status = STATUS_MEMORY;
    return order;
  }
  for (size_t i = 0; i < results->load_count; i++) {
    order.loads[order.count++] = &results->loads[i];
    order.failed |= results->loads[i].failed > 0;
  }
  qsort(order.loads, order.count, sizeof(struct load *), by_rate);
  for (size_t i = 0; i < order.count; i++) {
    if (!isfinite(rate_of(order.loads[i]))) continue;
    order.rates += i == 0 || rate_of(order.loads[i]) > rate_of(order.loads[i - 1]);
  }
  return order;
}

static void time_cell(struct document_node *table, struct estimate value) {
  document_cell(table, number_with_interval(value.estimate, value.lo, value.hi, 3).text, DOCUMENT_PLAIN);
}

static void failed_cell(struct document_node *table, const struct load *load) {
  document_cell(table, number_count(load->failed).text, load->failed ? DOCUMENT_BAD : DOCUMENT_PLAIN);
}

static void load_table(struct chapters *c, struct document_node *parent, const struct order *order) {
  struct document_node *table = document_table(parent, "");
  chapters_column(c, table, LANG_COLUMN_OFFERED, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_IN_FLIGHT, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_RATE, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_REQUESTS, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_FAILED, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_TTFT_P50, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_TTFT_P99, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_LATENCY_P50, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_LATENCY_P95, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_LATENCY_P99, DOCUMENT_RIGHT);
  size_t shown = order->count < CHAPTERS_ROWS_MAX ? order->count : CHAPTERS_ROWS_MAX;
  for (size_t k = 0; k < shown; k++) {
    const struct load *load = order->loads[chapters_shown_spread(k, shown, order->count)];
    document_cell(table, number_significant(rate_of(load), 4).text, DOCUMENT_PLAIN);
    document_cell(table, number_significant(load->n, 4).text, DOCUMENT_PLAIN);
    document_cell(table, number_six(load->throughput).text, DOCUMENT_PLAIN);
    document_cell(table, number_count(load->requests).text, DOCUMENT_PLAIN);
    failed_cell(table, load);
    time_cell(table, load->ttft_s.p50);
    time_cell(table, load->ttft_s.p99);
    time_cell(table, load->latency_s.p50);
    time_cell(table, load->latency_s.p95);
    time_cell(table, load->latency_s.p99);
    document_row_end(table);
  }
  chapters_shown_say(c, parent, LANG_SHOWN_SPREAD, shown, order->count);
}

static void brief_table(struct chapters *c, struct document_node *parent, const struct order *order) {
  struct document_node *table = document_table(parent, "");
  chapters_column(c, table, LANG_COLUMN_OFFERED, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_IN_FLIGHT, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_RATE, DOCUMENT_DECIMAL);
  if (order->failed) chapters_column(c, table, LANG_COLUMN_FAILED, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_LATENCY_P50, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_LATENCY_P95, DOCUMENT_RIGHT);
  size_t shown = order->count < CHAPTERS_BRIEF_ROWS ? order->count : CHAPTERS_BRIEF_ROWS;
  for (size_t k = 0; k < shown; k++) {
    const struct load *load = order->loads[chapters_shown_spread(k, shown, order->count)];
    document_cell(table, number_significant(rate_of(load), 4).text, DOCUMENT_PLAIN);
    document_cell(table, number_significant(load->n, 3).text, DOCUMENT_PLAIN);
    document_cell(table, number_significant(load->throughput, 4).text, DOCUMENT_PLAIN);
    if (order->failed) failed_cell(table, load);
    time_cell(table, load->latency_s.p50);
    time_cell(table, load->latency_s.p95);
    document_row_end(table);
  }
  chapters_rows_left(c, parent, order->count);
}

static const char *draw(struct chapters *c, const struct order *order) {
  if (!c->plots || order->rates < 2) return NULL;
  struct plot *plot = plot_add(c->plots, "loads");
  if (!plot) return NULL;
  plot_text(plot, &plot->title, lang_text(c->lang, LANG_PLOT_LOADS_TITLE));
  plot_text(plot, &plot->x_label, lang_text(c->lang, LANG_COLUMN_OFFERED));
  plot_text(plot, &plot->y_label, lang_text(c->lang, LANG_AXIS_RATE));
  plot_text(plot, &plot->y2_label, lang_text(c->lang, LANG_AXIS_LATENCY));
  struct plot_series *p50 =
      plot_series_add(plot, PLOT_LINE_POINTS, PLOT_ORANGE, lang_text(c->lang, LANG_COLUMN_LATENCY_P50));
  struct plot_series *p95 =
      plot_series_add(plot, PLOT_LINE_POINTS, PLOT_RED, lang_text(c->lang, LANG_COLUMN_LATENCY_P95));
  struct plot_series *rate =
      plot_series_add(plot, PLOT_LINE_POINTS, PLOT_BLUE, lang_text(c->lang, LANG_PLOT_RATE));
  if (!p50 || !p95 || !rate) return NULL;
  p50->second = p95->second = p50->dashed = p95->dashed = true;
  size_t shown = order->count < CHAPTERS_ROWS_MAX ? order->count : CHAPTERS_ROWS_MAX; // as in the table
  for (size_t k = 0; k < shown; k++) {
    const struct load *load = order->loads[chapters_shown_spread(k, shown, order->count)];
    struct estimate middle = load->latency_s.p50, slow = load->latency_s.p95;
    plot_point_add(rate, rate_of(load), load->throughput, NAN, NAN);
    plot_point_add(p50, rate_of(load), middle.estimate, middle.lo, middle.hi);
    plot_point_add(p95, rate_of(load), slow.estimate, slow.lo, slow.hi);
  }
  return "loads";
}

void chapters_loads(struct chapters *c, struct document_node *root) {
  const struct results *results = c->results;
  if (results->load_count == 0) return;
  struct order order = order_make(results, root);
  struct document_node *section = chapters_section(c, root, LANG_LOADS, LANG_ALONE);
  chapters_paragraph(c, section, LANG_LOADS_MEAN, LANG_WITH(chapters_confidence(results).text));
  chapters_one_piece(c, section);
  const char *plot = draw(c, &order);
  if (plot)
    document_figure(
        section, plot,
        chapters_say(c, LANG_ALT_LOADS,
                     LANG_WITH(number_count((int64_t)order.count).text,
                               number_significant(rate_of(order.loads[0]), 4).text,
                               number_significant(rate_of(order.loads[order.count - 1]), 4).text)),
        "");
  load_table(c, section, &order);
  free(order.loads);
}

void chapters_loads_brief(struct chapters *c, struct document_node *parent) {
  if (c->results->load_count == 0) return;
  struct order order = order_make(c->results, parent);
  brief_table(c, parent, &order);
  free(order.loads);
}

static enum cell_slo judge(const struct results *results, const struct load *load) {
  enum cell_slo answer = CELL_SLO_UNKNOWN;
  for (size_t i = 0; i < results->limit_count; i++) {
    const struct limit *limit = &results->limits[i];
    if (limit->percentile == 0) continue;
    if (limit->time != RESULTS_TTFT && limit->time != RESULTS_LATENCY) return CELL_SLO_UNKNOWN;
    const struct percentiles *times = limit->time == RESULTS_TTFT ? &load->ttft_s : &load->latency_s;
    double seen = (limit->percentile == 50   ? times->p50
                   : limit->percentile == 95 ? times->p95
                                             : times->p99)
                      .estimate;
    if (isnan(seen)) return CELL_SLO_UNKNOWN;
    if (seen > limit->limit_s) return CELL_SLO_MISSED;
    answer = CELL_SLO_MET;
  }
  return answer;
}

// The highest rate up to which every load keeps the limits, and the lowest that misses one.
void chapters_loads_limits(struct chapters *c, struct document_node *parent) {
  const struct results *results = c->results;
  struct order order = order_make(results, parent);
  double highest = NAN, lowest = NAN;
  for (size_t i = 0; i < order.count; i++) {
    enum cell_slo slo = judge(results, order.loads[i]);
    if (slo == CELL_SLO_MISSED && isnan(lowest)) lowest = rate_of(order.loads[i]);
  }
  for (size_t i = 0; i < order.count; i++) {
    double rate = rate_of(order.loads[i]);
    if (judge(results, order.loads[i]) == CELL_SLO_MET && !(rate >= lowest)) highest = rate;
  }
  struct buf names = {0};
  chapters_limits_names(c, false, &names);
  if (isfinite(highest) && isfinite(lowest)) {
    chapters_callout(
        c, parent, DOCUMENT_NOTE, LANG_LOADS_WITHIN,
        LANG_WITH(buf_text(&names), number_significant(highest, 4).text, number_significant(lowest, 4).text));
  } else if (isfinite(highest) || isfinite(lowest)) {
    bool all = isfinite(highest);
    chapters_callout(c, parent, DOCUMENT_NOTE, all ? LANG_LOADS_ALL_WITHIN : LANG_LOADS_NONE_WITHIN,
                     LANG_WITH(buf_text(&names), number_significant(all ? highest : lowest, 4).text));
  }
  buf_free(&names);
  free(order.loads);
}
