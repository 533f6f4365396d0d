// SPDX-License-Identifier: GPL-3.0-or-later
//
// A document as Markdown (CommonMark with GitHub's tables), aligned so that it also reads well as it stands.
#ifndef ANALYZE_REPORT_MARKDOWN_H
#define ANALYZE_REPORT_MARKDOWN_H

#include "analyze/report/document.h"

struct markdown_options {
  const char *picture_folder; // "plots": figures become links to plots/NAME.png; NULL: figures are left out
};

// Appends the document. The status of the document when it is not whole, else that of `out`.
enum status markdown_render(const struct document *document, const struct markdown_options *options,
                            struct buf *out) MUST_USE;

#endif
