// SPDX-License-Identifier: GPL-3.0-or-later
//
// Makes an SVG that gnuplot wrote fit to stand inside a page beside others: its identifiers become unique,
// its text alternative is ours, and each data point tells its values when pointed at.
#ifndef ANALYZE_REPORT_SVG_H
#define ANALYZE_REPORT_SVG_H

#include "analyze/report/plot.h"

// Appends the <svg> element of `text` with every id and reference to one prefixed by `prefix`, class "plot"
// and `alternative` as its label. `plot` (NULL: unknown) is its description, for the points' values.
// STATUS_FORMAT when there is no whole <svg> element.
enum status svg_embed(const char *text, size_t len, const struct plot *plot, const char *prefix,
                      const char *alternative, struct buf *out) MUST_USE;

// Appends text with & < > and both quotes escaped, for HTML and XML alike.
void svg_escape(struct buf *out, const char *text, size_t len);

#endif
