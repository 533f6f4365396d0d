// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/report/svg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/report/colour.h"
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

static void escaped_text(struct buf *out, const char *text) {
  svg_escape(out, text, strlen(text));
}

// What the x axis calls this value. Where it has words for some, a value without any is known by its point's
// name alone: empty.
static struct number_text x_words(const struct plot *plot, const struct plot_point *point) {
  struct number_text out = number_six(point->x);
  if (plot->tics) out.text[0] = '\0';
  for (const struct plot_tic *tic = plot->tics; tic; tic = tic->next) {
    if (tic->label && fabs(tic->at - point->x) <= 1e-9 * fabs(point->x) &&
        strcmp(tic->label, point->name) != 0)
      snprintf(out.text, sizeof out.text, "%s", tic->label);
  }
  return out;
}

static void number(struct embedding *e, const char *text) {
  if (e->plot->set && e->plot->set->decimal_commas)
    number_append_with_commas(e->out, text);
  else
    buf_append_text(e->out, text);
}

// "Batch: 24", a line break, "Throughput (tokens/s): 355.074 [340.3, 370.5]".
static void point_words(struct embedding *e, const struct plot_point *point) {
  const char *y_label = e->series->second ? e->plot->y2_label : e->plot->y_label;
  if (e->series->label && !(y_label && strcmp(e->series->label, y_label) == 0)) {
    escaped_text(e->out, e->series->label);
    buf_append_char(e->out, '\n');
  }
  if (*point->name) {
    escaped_text(e->out, point->name);
    buf_append_char(e->out, '\n');
  }
  struct number_text x = x_words(e->plot, point);
  if (e->plot->x_label && *x.text) {
    escaped_text(e->out, e->plot->x_label);
    buf_append_text(e->out, ": ");
  }
  if (*x.text) {
    escaped_text(e->out, x.text);
    buf_append_char(e->out, '\n');
  }
  if (e->series->bare) return;
  if (y_label) {
    escaped_text(e->out, y_label);
    buf_append_text(e->out, ": ");
  }
  struct number_text interval = number_interval(point->lo, point->hi, 4);
  number(e, number_six(point->y).text);
  if (*interval.text) buf_append_char(e->out, ' ');
  number(e, interval.text);
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
  point_words(e, point);
  buf_append_text(e->out, "</title></use>");
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

static bool known(const struct svg_colours *colours, const char *text, size_t len) {
  for (size_t i = 0; i < colours->count; i++) {
    if (strlen(colours->texts[i]) == len && memcmp(colours->texts[i], text, len) == 0) return true;
  }
  return false;
}

void svg_colours_collect(struct svg_colours *colours, const char *text, size_t len) {
  const char *end = text + len;
  for (const char *at = text; (at = find(at, end, "rgb(")); at++) {
    const char *close = find(at, end, ")");
    if (!close || colours->count == SVG_COLOURS_MAX) return;
    size_t size = (size_t)(close + 1 - at);
    if (size >= SVG_COLOUR_LENGTH || known(colours, at, size)) continue;
    memcpy(colours->texts[colours->count], at, size);
    colours->texts[colours->count++][size] = '\0';
  }
}

void svg_colours_at_night(const struct svg_colours *colours, struct buf *out) {
  static const char *const properties[] = {"fill", "stroke", "color"};
  if (colours->count == 0) return;
  buf_append_text(out, "@media screen and (prefers-color-scheme:dark){\n");
  for (size_t i = 0; i < colours->count; i++) {
    unsigned char red, green, blue;
    if (sscanf(colours->texts[i], "rgb( %hhu , %hhu , %hhu )", &red, &green, &blue) != 3) continue;
    struct colour_text night = colour_hex(colour_at_night((struct colour){red, green, blue}));
    for (size_t p = 0; p < sizeof properties / sizeof properties[0]; p++)
      buf_printf(out, ".plot [%s='%s']{%s:%s}", properties[p], colours->texts[i], properties[p], night.text);
    buf_append_char(out, '\n');
  }
  buf_append_text(out, "}\n");
}
