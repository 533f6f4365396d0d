// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/report/text.h"

#include <string.h>

#include "analyze/report/layout.h"

enum { STANDARD_WIDTH = 80, LEAST_WIDTH = 40, LEAST_WORDS = 16 };

static const char bold[] = "\033[1m", dim[] = "\033[2m", green[] = "\033[32m", yellow[] = "\033[33m",
                  red[] = "\033[31m", reset[] = "\033[0m";

struct writer {
  struct buf *out;
  size_t width;
  bool colour;
  bool gap; // an empty line is due before the next block
};

static void style(struct writer *w, const char *sequence) {
  if (w->colour) buf_append_text(w->out, sequence);
}

static void spaces(struct buf *out, size_t count) {
  while (count-- > 0)
    buf_append_char(out, ' ');
}

static void plain(struct buf *out, const char *text) {
  struct document_span span = {0};
  while (document_span_next(&text, &span)) {
    for (size_t i = 0; i < span.len; i++)
      buf_append_char(out, span.text[i] == '\n' ? ' ' : span.text[i]);
  }
}

// An interval is one word: "[355.4, 386.8]".
static size_t word_length(const char *text) {
  size_t len = strcspn(text, " \n");
  if (!memchr(text, '[', len) || memchr(text, ']', len)) return len;
  size_t close = strcspn(text, "]\n");
  return text[close] == ']' ? close + strcspn(text + close, " \n") : len;
}

// Display width of the next word, its style switches not counted, and where it ends.
static size_t word_width(const char *text, const char **end) {
  size_t len = word_length(text);
  *end = text + len;
  size_t width = 0;
  char part[64];
  while (len > 0) {
    size_t take = len < sizeof part ? len : sizeof part - 1;
    while (take > 1 && take < len && ((unsigned char)text[take] & 0xC0) == 0x80)
      take--;
    memcpy(part, text, take);
    part[take] = '\0';
    width += document_width(part);
    text += take;
    len -= take;
  }
  return width;
}

static void put_word(struct writer *w, const char *from, const char *to, bool *strong) {
  for (; from < to; from++) {
    if (*from == DOCUMENT_STRONG[0]) {
      *strong = !*strong;
      style(w, *strong ? bold : reset);
    } else if (*from != DOCUMENT_CODE[0]) {
      buf_append_char(w->out, *from);
    }
  }
}

// Folds at spaces; continuation lines start at `indent`, where the text already stands.
static void fold(struct writer *w, const char *text, size_t indent) {
  size_t column = indent;
  bool strong = false, first = true;
  while (*text) {
    text += strspn(text, " \n");
    if (!*text) break;
    const char *end;
    size_t width = word_width(text, &end);
    if (!first && column + 1 + width > w->width) {
      buf_append_char(w->out, '\n');
      spaces(w->out, indent);
      column = indent;
    } else if (!first) {
      buf_append_char(w->out, ' ');
      column++;
    }
    put_word(w, text, end, &strong);
    column += width;
    text = end;
    first = false;
  }
  if (strong) style(w, reset);
  buf_append_char(w->out, '\n');
}

// Line `index` of a heading folded to `width`, appended; false when it has fewer lines.
static bool heading_line(const char *text, size_t width, size_t index, struct buf *out) {
  size_t line = 0, column = 0;
  bool found = false;
  while (*(text += strspn(text, " "))) {
    const char *end;
    size_t word = word_width(text, &end);
    if (column > 0 && column + 1 + word > width) {
      line++;
      column = 0;
    }
    if (line > index) break;
    if (line == index) {
      if (column > 0) buf_append_char(out, ' ');
      buf_append(out, text, (size_t)(end - text));
      found = true;
    }
    column += word + (column > 0);
    text = end;
  }
  return found;
}

// Headings are folded where that makes a column narrower: never inside a word, and not below six columns.
static size_t fold_headings(const struct document_node *node, struct layout *layout) {
  enum { LEAST = 6 };
  size_t most = 1;
  for (size_t c = 0; c < node->column_count; c++) {
    size_t width = layout->columns[c].cells > LEAST ? layout->columns[c].cells : LEAST;
    for (const char *at = layout->headings[c], *end; *(at += strspn(at, " ")); at = end) {
      size_t word = word_width(at, &end);
      if (word > width) width = word;
    }
    if (width < layout->columns[c].width) layout->columns[c].width = width;
    struct buf ignored = {0};
    size_t lines = 1;
    while (heading_line(layout->headings[c], layout->columns[c].width, lines, &ignored))
      lines++;
    buf_free(&ignored);
    if (lines > most) most = lines;
  }
  return most;
}

// The headings stand on their last line.
static void headings(struct writer *w, const struct document_node *node, const struct layout *layout,
                     size_t most) {
  for (size_t row = 0; row < most; row++) {
    struct buf line = {0}, text = {0};
    for (size_t c = 0; c < node->column_count; c++) {
      size_t lines = 0, width = layout->columns[c].width;
      while (heading_line(layout->headings[c], width, lines, &text))
        lines++;
      buf_clear(&text);
      if (row + lines >= most) heading_line(layout->headings[c], width, row + lines - most, &text);
      spaces(&line, 2);
      layout_pad(layout, node, c, buf_text(&text), true, &line);
      buf_clear(&text);
    }
    while (line.len > 0 && line.data[line.len - 1] == ' ')
      line.len--;
    style(w, bold);
    buf_append(w->out, line.data, line.len);
    style(w, reset);
    buf_append_char(w->out, '\n');
    if (line.status) w->out->status = line.status;
    buf_free(&line);
    buf_free(&text);
  }
}

static const char *mark_style(enum document_mark mark) {
  switch (mark) {
  case DOCUMENT_BEST: return green;
  case DOCUMENT_MUTED: return dim;
  case DOCUMENT_BAD: return red;
  default: return NULL;
  }
}

// A last column of words is folded below itself where it would leave the screen.
static bool folds(const struct writer *w, const struct document_node *node, const struct layout *layout) {
  size_t last = node->column_count - 1, before = 2;
  for (size_t c = 0; c < last; c++)
    before += layout->columns[c].width + 2;
  return last > 0 && node->columns[last].align == DOCUMENT_LEFT && before + LEAST_WORDS <= w->width &&
         before + layout->columns[last].width > w->width;
}

static void table_row(struct writer *w, const struct document_node *node, const struct layout *layout,
                      size_t row) {
  struct buf line = {0};
  size_t first = row * node->column_count, last = node->column_count - 1;
  const char *colour = mark_style(node->cells[first].mark), *words = node->cells[first + last].text;
  bool apart = *words && folds(w, node, layout);
  for (size_t c = 0; c < node->column_count - apart; c++) {
    spaces(&line, 2);
    layout_pad(layout, node, c, layout->texts[first + c], false, &line);
  }
  while (!apart && line.len > 0 && line.data[line.len - 1] == ' ')
    line.len--;
  if (apart) spaces(&line, 2);
  if (colour) style(w, colour);
  buf_append(w->out, line.data, line.len);
  if (apart) {
    buf_append_char(&line, '\0');
    fold(w, words, document_width(buf_text(&line)));
  }
  if (colour) style(w, reset);
  if (!apart) buf_append_char(w->out, '\n');
  if (line.status) w->out->status = line.status;
  buf_free(&line);
}

static void table(struct writer *w, const struct document_node *node) {
  struct layout layout;
  if (node->column_count == 0) return;
  enum status status = layout_make(node, plain, 0, &layout);
  if (status) {
    w->out->status = status;
    return;
  }
  if (*node->text) fold(w, node->text, 0);
  headings(w, node, &layout, fold_headings(node, &layout));
  for (size_t row = 0; row < document_row_count(node); row++)
    table_row(w, node, &layout, row);
  layout_free(&layout);
}

static void list(struct writer *w, const struct document_node *node, size_t indent) {
  size_t number = 0;
  for (const struct document_node *item = node->first; item; item = item->next) {
    size_t start = w->out->len;
    spaces(w->out, indent);
    if (node->ordered) {
      buf_printf(w->out, "%zu. ", ++number);
    } else {
      buf_append_text(w->out, "- ");
    }
    fold(w, item->text, w->out->len - start);
    for (const struct document_node *inner = item->first; inner; inner = inner->next)
      if (inner->kind == DOCUMENT_LIST) list(w, inner, indent + 3);
  }
}

static void callout(struct writer *w, const struct document_node *node) {
  const char *colour = node->tone == DOCUMENT_WARNING ? yellow : node->tone == DOCUMENT_ANSWER ? bold : NULL;
  if (colour) style(w, colour);
  size_t indent = node->tone == DOCUMENT_WARNING ? 2 : 0;
  if (indent) buf_append_text(w->out, "! ");
  fold(w, node->text, indent);
  if (colour) style(w, reset);
}

static void definitions(struct writer *w, const struct document_node *node) {
  for (const struct document_node *row = node->first; row; row = row->next) {
    struct buf term = {0};
    buf_printf(&term, "%s: ", row->name);
    size_t indent = document_width(buf_text(&term));
    plain(w->out, buf_text(&term));
    fold(w, row->text, indent < w->width / 2 ? indent : 2);
    buf_free(&term);
  }
}

static void heading(struct writer *w, const struct document_node *node) {
  style(w, bold);
  fold(w, node->text, 0);
  style(w, reset);
}

static bool is_aside(const struct document_node *node) {
  return node && node->kind == DOCUMENT_CALLOUT && node->tone != DOCUMENT_ANSWER;
}

// Warnings and notes stand together, like the lines of one paragraph.
static bool tight(const struct document_node *node) {
  return is_aside(node) && is_aside(node->next);
}

static void block(struct writer *w, const struct document_node *node) {
  if (node->kind == DOCUMENT_FIGURE || node->kind == DOCUMENT_RULE) return;
  if (w->gap) buf_append_char(w->out, '\n');
  w->gap = true;
  switch (node->kind) {
  case DOCUMENT_ROOT:
  case DOCUMENT_SECTION:
    heading(w, node);
    w->gap = node->kind == DOCUMENT_ROOT;
    for (const struct document_node *child = node->first; child; child = child->next)
      block(w, child);
    return;
  case DOCUMENT_PARAGRAPH: fold(w, node->text, 0); break;
  case DOCUMENT_TABLE: table(w, node); break;
  case DOCUMENT_LIST: list(w, node, 0); break;
  case DOCUMENT_CALLOUT: callout(w, node); break;
  case DOCUMENT_DEFINITIONS: definitions(w, node); break;
  case DOCUMENT_CODE_BLOCK: buf_printf(w->out, "%s\n", node->text); break;
  default: break;
  }
  if (tight(node)) w->gap = false;
}

enum status text_render(const struct document *document, const struct text_options *options,
                        struct buf *out) {
  if (document->status) return document->status;
  struct writer w = {.out = out, .width = STANDARD_WIDTH, .colour = options && options->colour};
  if (options && options->width) w.width = options->width < LEAST_WIDTH ? LEAST_WIDTH : options->width;
  if (document->root) block(&w, document->root);
  return out->status;
}
