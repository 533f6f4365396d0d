// SPDX-License-Identifier: GPL-3.0-or-later
//
// A plot's description as a gnuplot script and its data file.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/report/colour.h"
#include "analyze/report/number.h"
#include "analyze/report/plot.h"

enum { TICS_MAX = 24, LABELS_MAX = 32 };

static const struct colour colours[] = {
    [PLOT_BLUE] = {0, 114, 178}, [PLOT_ORANGE] = {213, 94, 0},   [PLOT_GREEN] = {0, 158, 115},
    [PLOT_RED] = {193, 39, 45},  [PLOT_PURPLE] = {160, 86, 138}, [PLOT_GREY] = {127, 127, 127}};

struct range {
  double lo, hi;
};

struct extent {
  struct range x, y, y2;
};

static struct number_text exact(double value) {
  return number_significant(value, 10);
}

// One of five anchors with similar contrast on white and on black, interpolated.
static struct colour shade(double where) {
  static const double anchors[][3] = {
      {122, 45, 143}, {79, 90, 168}, {42, 134, 168}, {37, 160, 133}, {109, 170, 63}};
  enum { LAST = sizeof anchors / sizeof anchors[0] - 1 };
  double at = (where < 0 ? 0 : where > 1 ? 1 : where) * LAST;
  int below = at >= LAST ? LAST - 1 : (int)at;
  unsigned char rgb[3];
  for (int i = 0; i < 3; i++)
    rgb[i] =
        (unsigned char)lround(anchors[below][i] + (at - below) * (anchors[below + 1][i] - anchors[below][i]));
  return (struct colour){rgb[0], rgb[1], rgb[2]};
}

static struct colour_text colour_of(const struct plot_series *series) {
  return colour_hex(series->colour == PLOT_SHADE ? shade(series->shade) : colours[series->colour]);
}

// Words need more contrast than lines.
static struct colour_text word_colour(struct colour colour) {
  enum { TENTHS = 46 };
  return colour_hex(colour_readable(colour, colour_white, TENTHS / 10.0));
}

static struct colour_text word_colour_of(const struct plot_series *series) {
  return word_colour(series->colour == PLOT_SHADE ? shade(series->shade) : colours[series->colour]);
}

// Single quotes stop every substitution of gnuplot's; a quote inside is doubled, a line break a space.
static void quoted(struct buf *out, const char *text) {
  buf_append_char(out, '\'');
  for (; text && *text; text++) {
    if (*text == '\'') buf_append_char(out, '\'');
    buf_append_char(out, (unsigned char)*text < 0x20 ? ' ' : *text);
  }
  buf_append_char(out, '\'');
}

static bool drawn(const struct plot_point *point) {
  return isfinite(point->x) && isfinite(point->y);
}

static size_t drawn_count(const struct plot_series *series) {
  size_t count = 0;
  for (size_t i = 0; i < series->count; i++)
    count += drawn(&series->points[i]);
  return count;
}

static bool has_bars(const struct plot_series *series) {
  for (size_t i = 0; i < series->count; i++) {
    const struct plot_point *point = &series->points[i];
    if (drawn(point) && isfinite(point->lo) && isfinite(point->hi)) return true;
  }
  return false;
}

static void widen(struct range *range, double value) {
  if (!isfinite(value)) return;
  range->lo = fmin(range->lo, value);
  range->hi = fmax(range->hi, value);
}

static struct extent extent_of(const struct plot *plot) {
  struct extent extent = {{INFINITY, -INFINITY}, {INFINITY, -INFINITY}, {INFINITY, -INFINITY}};
  for (const struct plot_series *series = plot->series; series; series = series->next) {
    struct range *y = series->second ? &extent.y2 : &extent.y;
    for (size_t i = 0; i < series->count; i++) {
      const struct plot_point *point = &series->points[i];
      if (!drawn(point)) continue;
      widen(&extent.x, point->x);
      widen(y, point->y);
      widen(y, point->lo);
      widen(y, point->hi);
    }
  }
  for (const struct plot_mark *mark = plot->marks; mark; mark = mark->next) {
    if (mark->from == mark->to) widen(&extent.x, mark->from);
  }
  if (extent.x.lo > extent.x.hi) extent.x = (struct range){1, 2};
  return extent;
}

static struct range padded_x(const struct plot *plot, struct range x) {
  if (plot->x_log) {
    double factor = x.hi > x.lo ? pow(x.hi / x.lo, 0.03) : 2;
    return (struct range){x.lo / factor, x.hi * factor};
  }
  double room = x.hi > x.lo ? 0.03 * (x.hi - x.lo) : 1;
  return (struct range){x.lo >= 0 && x.lo < 0.15 * x.hi ? 0 : x.lo - room, x.hi + room};
}

// A quantity that is compared by height starts at zero, unless its axis is logarithmic.
static struct range padded_y(const struct plot *plot, struct range y, bool logarithmic) {
  if (y.lo > y.hi) return (struct range){0, 1};
  if (plot->y_from_data) {
    double room = y.hi > y.lo ? 0.08 * (y.hi - y.lo) : 0.1 * fabs(y.hi) + 0.01;
    return (struct range){y.lo - room, y.hi + room};
  }
  if (logarithmic && y.lo > 0) return (struct range){y.lo / 1.2, y.hi * 1.2};
  double top = y.hi > 0 ? y.hi * 1.08 : 1;
  return (struct range){y.lo < 0 ? y.lo * 1.08 : 0, top};
}

// Where a value lies between the borders, 0 to 1.
static double place(struct range range, bool logarithmic, double value) {
  if (logarithmic && range.lo > 0) return log(value / range.lo) / log(range.hi / range.lo);
  return (value - range.lo) / (range.hi - range.lo);
}

static int ascending(const void *a, const void *b) {
  const double *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

// Ticks stand at the measured values; one too close to its neighbour has no number.
static void tics_at_points(const struct plot *plot, struct range x, struct buf *out) {
  size_t count = 0, total = 0;
  for (const struct plot_series *series = plot->series; series; series = series->next)
    total += series->count;
  double *values = calloc(total + 1, sizeof *values);
  if (!values) {
    out->status = STATUS_MEMORY;
    return;
  }
  for (const struct plot_series *series = plot->series; series; series = series->next) {
    for (size_t i = 0; i < series->count; i++) {
      if (drawn(&series->points[i])) values[count++] = series->points[i].x;
    }
  }
  qsort(values, count, sizeof *values, ascending);
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    if (kept == 0 || values[i] != values[kept - 1]) values[kept++] = values[i];
  }
  if (kept > 0 && kept <= TICS_MAX) {
    double last = -1;
    buf_append_text(out, "set xtics (");
    for (size_t i = 0; i < kept; i++) {
      double at = place(x, plot->x_log, values[i]);
      bool room = at - last >= 0.025;
      buf_printf(out, "%s\"%s\" %s", i ? ", " : "", room ? exact(values[i]).text : "", exact(values[i]).text);
      if (room) last = at;
    }
    buf_append_text(out, ")\n");
  }
  free(values);
}

static void named_tics(const struct plot *plot, struct buf *out) {
  buf_append_text(out, "set xtics (");
  for (const struct plot_tic *tic = plot->tics; tic; tic = tic->next) {
    quoted(out, tic->label);
    buf_printf(out, " %s%s", exact(tic->at).text, tic->next ? ", " : "");
  }
  buf_append_text(out, ")\n");
}

// gnuplot's own logarithmic ticks are a decade apart: too few where the data span little more than one.
static void tics_in_decades(struct range y, struct buf *out) {
  static const int steps[] = {1, 2, 5};
  enum { DECADES_MAX = 3 };
  if (y.hi / y.lo > pow(10, DECADES_MAX)) return;
  bool any = false;
  for (int decade = (int)floor(log10(y.lo)); decade <= (int)floor(log10(y.hi)); decade++) {
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
      double at = steps[i] * pow(10, decade);
      if (at < y.lo || at > y.hi) continue;
      buf_printf(out, "%s%s", any ? ", " : "set ytics (", exact(at).text);
      any = true;
    }
  }
  if (any) buf_append_text(out, ")\n");
}

static void axis_label(struct buf *out, const char *axis, const char *text, const char *colour) {
  if (!text) return;
  buf_printf(out, "set %slabel ", axis);
  quoted(out, text);
  if (colour) buf_printf(out, " textcolor rgb \"%s\"", colour);
  buf_append_char(out, '\n');
}

static const char *axis_colour(const struct plot *plot, bool second, struct colour_text *out) {
  if (!plot->y2_label) return NULL;
  for (const struct plot_series *series = plot->series; series; series = series->next) {
    if (series->second != second) continue;
    *out = word_colour_of(series);
    return out->text;
  }
  return NULL;
}

static void axes(const struct plot *plot, const struct extent *extent, struct buf *out) {
  struct range x = padded_x(plot, extent->x), y = padded_y(plot, extent->y, plot->y_log);
  struct colour_text left, right;
  if (plot->x_log) buf_append_text(out, "set logscale x 2\n");
  if (plot->y_log) buf_append_text(out, "set logscale y 10\n");
  buf_printf(out, "set xrange [%s:%s]\nset yrange [%s:%s]\n", exact(x.lo).text, exact(x.hi).text,
             exact(y.lo).text, exact(y.hi).text);
  if (extent->y.hi <= 0 && extent->y.lo >= 0) buf_append_text(out, "set ytics (0)\n"); // nothing but failures
  if (plot->y_log && y.lo > 0) tics_in_decades(y, out);
  if (plot->tics) named_tics(plot, out);
  axis_label(out, "x", plot->x_label, NULL);
  axis_label(out, "y", plot->y_label, axis_colour(plot, false, &left));
  if (plot->x_tics_at_points) tics_at_points(plot, x, out);
  if (!plot->y2_label) return;
  struct range y2 = padded_y(plot, extent->y2, false);
  buf_printf(out, "set y2range [%s:%s]\nset y2tics\n", exact(y2.lo).text, exact(y2.hi).text);
  axis_label(out, "y2", plot->y2_label, axis_colour(plot, true, &right));
}

static void mark_end(struct buf *out, double x, bool upper) {
  if (isfinite(x)) {
    buf_printf(out, "first %s", exact(x).text);
  } else {
    buf_printf(out, "graph %d", upper ? 1 : 0);
  }
}

// Their labels stand one above the other, as two of them may be near.
static void marks(const struct plot *plot, const struct extent *extent, struct buf *out) {
  struct range x = padded_x(plot, extent->x);
  double height = 0.05;
  for (const struct plot_mark *mark = plot->marks; mark; mark = mark->next) {
    bool line = mark->from == mark->to;
    struct colour_text colour = colour_hex(colours[mark->colour]);
    buf_append_text(out, line ? "set arrow from " : "set object rectangle from ");
    mark_end(out, mark->from, false);
    buf_append_text(out, ", graph 0 to ");
    mark_end(out, mark->to, true);
    buf_printf(out,
               line ? ", graph 1 nohead back lc rgb \"%s\" lw 2 dt %d\n"
                    : ", graph 1 behind fc rgb \"%s\" fs transparent solid 0.15 noborder\n",
               colour.text, mark->colour == PLOT_GREEN ? 2 : 3);
    if (!mark->label) continue;
    buf_append_text(out, "set label ");
    quoted(out, mark->label);
    buf_append_text(out, " at ");
    mark_end(out, mark->from, false);
    bool before = isfinite(mark->from) && place(x, plot->x_log, mark->from) > 0.75; // no room behind it
    buf_printf(out, ", graph %s %s,0 textcolor rgb \"%s\"\n", number_fixed(height, 2).text,
               before ? "right offset -0.7" : "left offset 0.7", word_colour(colours[mark->colour]).text);
    height += 0.07;
  }
}

struct direct_label {
  const struct plot_series *series;
  double x, y;         // of the last point
  double left, height; // the same as shares of the plot, and where the label goes
};

// Labels of lines that end near each other are pushed apart until none covers another.
static void spread(struct direct_label *labels, size_t count) {
  enum { ROUNDS = 200 };
  const double near = 0.09, apart = 0.046;
  bool moved = true;
  for (int round = 0; round < ROUNDS && moved; round++) {
    moved = false;
    for (size_t i = 0; i < count; i++) {
      for (size_t j = i + 1; j < count; j++) {
        double gap = labels[j].height - labels[i].height;
        if (fabs(labels[i].left - labels[j].left) > near || fabs(gap) >= apart) continue;
        double push = (apart - fabs(gap)) / 2 + 1e-4, sign = gap < 0 ? -1 : 1;
        labels[i].height -= sign * push;
        labels[j].height += sign * push;
        moved = true;
      }
    }
  }
}

static void direct_labels(const struct plot *plot, const struct extent *extent, struct buf *out) {
  struct direct_label labels[LABELS_MAX];
  size_t count = 0;
  struct range x = padded_x(plot, extent->x), y = padded_y(plot, extent->y, plot->y_log);
  for (const struct plot_series *series = plot->series; series; series = series->next) {
    if (!series->direct || !series->label || count == LABELS_MAX) continue;
    const struct plot_point *last = NULL;
    for (size_t i = 0; i < series->count; i++)
      if (drawn(&series->points[i])) last = &series->points[i];
    if (!last) continue;
    double left = plot->labels_at_border ? 1 : place(x, plot->x_log, last->x);
    labels[count++] = (struct direct_label){series, last->x, last->y, left, place(y, plot->y_log, last->y)};
  }
  if (count == 0) return;
  spread(labels, count);
  buf_append_text(out, "set rmargin 12\n");
  for (size_t i = 0; i < count; i++) {
    buf_append_text(out, "set label ");
    quoted(out, labels[i].series->label);
    buf_append_text(out, " at ");
    if (plot->labels_at_border) {
      buf_append_text(out, "graph 1");
    } else {
      buf_printf(out, "first %s", exact(labels[i].x).text);
    }
    buf_printf(out, ", graph %s left offset 1,0 font \",12\" textcolor rgb \"%s\"\n",
               number_fixed(labels[i].height, 4).text, word_colour_of(labels[i].series).text);
  }
}

// From the last point back: on a rising front the highest matter most.
static void point_names(const struct plot *plot, const struct extent *extent, struct buf *out) {
  struct {
    double x, y;
  } used[LABELS_MAX];
  size_t count = 0;
  struct range x = padded_x(plot, extent->x), y = padded_y(plot, extent->y, plot->y_log);
  for (const struct plot_series *series = plot->series; series; series = series->next) {
    for (size_t i = series->named ? series->count : 0; i-- > 0 && count < LABELS_MAX;) {
      const struct plot_point *point = &series->points[i];
      if (!drawn(point) || !*point->name) continue;
      double left = place(x, plot->x_log, point->x), height = place(y, plot->y_log, point->y);
      bool room = true;
      for (size_t j = 0; j < count; j++)
        room = room && (fabs(used[j].x - left) > 0.08 || fabs(used[j].y - height) > 0.05);
      if (!room) continue;
      used[count].x = left;
      used[count++].y = height;
      buf_append_text(out, "set label ");
      quoted(out, point->name);
      buf_printf(out, " at first %s, first %s left offset 0.6,-0.8 font \",12\" textcolor rgb \"%s\"\n",
                 exact(point->x).text, exact(point->y).text, word_colour_of(series).text);
    }
  }
}

static void series_title(const struct plot_series *series, struct buf *out) {
  if (!series->label || series->direct) {
    buf_append_text(out, "notitle");
    return;
  }
  buf_append_text(out, "title ");
  quoted(out, series->label);
}

static void series_element(const struct plot *plot, const struct plot_series *series, size_t index,
                           struct buf *out) {
  struct colour_text colour = colour_of(series);
  const char *axes_used = series->second ? " axes x1y2" : "";
  int point = series->colour == PLOT_RED ? 2 : series->hollow ? 6 : series->second ? 9 : 7;
  // Bars first: they would blank the point that they stand on.
  if (series->style != PLOT_BAND && has_bars(series)) {
    buf_printf(out,
               "'%s.dat' index %zu using 1:2:3:4%s with yerrorbars pt 7 ps 0 lw 1.5 lc rgb \"%s\" notitle, "
               "\\\n     ",
               plot->name, index, axes_used, colour.text);
  }
  buf_printf(out, "'%s.dat' index %zu ", plot->name, index);
  switch (series->style) {
  case PLOT_BAND:
    buf_printf(out, "using 1:3:4%s with filledcurves fc rgb \"%s\" fs transparent solid 0.2 noborder ",
               axes_used, colour.text);
    break;
  case PLOT_LINE:
    buf_printf(out, "using 1:2%s with lines lw 2.5 dt %d lc rgb \"%s\" ", axes_used, series->dashed ? 2 : 1,
               colour.text);
    break;
  case PLOT_POINTS:
    buf_printf(out, "using 1:2%s with points pt %d ps 1.2 lw 2 lc rgb \"%s\" ", axes_used, point,
               colour.text);
    break;
  case PLOT_LINE_POINTS:
    buf_printf(out, "using 1:2%s with linespoints lw 2 dt %d pt %d ps 1 lc rgb \"%s\" ", axes_used,
               series->dashed ? 2 : 1, point, colour.text);
    break;
  }
  series_title(series, out);
}

static void plot_command(const struct plot *plot, struct buf *out) {
  size_t index = 0;
  for (const struct plot_series *series = plot->series; series; series = series->next) {
    if (drawn_count(series) == 0) continue;
    buf_append_text(out, index ? ", \\\n     " : "plot ");
    series_element(plot, series, index++, out);
  }
  buf_append_text(out, index ? "\n" : "plot NaN notitle\n");
}

static bool has_key(const struct plot *plot) {
  for (const struct plot_series *series = plot->series; series; series = series->next) {
    if (series->label && !series->direct && drawn_count(series) > 0) return true;
  }
  return false;
}

enum status plot_script(const struct plot *plot, struct buf *out) {
  struct extent extent = extent_of(plot);
  buf_printf(out, "# gnuplot %s.gp, in this folder, draws %s.png and %s.svg again.\n", plot->name, plot->name,
             plot->name);
  buf_append_text(
      out, "reset session\nset encoding utf8\nset datafile missing \"?\"\n"
           "set border 3 lc rgb \"#808080\"\nset tics nomirror out scale 0.5 textcolor rgb \"#404040\"\n"
           "set grid ytics lt 1 lw 0.5 lc rgb \"#D8D8D8\"\n");
  if (plot->set && plot->set->decimal_commas) buf_append_text(out, "set decimalsign ','\n");
  bool key = has_key(plot);
  buf_append_text(
      out, key ? "set key at graph 0, graph 1.02 left bottom horizontal Left reverse samplen 2.5 width 5\n"
                 "set tmargin 5\n"
               : "unset key\nset tmargin 3\n");
  if (plot->y2_label) buf_append_text(out, "set border 11\n");
  if (plot->title) {
    buf_append_text(out, "set title ");
    quoted(out, plot->title);
    buf_printf(out, " offset 0,%s font \",17\"\n", key ? "1.2" : "0");
  }
  axes(plot, &extent, out);
  marks(plot, &extent, out);
  direct_labels(plot, &extent, out);
  point_names(plot, &extent, out);
  buf_printf(out,
             "set terminal pngcairo size 1280,640 font \"DejaVu Sans,15\" noenhanced\nset output '%s.png'\n",
             plot->name);
  plot_command(plot, out);
  buf_printf(out,
             "set terminal svg size %s dynamic font \"DejaVu Sans,14\" noenhanced\nset output '%s.svg'\n"
             "replot\nset output\n",
             plot->compact ? "680,420" : "960,480", plot->name);
  return out->status;
}

static const char *value_or_none(double value, struct number_text *text) {
  if (!isfinite(value)) return "?";
  *text = exact(value);
  return text->text;
}

enum status plot_data(const struct plot *plot, struct buf *out) {
  bool first = true;
  for (const struct plot_series *series = plot->series; series; series = series->next) {
    if (drawn_count(series) == 0) continue;
    if (!first) buf_append_text(out, "\n\n");
    first = false;
    buf_append_text(out, "# ");
    for (const char *at = series->label ? series->label : ""; *at; at++)
      buf_append_char(out, (unsigned char)*at < 0x20 ? ' ' : *at);
    buf_append_text(out, "\n# x y lo hi\n");
    for (size_t i = 0; i < series->count; i++) {
      const struct plot_point *point = &series->points[i];
      struct number_text lo, hi;
      if (!drawn(point)) continue;
      buf_printf(out, "%s %s %s %s\n", exact(point->x).text, exact(point->y).text,
                 value_or_none(point->lo, &lo), value_or_none(point->hi, &hi));
    }
  }
  return out->status;
}
