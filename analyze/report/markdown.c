// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/report/markdown.h"

#include <ctype.h>
#include <string.h>

#include "analyze/report/layout.h"

struct writer {
  struct buf *out;
  const struct markdown_options *options;
  bool quoting; // the part before was a callout
};

enum place { PLACE_TEXT, PLACE_CELL };

static bool word_character(char c) {
  return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

// What CommonMark 0.30 (2.4) and GitHub's extensions would take for markup at this place.
static bool needs_escape(const char *text, size_t at, size_t len, enum place place) {
  char c = text[at], next = at + 1 < len ? text[at + 1] : '\0', before = at > 0 ? text[at - 1] : '\0';
  switch (c) {
  case '\\':
  case '`':
  case '*':
  case '<':
  case '~': return true;
  case '&': return next == '#' || isalpha((unsigned char)next);
  case '_': return !(word_character(before) && word_character(next));
  case ']': return next == '(' || next == '[';
  case '|': return place == PLACE_CELL;
  default: return false;
  }
}

static void escape(struct buf *out, const char *text, size_t len, enum place place) {
  for (size_t i = 0; i < len; i++) {
    if (text[i] == '\n') {
      buf_append_text(out, place == PLACE_CELL ? "<br>" : " "); // a new line could begin a heading
      continue;
    }
    if (needs_escape(text, i, len, place)) buf_append_char(out, '\\');
    buf_append_char(out, text[i]);
  }
}

static size_t longest_backticks(const char *text, size_t len) {
  size_t longest = 0, run = 0;
  for (size_t i = 0; i < len; i++) {
    run = text[i] == '`' ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return longest;
}

static void repeat(struct buf *out, char c, size_t count) {
  while (count-- > 0)
    buf_append_char(out, c);
}

// A code span is fenced by more backticks than it holds (CommonMark 6.1).
static void code(struct buf *out, const char *text, size_t len, enum place place) {
  size_t inside = longest_backticks(text, len);
  repeat(out, '`', inside + 1);
  if (inside) buf_append_char(out, ' ');
  for (size_t i = 0; i < len; i++) {
    if (place == PLACE_CELL && text[i] == '|') buf_append_char(out, '\\');
    buf_append_char(out, text[i] == '\n' ? ' ' : text[i]);
  }
  if (inside) buf_append_char(out, ' ');
  repeat(out, '`', inside + 1);
}

static void inline_text(struct buf *out, const char *text, enum place place) {
  struct document_span span = {0};
  bool strong = false;
  while (document_span_next(&text, &span)) {
    if (span.strong != strong) buf_append_text(out, "**");
    strong = span.strong;
    if (span.code) {
      code(out, span.text, span.len, place);
    } else {
      escape(out, span.text, span.len, place);
    }
  }
  if (strong) buf_append_text(out, "**");
}

// A paragraph must not begin as another block would.
static void block_text(struct buf *out, const char *text) {
  size_t digits = strspn(text, "0123456789");
  if (strchr("#>+-=", *text) && *text) {
    buf_append_char(out, '\\');
  } else if (digits && (text[digits] == '.' || text[digits] == ')')) {
    buf_append(out, text, digits);
    buf_append_char(out, '\\');
    text += digits;
  }
  inline_text(out, text, PLACE_TEXT);
}

static void cell_text(struct buf *out, const char *text) {
  inline_text(out, text, PLACE_CELL);
}

static void table_rule(const struct layout *layout, const struct document_node *table, struct buf *out) {
  for (size_t c = 0; c < table->column_count; c++) {
    bool left = table->columns[c].align == DOCUMENT_LEFT;
    buf_append_text(out, left ? "|:" : "|");
    repeat(out, '-', layout->columns[c].width + 1);
    if (!left) buf_append_char(out, ':');
  }
  buf_append_text(out, "|\n");
}

// The form that tabulate calls "pipe": headings with two spaces more than they need, numbers on their points.
static void table(struct writer *w, const struct document_node *node) {
  struct layout layout;
  if (node->column_count == 0) return;
  enum status status = layout_make(node, cell_text, 2, &layout);
  if (status) {
    w->out->status = status;
    return;
  }
  if (*node->text) {
    block_text(w->out, node->text);
    buf_append_text(w->out, "\n\n");
  }
  size_t rows = document_row_count(node);
  for (size_t r = 0; r <= rows; r++) {
    for (size_t c = 0; c < node->column_count; c++) {
      const char *text = r ? layout.texts[(r - 1) * node->column_count + c] : layout.headings[c];
      buf_append_text(w->out, "| ");
      layout_pad(&layout, node, c, text, r == 0, w->out);
      buf_append_char(w->out, ' ');
    }
    buf_append_text(w->out, "|\n");
    if (r == 0) table_rule(&layout, node, w->out);
  }
  layout_free(&layout);
}

static void list(struct writer *w, const struct document_node *node, size_t indent) {
  size_t number = 0;
  for (const struct document_node *item = node->first; item; item = item->next) {
    repeat(w->out, ' ', indent);
    if (node->ordered) {
      buf_printf(w->out, "%zu. ", ++number);
    } else {
      buf_append_text(w->out, "- ");
    }
    block_text(w->out, item->text);
    buf_append_char(w->out, '\n');
    for (const struct document_node *inner = item->first; inner; inner = inner->next)
      if (inner->kind == DOCUMENT_LIST) list(w, inner, indent + 3);
    if (node->ordered && item->first && item->next) buf_append_char(w->out, '\n');
  }
}

static void figure(struct writer *w, const struct document_node *node) {
  buf_append_text(w->out, "![");
  inline_text(w->out, node->alternative, PLACE_TEXT);
  buf_printf(w->out, "](%s/%s.png)\n", w->options->picture_folder, node->name);
  if (*node->text) {
    buf_append_text(w->out, "\n*");
    inline_text(w->out, node->text, PLACE_TEXT);
    buf_append_text(w->out, "*\n");
  }
}

static void callout(struct writer *w, const struct document_node *node) {
  buf_append_text(w->out, "> ");
  if (node->tone == DOCUMENT_WARNING) buf_append_text(w->out, "\u26a0 ");
  block_text(w->out, node->text);
  buf_append_char(w->out, '\n');
}

static void definitions(struct writer *w, const struct document_node *node) {
  for (const struct document_node *row = node->first; row; row = row->next) {
    buf_append_text(w->out, "- **");
    inline_text(w->out, row->name, PLACE_TEXT);
    buf_append_text(w->out, ":** ");
    inline_text(w->out, row->text, PLACE_TEXT);
    buf_append_char(w->out, '\n');
  }
}

static void code_block(struct writer *w, const struct document_node *node) {
  size_t fence = longest_backticks(node->text, strlen(node->text)) + 1;
  if (fence < 3) fence = 3;
  repeat(w->out, '`', fence);
  buf_printf(w->out, "sh\n%s\n", node->text);
  repeat(w->out, '`', fence);
  buf_append_char(w->out, '\n');
}

static void heading(struct writer *w, const struct document_node *node) {
  repeat(w->out, '#', (size_t)document_level(node));
  buf_append_char(w->out, ' ');
  inline_text(w->out, node->text, PLACE_TEXT);
  buf_append_char(w->out, '\n');
}

static void block(struct writer *w, const struct document_node *node) {
  if (node->kind == DOCUMENT_FIGURE && !w->options->picture_folder) return;
  // Callouts in a row make one quotation.
  if (node->kind == DOCUMENT_CALLOUT && w->quoting) buf_append_char(w->out, '>');
  if (node->kind != DOCUMENT_ROOT) buf_append_char(w->out, '\n');
  w->quoting = node->kind == DOCUMENT_CALLOUT;
  switch (node->kind) {
  case DOCUMENT_ROOT:
  case DOCUMENT_SECTION:
    heading(w, node);
    for (const struct document_node *child = node->first; child; child = child->next)
      block(w, child);
    break;
  case DOCUMENT_PARAGRAPH:
    block_text(w->out, node->text);
    buf_append_char(w->out, '\n');
    break;
  case DOCUMENT_TABLE: table(w, node); break;
  case DOCUMENT_FIGURE: figure(w, node); break;
  case DOCUMENT_LIST: list(w, node, 0); break;
  case DOCUMENT_CALLOUT: callout(w, node); break;
  case DOCUMENT_DEFINITIONS: definitions(w, node); break;
  case DOCUMENT_RULE: buf_append_text(w->out, "---\n"); break;
  case DOCUMENT_CODE_BLOCK: code_block(w, node); break;
  case DOCUMENT_ITEM:
  case DOCUMENT_DEFINITION: break; // their lists print them
  }
}

enum status markdown_render(const struct document *document, const struct markdown_options *options,
                            struct buf *out) {
  static const struct markdown_options standard = {0};
  if (document->status) return document->status;
  struct writer w = {.out = out, .options = options ? options : &standard};
  if (document->root) block(&w, document->root);
  return out->status;
}
