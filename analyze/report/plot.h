// SPDX-License-Identifier: GPL-3.0-or-later
//
// Pictures as plain descriptions (series, axes, marks), and what becomes of them: for each plot a gnuplot
// script, its data, a PNG and an SVG in one folder, so that a reader can restyle a picture without us.
//
// Texts are UTF-8 and copied. A point with NaN in x or y is left out; NaN in lo or hi means no bar.
// The first failure sticks in plot_set.status; later calls do nothing, and NULL is taken everywhere.
#ifndef ANALYZE_REPORT_PLOT_H
#define ANALYZE_REPORT_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"

enum plot_style { PLOT_LINE, PLOT_POINTS, PLOT_LINE_POINTS, PLOT_BAND };

// Okabe and Ito's colours, distinct with every common colour blindness, and a sequence for ordered series.
enum plot_colour { PLOT_BLUE, PLOT_ORANGE, PLOT_GREEN, PLOT_RED, PLOT_PURPLE, PLOT_GREY, PLOT_SHADE };

struct plot_point {
  double x, y, lo, hi;
  char name[24]; // what it is ("24×48"), for those who point at it; may be empty
};

struct plot_series {
  char *label; // in the key, or beside the last point; NULL: nowhere
  bool direct; // beside the last point; with plot.labels_at_border beside the plot, at that point's height
  bool second; // belongs to the right axis
  bool named;  // points that have a name and room for it show it
  bool dashed; // lines
  bool hollow; // points
  bool bare;   // y is only where its points stand, and no value
  enum plot_style style;
  enum plot_colour colour;
  double shade; // PLOT_SHADE: 0 (dark) to 1 (light)
  struct plot_point *points;
  size_t count, capacity;
  struct plot_series *next;
  struct plot_set *set;
};

// A vertical line at from == to, else a shaded interval of x; an infinite end reaches the border.
struct plot_mark {
  double from, to;
  enum plot_colour colour;
  char *label;
  struct plot_mark *next;
};

// A tick of the x axis: a text in place of its number.
struct plot_tic {
  double at;
  char *label;
  struct plot_tic *next;
};

struct plot {
  char *name;                                 // of its files: letters, digits, '_' and '-'
  char *title, *x_label, *y_label, *y2_label; // y2_label NULL: no right axis
  bool x_log;                                 // base 2, all x must be positive
  bool compact;                               // its words are as large beside less of a picture
  bool y_from_data;                           // y does not start at zero: differences, ratios
  bool y_log;                                 // base 10
  bool x_tics_at_points;                      // ticks stand where points stand
  struct plot_series *series, *last_series;
  bool labels_at_border;            // for lines that end at different x but near each other in y
  struct plot_tic *tics, *last_tic; // none: numbers, where gnuplot puts them
  struct plot_mark *marks;
  struct plot *next;
  struct plot_set *set;
};

// All zero is an empty set.
struct plot_set {
  struct plot *first, *last;
  bool decimal_commas; // at ticks and points
  enum status status;
};

void plot_set_free(struct plot_set *set); // takes an empty one
struct plot *plot_add(struct plot_set *set, const char *name);
const struct plot *plot_find(const struct plot_set *set, const char *name); // NULL: none
void plot_text(struct plot *plot, char **where, const char *text);          // sets one of the plot's texts
struct plot_series *plot_series_add(struct plot *plot, enum plot_style style, enum plot_colour colour,
                                    const char *label);
void plot_point_add(struct plot_series *series, double x, double y, double lo, double hi);
void plot_cell_add(struct plot_series *series, double x, double y, const char *name); // without a bar
void plot_tic_add(struct plot *plot, double at, const char *label);
void plot_mark_add(struct plot *plot, double from, double to, enum plot_colour colour, const char *label);

// The script, run in the folder of NAME.dat, writes NAME.png and NAME.svg. The data: one indexed block per
// series with the columns x y lo hi, "?" for none.
enum status plot_script(const struct plot *plot, struct buf *out) MUST_USE;
enum status plot_data(const struct plot *plot, struct buf *out) MUST_USE;

struct plot_options {
  const char *gnuplot; // NULL: "gnuplot" by PATH
  int64_t limit_ns;    // for all pictures together; 0: 60 s
  int stop_fd;         // drawing stops when this can be read; 0: none
};

// Writes scripts and data of the whole set into `folder` (which exists) and runs one gnuplot on them.
// STATUS_IO when a file cannot be written; STATUS_NOT_FOUND: no gnuplot; STATUS_LIMIT: it took too long and
// was stopped; STATUS_CANCELLED: stop_fd became readable; STATUS_FORMAT with its first line when it failed.
// Scripts and data stay in each of these.
enum status plot_set_write(const struct plot_set *set, const char *folder, const struct plot_options *options,
                           struct error *error) MUST_USE;

#endif
