// SPDX-License-Identifier: GPL-3.0-or-later
//
// How wide the columns of a table come out in characters, for the renderers that align with spaces.
// Decimal columns are aligned on the point, as tabulate (and so pandas' to_markdown) does it.
#ifndef ANALYZE_REPORT_LAYOUT_H
#define ANALYZE_REPORT_LAYOUT_H

#include "analyze/report/document.h"

struct layout_column {
  size_t width; // of the widest cell or heading, in terminal columns
  size_t cells; // of the widest cell alone
  size_t after; // DOCUMENT_DECIMAL: room for the point and what follows it
};

struct layout {
  struct layout_column *columns; // one per column of the table
  char **headings;
  size_t heading_count;
  char **texts; // the cells as they are to be printed, row by row
  size_t text_count;
};

// `show` appends one cell's text as the renderer writes it (escaped, styles resolved); widths are of that.
// `least` is added to the width of each heading. STATUS_MEMORY.
typedef void layout_show(struct buf *out, const char *text);
enum status layout_make(const struct document_node *table, layout_show *show, size_t least,
                        struct layout *out) MUST_USE;
void layout_free(struct layout *layout);

// Appends `text` padded to column `index` of the table.
void layout_pad(const struct layout *layout, const struct document_node *table, size_t index,
                const char *text, bool heading, struct buf *out);

#endif
