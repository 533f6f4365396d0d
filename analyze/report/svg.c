// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/report/svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/report/number.h"

struct embedding {
  struct buf *out;
  const struct plot *plot;
  const char *prefix;
  const struct plot_series *series; // whose points are being drawn; NULL: none
  size_t point;                     // of the next <use>
};

void svg_escape(struct buf *out, const char *text, size_t len) {
  for (size_t i = 0; i < len; i++) {
    switch (text[i]) {
    case '&': buf_append_text(out, "&amp;"); break;
    case '<': buf_append_text(out, "&lt;"); break;
    case '>': buf_append_text(out, "&gt;"); break;
    case '"': buf_append_text(out, "&quot;"); break;
    case '\'': buf_append_text(out, "&#39;"); break;
    default: buf_append_char(out, text[i]);
    }
  }
}

static bool begins(const char *at, const char *end, const char *word) {
  size_t len = strlen(word);
  return (size_t)(end - at) >= len && memcmp(at, word, len) == 0;
}

static const char *find(const char *at, const char *end, const char *word) {
  return memmem(at, (size_t)(end - at), word, strlen(word));
}

static bool has_points(const struct plot_series *series) {
  for (size_t i = 0; i < series->count; i++) {
    if (isfinite(series->points[i].x) && isfinite(series->points[i].y)) return true;
  }
  return false;
}

static bool has_bars(const struct plot_series *series) {
  for (size_t i = 0; series->style != PLOT_BAND && i < series->count; i++) {
    const struct plot_point *point = &series->points[i];
    if (isfinite(point->x) && isfinite(point->y) && isfinite(point->lo) && isfinite(point->hi)) return true;
  }
  return false;
}

// The series behind gnuplot's plot element `number` (from 1): one element each, and one more for its bars.
static const struct plot_series *series_of(const struct plot *plot, long number) {
  long element = 0;
  for (const struct plot_series *series = plot ? plot->series : NULL; series; series = series->next) {
    if (!has_points(series)) continue;
    if (has_bars(series) && ++element == number) return NULL; // the bars come before their points
    if (++element == number) return series;
  }
  return NULL;
}

static const struct plot_point *next_point(struct embedding *e) {
  while (e->series && e->point < e->series->count) {
    const struct plot_point *point = &e->series->points[e->point++];
    if (isfinite(point->x) && isfinite(point->y)) return point;
  }
  return NULL; // the sample in the key comes after the points
}

// Writes a <use .../> with the values of its point; returns where it ends.
static const char *use(struct embedding *e, const char *at, const char *end) {
  const char *close = find(at, end, "/>");
  if (!close) return at;
  const char *reference = find(at, close, "href='#");
  const struct plot_point *point = reference ? next_point(e) : NULL;
  if (!reference) return at;
  reference += strlen("href='#");
  buf_append(e->out, at, (size_t)(reference - at));
  buf_append_text(e->out, e->prefix);
  buf_append(e->out, reference, (size_t)(close - reference));
  if (!point) {
    buf_append_text(e->out, "/>");
    return close + 2;
  }
  buf_append_text(e->out, "><title>");
  if (e->series->label) {
    svg_escape(e->out, e->series->label, strlen(e->series->label));
    buf_append_text(e->out, ": ");
  }
  struct number_text interval = number_interval(point->lo, point->hi, 4);
  buf_printf(e->out, "%s \u2192 %s%s%s</title></use>", number_six(point->x).text, number_six(point->y).text,
             *interval.text ? " " : "", interval.text);
  return close + 2;
}

// One step of the walk: copies or changes what stands at `at`, returns where to go on.
static const char *step(struct embedding *e, const char *at, const char *end) {
  static const char *const dropped[][2] = {{"<title>", "</title>"}, {"<desc>", "</desc>"}};
  static const char *const prefixed[] = {" id='", " id=\"", "href='#", "url(#"};
  for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++) {
    const char *close = begins(at, end, dropped[i][0]) ? find(at, end, dropped[i][1]) : NULL;
    if (close) return close + strlen(dropped[i][1]);
  }
  if (begins(at, end, "<use ") && e->series) {
    const char *after = use(e, at, end);
    if (after != at) return after;
  }
  for (size_t i = 0; i < sizeof prefixed / sizeof prefixed[0]; i++) {
    if (!begins(at, end, prefixed[i])) continue;
    buf_append_text(e->out, prefixed[i]);
    buf_append_text(e->out, e->prefix);
    at += strlen(prefixed[i]);
    if (begins(at, end, "gnuplot_plot_")) {
      e->series = series_of(e->plot, strtol(at + strlen("gnuplot_plot_"), NULL, 10));
      e->point = 0;
    }
    return at;
  }
  buf_append_char(e->out, *at);
  return at + 1;
}

enum status svg_embed(const char *text, size_t len, const struct plot *plot, const char *prefix,
                      const char *alternative, struct buf *out) {
  const char *end = text + len, *start = find(text, end, "<svg"), *close = NULL;
  for (const char *at = start; at && (at = find(at, end, "</svg>")); at += strlen("</svg>"))
    close = at + strlen("</svg>");
  if (!start || !close) return STATUS_FORMAT;
  struct embedding e = {.out = out, .plot = plot, .prefix = prefix};
  buf_append_text(out, "<svg class=\"plot\" role=\"img\" aria-label=\"");
  svg_escape(out, alternative, strlen(alternative));
  buf_append_char(out, '"');
  for (const char *at = start + strlen("<svg"); at < close;)
    at = step(&e, at, close);
  return out->status;
}
