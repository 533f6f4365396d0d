// SPDX-License-Identifier: GPL-3.0-or-later
//
// Turns what analyze has found out into a report: words, tables and pictures in one of the languages.
// Every statement about more or less comes from a test in the results (an interval, a ratio, the best set);
// where there is none a sentence replaces the comparison of bare numbers.
#ifndef ANALYZE_CHAPTERS_H
#define ANALYZE_CHAPTERS_H

#include "analyze/report/document.h"
#include "analyze/report/lang.h"
#include "analyze/report/plot.h"
#include "analyze/results/results.h"

// The whole report. `document` and `plots` (NULL: no figures) are started anew; the caller frees both, also
// on failure. Figures in the document name plots of the set. STATUS_MEMORY.
enum status chapters_build(const struct results *results, enum lang lang, struct document *document,
                           struct plot_set *plots, struct error *error) MUST_USE;

// What fits on a terminal: the best, its equals, one line per workers level, warnings, the curve.
enum status chapters_brief(const struct results *results, enum lang lang, struct document *document,
                           struct error *error) MUST_USE;

// Appends the sentence of results->warnings[index], plain, as scripts and logs want it.
enum status chapters_warning_text(const struct results *results, enum lang lang, size_t index,
                                  struct buf *out) MUST_USE;

#endif
