// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/sections.h"

#include <math.h>

// Seconds of one tick's unit: runs last from seconds to days.
static double unit_of(double last_s, enum lang_id *axis) {
  *axis = last_s < 600 ? LANG_AXIS_COURSE_S : last_s < 4 * 3600 ? LANG_AXIS_COURSE_MIN : LANG_AXIS_COURSE_H;
  return last_s < 600 ? 1 : last_s < 4 * 3600 ? 60 : 3600;
}

// Where a bare point stands: below all others.
static double extent(const struct results *results, size_t *compared, double *last_s) {
  double lowest = INFINITY;
  for (size_t i = 0; i < results->course_count; i++) {
    const struct course_batch *batch = &results->course[i];
    *last_s = fmax(*last_s, batch->at_s);
    if (!isfinite(batch->ratio)) continue;
    if (!batch->cold) ++*compared;
    lowest = fmin(lowest, batch->ratio);
  }
  return lowest;
}

// Vertical lines where a managed server had started anew: of one run, and of few enough to be seen through.
static bool add_restarts(const struct results *results, struct plot *plot, double unit_s) {
  size_t restarts = 0;
  for (int draw = 0; draw < 2; draw++) {
    const struct course_batch *before = results->course; // the last one whose server is known
    for (size_t i = 1; i < results->course_count; i++) {
      const struct course_batch *batch = &results->course[i];
      if (batch->run != before->run) return false;
      if (!batch->server_life) continue;
      bool is_new = before->server_life && batch->server_life != before->server_life;
      before = batch;
      if (!is_new) continue;
      if (draw) plot_mark_add(plot, batch->at_s / unit_s, batch->at_s / unit_s, PLOT_GREY, NULL);
      restarts++;
    }
    if (restarts > CHAPTERS_LINES_MAX) return false;
  }
  return restarts > 0;
}

static void add_points(struct chapters *c, struct plot *plot, double unit_s, double lowest, size_t shown) {
  const struct results *results = c->results;
  struct plot_series *kinds[4] = {0};
  static const enum plot_colour colours[] = {PLOT_BLUE, PLOT_BLUE, PLOT_RED, PLOT_GREY};
  static const enum lang_id labels[] = {LANG_PLOT_COURSE, LANG_PLOT_COLD, LANG_PLOT_FAILED,
                                        LANG_PLOT_LEFT_OUT};
  for (size_t k = 0; k < shown; k++) {
    const struct course_batch *batch =
        &results->course[chapters_shown_spread(k, shown, results->course_count)];
    size_t kind = batch->failed ? 2 : batch->left_out ? 3 : batch->cold ? 1 : 0;
    bool bare = kind >= 2;
    if (!bare && !isfinite(batch->ratio)) continue;
    if (!kinds[kind]) {
      kinds[kind] = plot_series_add(plot, PLOT_POINTS, colours[kind], lang_text(c->lang, labels[kind]));
      if (kinds[kind]) kinds[kind]->bare = bare, kinds[kind]->hollow = batch->cold;
    }
    struct number_text name =
        chapters_cell_name(&(struct cell){.workers = batch->workers, .batch = batch->batch});
    plot_cell_add(kinds[kind], batch->at_s / unit_s, bare ? lowest : batch->ratio, name.text);
  }
}

void chapters_course(struct chapters *c, struct document_node *parent) {
  const struct results *results = c->results;
  size_t compared = 0, count = results->course_count;
  double last_s = 0, lowest = extent(results, &compared, &last_s);
  struct plot *plot = c->plots && compared > 1 ? plot_add(c->plots, "course") : NULL;
  if (!plot) return;
  enum lang_id axis;
  double unit_s = unit_of(last_s, &axis);
  plot_text(plot, &plot->title, lang_text(c->lang, LANG_PLOT_COURSE_TITLE));
  plot_text(plot, &plot->x_label, lang_text(c->lang, axis));
  plot_text(plot, &plot->y_label, lang_text(c->lang, LANG_AXIS_COURSE));
  plot->y_from_data = true;
  size_t shown = count < CHAPTERS_POINTS_MAX ? count : CHAPTERS_POINTS_MAX;
  add_points(c, plot, unit_s, lowest, shown);
  bool restarts = add_restarts(results, plot, unit_s);
  document_figure(parent, "course",
                  chapters_say(c, LANG_ALT_COURSE, LANG_WITH(number_count((int64_t)compared).text)),
                  lang_text(c->lang, restarts ? LANG_CAPTION_COURSE_RESTARTS : LANG_CAPTION_COURSE));
  chapters_shown_say(c, parent, LANG_SHOWN_POINTS, shown, count);
}
