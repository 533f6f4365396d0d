// SPDX-License-Identifier: GPL-3.0-or-later
//
// A report as a tree of parts: sections, paragraphs, tables, figures, lists. It has no language, no output
// format and no numbers; a renderer (markdown.h, html.h, text.h) walks it.
//
// Texts are UTF-8 and copied. Inside a text DOCUMENT_STRONG and DOCUMENT_CODE switch a style on and off; all
// other control characters but the newline become spaces and bytes that are no UTF-8 become U+FFFD, so that
// foreign words (a model's name, a server's message) can change neither style nor terminal.
// The first failure sticks in document.status; later calls do nothing and answer NULL, which every call takes
// as its parent, so that a whole report may be checked once, at its end.
#ifndef ANALYZE_REPORT_DOCUMENT_H
#define ANALYZE_REPORT_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"

#define DOCUMENT_STRONG "\x01"
#define DOCUMENT_CODE "\x02"

enum document_kind {
  DOCUMENT_ROOT,        // text: the title
  DOCUMENT_SECTION,     // text: the heading; children follow it
  DOCUMENT_PARAGRAPH,   // text
  DOCUMENT_TABLE,       // columns, cells; text: the caption, or empty
  DOCUMENT_FIGURE,      // name, alternative; text: the caption, or empty
  DOCUMENT_LIST,        // children: DOCUMENT_ITEM
  DOCUMENT_ITEM,        // text; children: a list
  DOCUMENT_CALLOUT,     // text, a note or warning that changes the reading
  DOCUMENT_DEFINITIONS, // children: DOCUMENT_DEFINITION
  DOCUMENT_DEFINITION,  // name, text
  DOCUMENT_RULE,
  DOCUMENT_CODE_BLOCK // text, verbatim: commands for a shell
};

enum document_align { DOCUMENT_LEFT, DOCUMENT_RIGHT, DOCUMENT_DECIMAL };

// What a renderer may show of a cell besides its text; the text has the same in words. The terminal colours
// a row by its first cell.
enum document_mark { DOCUMENT_PLAIN, DOCUMENT_BEST, DOCUMENT_EQUAL, DOCUMENT_MUTED, DOCUMENT_BAD };

enum document_tone { DOCUMENT_NOTE, DOCUMENT_WARNING, DOCUMENT_ANSWER };

struct document_column {
  char *heading;
  enum document_align align;
};

struct document_cell {
  char *text;
  enum document_mark mark;
  double shade; // how deep a renderer may colour it, up to 1; 0: not at all
};

struct document_node {
  enum document_kind kind;
  struct document *document;
  struct document_node *parent, *first, *last, *next;
  char *text;        // never NULL in a finished node
  char *name;        // figure: its plot; definition: the term; else NULL
  char *alternative; // figure: what it shows, in words
  bool ordered;      // list
  bool folded;       // section: a page shows its heading, and the rest when asked
  enum document_tone tone;
  struct document_column *columns; // table
  size_t column_count;
  struct document_cell *cells; // row by row
  size_t cell_count, cell_capacity;
};

// All zero is an empty document.
struct document {
  struct document_node *root;
  enum status status;           // of the first call that failed
  bool decimal_commas;          // in numbers of cells that come from now on
  struct document_node *marked; // a callout may be added behind it later; NULL: none
};

// Starts it (freeing what was there); returns the root.
struct document_node *document_start(struct document *document, const char *title);
void document_free(struct document *document); // takes an empty one

struct document_node *document_section(struct document_node *parent, const char *heading);
void document_fold(struct document_node *section);
struct document_node *document_paragraph(struct document_node *parent, const char *text);
struct document_node *document_callout(struct document_node *parent, enum document_tone tone,
                                       const char *text);
// Marks the end of what `parent` holds now; document_callout_at_mark adds a callout there.
void document_mark(struct document_node *parent);
void document_callout_at_mark(struct document *document, enum document_tone tone, const char *text);
struct document_node *document_list(struct document_node *parent, bool ordered);
struct document_node *document_item(struct document_node *list, const char *text);
struct document_node *document_definitions(struct document_node *parent);
struct document_node *document_definition(struct document_node *definitions, const char *term,
                                          const char *text);
struct document_node *document_figure(struct document_node *parent, const char *plot_name,
                                      const char *alternative, const char *caption);
struct document_node *document_rule(struct document_node *parent);
struct document_node *document_code_block(struct document_node *parent, const char *text);

// A table grows by columns first, then by cells, row after row. A row that is not full is filled with empty
// cells by document_row_end.
struct document_node *document_table(struct document_node *parent, const char *caption);
void document_column(struct document_node *table, const char *heading, enum document_align align);
void document_cell(struct document_node *table, const char *text, enum document_mark mark);
void document_cell_shade(struct document_node *table, double shade); // of the cell added last
void document_row_end(struct document_node *table);
size_t document_row_count(const struct document_node *table);

// Depth of a section: 2 for one right under the root (whose title is 1).
int document_level(const struct document_node *section);

// Walks the stretches of one style in a text: start with *at = text and style {0}; false at its end.
struct document_span {
  const char *text; // not terminated
  size_t len;
  bool strong, code;
};
bool document_span_next(const char **at, struct document_span *span);

// Columns that the text takes on a terminal, without its style switches: combining marks 0, wide (CJK, emoji)
// characters 2, every other 1.
size_t document_width(const char *text);

#endif
