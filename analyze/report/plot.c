// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/report/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"

void plot_set_free(struct plot_set *set) {
  for (struct plot *plot = set->first, *next; plot; plot = next) {
    next = plot->next;
    for (struct plot_series *series = plot->series, *after; series; series = after) {
      after = series->next;
      free(series->label);
      free(series->points);
      free(series);
    }
    for (struct plot_mark *mark = plot->marks, *after; mark; mark = after) {
      after = mark->next;
      free(mark->label);
      free(mark);
    }
    for (struct plot_tic *tic = plot->tics, *after; tic; tic = after) {
      after = tic->next;
      free(tic->label);
      free(tic);
    }
    free(plot->name);
    free(plot->title);
    free(plot->x_label);
    free(plot->y_label);
    free(plot->y2_label);
    free(plot);
  }
  *set = (struct plot_set){0};
}

static char *copy(struct plot_set *set, const char *text) {
  char *made = text == buf_no_text ? NULL : strdup(text);
  if (!made) set->status = STATUS_MEMORY;
  return made;
}

struct plot *plot_add(struct plot_set *set, const char *name) {
  if (!set || set->status) return NULL;
  if (!*name ||
      strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != strlen(name)) {
    set->status = STATUS_USAGE; // it becomes a file name
    return NULL;
  }
  struct plot *plot = calloc(1, sizeof *plot);
  char *own = copy(set, name);
  if (!plot || !own) {
    set->status = STATUS_MEMORY;
    free(plot);
    free(own);
    return NULL;
  }
  plot->name = own;
  plot->set = set;
  if (set->last) {
    set->last->next = plot;
  } else {
    set->first = plot;
  }
  set->last = plot;
  return plot;
}

const struct plot *plot_find(const struct plot_set *set, const char *name) {
  for (const struct plot *plot = set->first; plot; plot = plot->next) {
    if (strcmp(plot->name, name) == 0) return plot;
  }
  return NULL;
}

void plot_text(struct plot *plot, char **where, const char *text) {
  if (!plot || plot->set->status) return;
  char *made = copy(plot->set, text);
  if (!made) return;
  free(*where);
  *where = made;
}

struct plot_series *plot_series_add(struct plot *plot, enum plot_style style, enum plot_colour colour,
                                    const char *label) {
  if (!plot || plot->set->status) return NULL;
  struct plot_series *series = calloc(1, sizeof *series);
  if (!series) {
    plot->set->status = STATUS_MEMORY;
    return NULL;
  }
  series->style = style;
  series->colour = colour;
  series->set = plot->set;
  if (label) series->label = copy(plot->set, label);
  if (plot->last_series) {
    plot->last_series->next = series;
  } else {
    plot->series = series;
  }
  plot->last_series = series;
  return series;
}

void plot_point_add(struct plot_series *series, double x, double y, double lo, double hi) {
  if (!series || series->set->status) return;
  series->set->status =
      array_grow(&series->points, &series->capacity, series->count, sizeof *series->points, SIZE_MAX);
  if (series->set->status) return;
  series->points[series->count++] = (struct plot_point){.x = x, .y = y, .lo = lo, .hi = hi};
}

void plot_cell_add(struct plot_series *series, double x, double y, const char *name) {
  plot_point_add(series, x, y, NAN, NAN);
  if (!series || series->set->status) return;
  struct plot_point *point = &series->points[series->count - 1];
  snprintf(point->name, sizeof point->name, "%s", name);
}

void plot_tic_add(struct plot *plot, double at, const char *label) {
  if (!plot || plot->set->status) return;
  struct plot_tic *tic = calloc(1, sizeof *tic);
  if (!tic) {
    plot->set->status = STATUS_MEMORY;
    return;
  }
  tic->at = at;
  tic->label = copy(plot->set, label);
  if (plot->last_tic) {
    plot->last_tic->next = tic;
  } else {
    plot->tics = tic;
  }
  plot->last_tic = tic;
}

void plot_mark_add(struct plot *plot, double from, double to, enum plot_colour colour, const char *label) {
  if (!plot || plot->set->status) return;
  struct plot_mark *mark = calloc(1, sizeof *mark);
  if (!mark) {
    plot->set->status = STATUS_MEMORY;
    return;
  }
  mark->from = from;
  mark->to = to;
  mark->colour = colour;
  if (label) mark->label = copy(plot->set, label);
  struct plot_mark **end = &plot->marks;
  while (*end)
    end = &(*end)->next;
  *end = mark;
}
