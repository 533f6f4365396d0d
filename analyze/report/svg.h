// SPDX-License-Identifier: GPL-3.0-or-later
//
// Makes an SVG that gnuplot wrote fit to stand inside a page beside others: its identifiers become unique,
// its text alternative is ours, and each data point shows its values when pointed at.
#ifndef ANALYZE_REPORT_SVG_H
#define ANALYZE_REPORT_SVG_H

#include "analyze/report/plot.h"

// Appends the <svg> element of `text` with every id and reference to one prefixed by `prefix`, class "plot"
// and `alternative` as its label. `plot` (NULL: unknown) is its description, for the points' values.
// STATUS_FORMAT when there is no whole <svg> element.
enum status svg_embed(const char *text, size_t len, const struct plot *plot, const char *prefix,
                      const char *alternative, struct buf *out) MUST_USE;

// The different "rgb(r, g, b)" of some pictures, as they are written there; beyond SVG_COLOURS_MAX they are
// not kept, and stay as they are at night. All zero is an empty collection.
enum { SVG_COLOURS_MAX = 64, SVG_COLOUR_LENGTH = 24 };
struct svg_colours {
  char texts[SVG_COLOURS_MAX][SVG_COLOUR_LENGTH];
  size_t count;
};
void svg_colours_collect(struct svg_colours *colours, const char *text, size_t len);

// Appends the rules of style that give the pictures (class "plot") readable colours on a dark screen.
void svg_colours_at_night(const struct svg_colours *colours, struct buf *out);

// Appends text with & < > and both quotes escaped, for HTML and XML alike.
void svg_escape(struct buf *out, const char *text, size_t len);

#endif
