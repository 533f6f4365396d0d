// SPDX-License-Identifier: GPL-3.0-or-later
//
// A document as one self-contained HTML page: nothing is loaded from elsewhere, it reads on light and dark
// screens and on paper, and its tables can be sorted; without scripts it is only a page.
#ifndef ANALYZE_REPORT_HTML_H
#define ANALYZE_REPORT_HTML_H

#include "analyze/report/document.h"
#include "analyze/report/plot.h"

struct html_options {
  const char *language;         // for the lang attribute: "en", "ru"
  const char *contents;         // heading of the table of contents; NULL: there is none
  const char *warnings;         // names the box of warnings for those who cannot see it; NULL: no name
  const char *svg_folder;       // figures come from SVG_FOLDER/NAME.svg; NULL: they are left out
  const struct plot_set *plots; // their descriptions, so that points show their values; NULL: unknown
  int stop_fd;                  // it stops when this can be read; 0: none
};

// Appends the page. A figure whose SVG is not there is replaced by its words. The status of the document when
// it is not whole, STATUS_CANCELLED when stop_fd became readable (then there is only part of a page), else
// that of `out`.
enum status html_render(const struct document *document, const struct html_options *options,
                        struct buf *out) MUST_USE;

#endif
