// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/sections.h"

#include <math.h>

// Of a level the cell that stands for it; a load whose queue grows has the percentile of whole repetitions.
static struct estimate value_at(const struct results *results, const struct limit *limit, size_t index,
                                bool *whole) {
  *whole = false;
  if (results->load_count > 0) {
    const struct load *load = &results->loads[index];
    *whole = load->queue_grows;
    if (!load->queue_grows) return chapters_limits_load(load, limit);
    return chapters_limits_load(&(struct load){.ttft_s = load->whole_ttft_s,
                                               .latency_s = load->whole_latency_s,
                                               .tpot_s = load->whole_tpot_s},
                                limit);
  }
  size_t cell = results_level_cell(results, &results->workers[index]);
  if (cell == SIZE_MAX) return (struct estimate){NAN, NAN, NAN};
  const struct cell *at = &results->cells[cell];
  return chapters_limits_load(
      &(struct load){.ttft_s = at->ttft_s, .latency_s = at->latency_s, .tpot_s = at->tpot_s}, limit);
}

static void add_mark(struct chapters *c, struct plot *plot, size_t index, enum plot_colour colour,
                     enum lang_id text) {
  double at = results_edge_load(c->results, index);
  if (!isfinite(at)) return;
  plot_mark_add(plot, at, at, colour, chapters_say(c, text, LANG_WITH(number_significant(at, 4).text)));
}

// Returns how many loads are drawn; `span` is of these.
static size_t add_points(struct chapters *c, const struct limit *limit, struct plot *plot,
                         struct estimate *span) {
  const struct results *results = c->results;
  size_t count = results->load_count > 0 ? results->load_count : results->workers_count, drawn = 0,
         most = count < CHAPTERS_ROWS_MAX ? count : CHAPTERS_ROWS_MAX;
  struct buf name = {0};
  chapters_limits_time(c, limit, &name);
  struct plot_series *steady = plot_series_add(plot, PLOT_LINE_POINTS, PLOT_BLUE, buf_text(&name)),
                     *grows = NULL;
  for (size_t k = 0; steady && k < most; k++) {
    bool whole;
    size_t index = chapters_shown_spread(k, most, count);
    struct estimate value = value_at(results, limit, index, &whole);
    double load = results_edge_load(results, index);
    if (!(value.estimate > 0) || !isfinite(load)) continue;
    if (whole && !grows) {
      grows = plot_series_add(plot, PLOT_POINTS, PLOT_RED, lang_text(c->lang, LANG_MARK_QUEUE));
      if (grows) grows->hollow = true;
    }
    if (isfinite(value.lo) && isnan(value.hi)) value.hi = value.estimate; // a bar of what is known
    plot_point_add(whole ? grows : steady, load, value.estimate, value.lo, value.hi);
    span->lo = fmin(span->lo, load), span->hi = fmax(span->hi, load);
    drawn++;
  }
  buf_free(&name);
  return drawn;
}

static size_t different_loads(const struct results *results) {
  size_t count = results->load_count > 0 ? results->load_count : results->workers_count, different = 0;
  double before = NAN;
  for (size_t i = 0; i < count; i++) {
    double load = results_edge_load(results, i);
    different += isfinite(load) && load != before;
    before = load;
  }
  return different;
}

bool chapters_edge_plot(struct chapters *c, struct document_node *parent) {
  const struct slo_edge *edge = &c->results->slo_edge;
  if (!c->plots || !edge->exists || edge->limit == SIZE_MAX || different_loads(c->results) < 2) return false;
  const struct limit *limit = &c->results->limits[edge->limit];
  struct estimate span = {NAN, INFINITY, 0};
  struct plot *plot = limit->percentile > 0 ? plot_add(c->plots, "edge") : NULL;
  if (!plot) return false;
  bool rates = c->results->load_count > 0;
  struct buf name = {0};
  chapters_limits_name(c, limit, &name);
  plot_text(plot, &plot->title, chapters_say(c, LANG_PLOT_EDGE_TITLE, LANG_WITH(buf_text(&name))));
  plot_text(plot, &plot->x_label, lang_text(c->lang, rates ? LANG_COLUMN_OFFERED : LANG_COLUMN_WORKERS));
  plot_text(plot, &plot->y_label, lang_text(c->lang, LANG_AXIS_TIME));
  plot->y_log = true;
  plot->compact = true;
  size_t drawn = add_points(c, limit, plot, &span);
  struct plot_series *line = plot_series_add(plot, PLOT_LINE, PLOT_ORANGE, buf_text(&name));
  if (line && drawn > 0) {
    line->dashed = true;
    plot_point_add(line, span.lo, limit->limit_s, NAN, NAN);
    plot_point_add(line, span.hi, limit->limit_s, NAN, NAN);
  }
  add_mark(c, plot, edge->passes, PLOT_GREEN, LANG_PLOT_PASSES);
  add_mark(c, plot, edge->fails, PLOT_RED, LANG_PLOT_FAILS);
  document_figure(
      parent, "edge",
      chapters_say(c, LANG_ALT_EDGE, LANG_WITH(buf_text(&name), number_count((int64_t)drawn).text)), "");
  buf_free(&name);
  return true;
}
