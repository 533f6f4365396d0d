// SPDX-License-Identifier: GPL-3.0-or-later
//
// A document for the terminal: paragraphs folded to its width, tables aligned by display width, colours only
// when asked for.
#ifndef ANALYZE_REPORT_TEXT_H
#define ANALYZE_REPORT_TEXT_H

#include "analyze/report/document.h"

struct text_options {
  size_t width; // terminal columns, 0: 80
  bool colour;  // ANSI SGR sequences
};

// Appends the document; figures are left out. The status of the document when it is not whole, else that of
// `out`.
enum status text_render(const struct document *document, const struct text_options *options,
                        struct buf *out) MUST_USE;

#endif
