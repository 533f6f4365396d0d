// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/report/document.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/report/number.h"
#include "lib/base/array.h"

enum { STRONG = 1, CODE = 2 };
enum { DEEPEST_SECTION = 6, DEEPEST_LIST = 12 };

// Length of the UTF-8 sequence at `text` (RFC 3629), 0 when it is none.
static size_t sequence(const unsigned char *text, uint32_t *code) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  size_t len = text[0] < 0x80             ? 1
               : (text[0] & 0xE0) == 0xC0 ? 2
               : (text[0] & 0xF0) == 0xE0 ? 3
               : (text[0] & 0xF8) == 0xF0 ? 4
                                          : 0;
  if (len == 0) return 0;
  uint32_t value = len == 1 ? text[0] : text[0] & (0xFFU >> (len + 1));
  for (size_t i = 1; i < len; i++) {
    if ((text[i] & 0xC0) != 0x80) return 0;
    value = value << 6 | (text[i] & 0x3FU);
  }
  if (value < least[len] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return 0;
  *code = value;
  return len;
}

// C1 controls drive terminals too, and the marks that turn the direction of text can hide words.
static bool harmful(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

static char *clean_copy(struct document *document, const char *text) {
  struct buf out = {0};
  const unsigned char *at = (const unsigned char *)(text ? text : "");
  if (text == buf_no_text) out.status = STATUS_MEMORY; // of a text without memory nothing is to be shown
  buf_reserve(&out, 1);
  while (*at) {
    uint32_t code = 0;
    size_t len = sequence(at, &code);
    if (len == 0) {
      buf_append_text(&out, "\xEF\xBF\xBD");
      len = 1;
    } else if (harmful(code) && code != '\n' && code != STRONG && code != CODE) {
      buf_append_char(&out, ' ');
    } else {
      buf_append(&out, at, len);
    }
    at += len;
  }
  buf_append_char(&out, '\0');
  if (out.status) {
    document->status = out.status;
    buf_free(&out);
    return NULL;
  }
  return out.data;
}

static void node_free(struct document_node *node) {
  if (!node) return;
  for (struct document_node *child = node->first, *next; child; child = next) {
    next = child->next;
    node_free(child); // as deep as sections and lists nest: document_section and document_list bound it
  }
  for (size_t i = 0; i < node->column_count; i++)
    free(node->columns[i].heading);
  for (size_t i = 0; i < node->cell_count; i++)
    free(node->cells[i].text);
  free(node->columns);
  free(node->cells);
  free(node->text);
  free(node->name);
  free(node->alternative);
  free(node);
}

static struct document_node *node_new(struct document *document, struct document_node *parent,
                                      enum document_kind kind, const char *text) {
  if (document->status) return NULL;
  struct document_node *node = calloc(1, sizeof *node);
  char *copy = clean_copy(document, text);
  if (!node || !copy) {
    document->status = STATUS_MEMORY;
    free(node);
    free(copy);
    return NULL;
  }
  node->kind = kind;
  node->document = document;
  node->text = copy;
  node->parent = parent;
  if (parent) {
    if (parent->last) {
      parent->last->next = node;
    } else {
      parent->first = node;
    }
    parent->last = node;
  }
  return node;
}

static struct document_node *child_new(struct document_node *parent, enum document_kind kind,
                                       const char *text) {
  return parent ? node_new(parent->document, parent, kind, text) : NULL;
}

struct document_node *document_start(struct document *document, const char *title) {
  document_free(document);
  document->root = node_new(document, NULL, DOCUMENT_ROOT, title);
  return document->root;
}

void document_free(struct document *document) {
  node_free(document->root);
  *document = (struct document){0};
}

static size_t depth(const struct document_node *node) {
  size_t count = 0;
  for (; node; node = node->parent)
    count++;
  return count;
}

struct document_node *document_section(struct document_node *parent, const char *heading) {
  if (parent && depth(parent) >= DEEPEST_SECTION) {
    parent->document->status = STATUS_LIMIT;
    return NULL;
  }
  return child_new(parent, DOCUMENT_SECTION, heading);
}

void document_fold(struct document_node *section) {
  if (section) section->folded = true;
}

struct document_node *document_paragraph(struct document_node *parent, const char *text) {
  return child_new(parent, DOCUMENT_PARAGRAPH, text);
}

struct document_node *document_callout(struct document_node *parent, enum document_tone tone,
                                       const char *text) {
  struct document_node *node = child_new(parent, DOCUMENT_CALLOUT, text);
  if (node) node->tone = tone;
  return node;
}

void document_mark(struct document_node *parent) {
  if (parent) parent->document->marked = parent->last;
}

void document_callout_at_mark(struct document *document, enum document_tone tone, const char *text) {
  struct document_node *before = document->marked;
  if (!before) return;
  struct document_node *parent = before->parent, *last = parent->last;
  struct document_node *callout = document_callout(parent, tone, text);
  if (!callout || last == before) return;
  last->next = NULL;
  parent->last = last;
  callout->next = before->next;
  before->next = callout;
}

struct document_node *document_list(struct document_node *parent, bool ordered) {
  if (parent && depth(parent) >= DEEPEST_LIST) {
    parent->document->status = STATUS_LIMIT;
    return NULL;
  }
  struct document_node *node = child_new(parent, DOCUMENT_LIST, "");
  if (node) node->ordered = ordered;
  return node;
}

struct document_node *document_item(struct document_node *list, const char *text) {
  return child_new(list, DOCUMENT_ITEM, text);
}

struct document_node *document_definitions(struct document_node *parent) {
  return child_new(parent, DOCUMENT_DEFINITIONS, "");
}

struct document_node *document_definition(struct document_node *definitions, const char *term,
                                          const char *text) {
  struct document_node *node = child_new(definitions, DOCUMENT_DEFINITION, text);
  if (!node) return NULL;
  node->name = clean_copy(node->document, term);
  return node->name ? node : NULL;
}

struct document_node *document_figure(struct document_node *parent, const char *plot_name,
                                      const char *alternative, const char *caption) {
  struct document_node *node = child_new(parent, DOCUMENT_FIGURE, caption);
  if (!node) return NULL;
  node->name = clean_copy(node->document, plot_name);
  node->alternative = clean_copy(node->document, alternative);
  return node->name && node->alternative ? node : NULL;
}

struct document_node *document_rule(struct document_node *parent) {
  return child_new(parent, DOCUMENT_RULE, "");
}

struct document_node *document_code_block(struct document_node *parent, const char *text) {
  return child_new(parent, DOCUMENT_CODE_BLOCK, text);
}

struct document_node *document_table(struct document_node *parent, const char *caption) {
  return child_new(parent, DOCUMENT_TABLE, caption);
}

void document_column(struct document_node *table, const char *heading, enum document_align align) {
  if (!table || table->document->status) return;
  struct document_column *columns =
      realloc(table->columns, (table->column_count + 1) * sizeof *table->columns);
  if (!columns) {
    table->document->status = STATUS_MEMORY;
    return;
  }
  table->columns = columns;
  char *copy = clean_copy(table->document, heading);
  if (copy) columns[table->column_count++] = (struct document_column){copy, align};
}

void document_cell(struct document_node *table, const char *text, enum document_mark mark) {
  if (!table || table->document->status) return;
  table->document->status =
      array_grow(&table->cells, &table->cell_capacity, table->cell_count, sizeof *table->cells, SIZE_MAX);
  if (table->document->status) return;
  struct buf number = {0};
  if (table->document->decimal_commas && text != buf_no_text) {
    number_append_with_commas(&number, text);
    text = buf_text(&number);
  }
  char *copy = clean_copy(table->document, text);
  buf_free(&number);
  if (copy) table->cells[table->cell_count++] = (struct document_cell){copy, mark, 0};
}

void document_cell_shade(struct document_node *table, double shade) {
  if (!table || table->document->status || table->cell_count == 0) return;
  table->cells[table->cell_count - 1].shade = shade > 1 ? 1 : shade > 0 ? shade : 0;
}

void document_row_end(struct document_node *table) {
  if (!table || table->column_count == 0) return;
  while (table->cell_count % table->column_count != 0 && table->document->status == STATUS_OK)
    document_cell(table, "", DOCUMENT_PLAIN);
}

size_t document_row_count(const struct document_node *table) {
  return table && table->column_count ? table->cell_count / table->column_count : 0;
}

int document_level(const struct document_node *section) {
  return (int)depth(section);
}

bool document_span_next(const char **at, struct document_span *span) {
  const char *text = *at;
  while (*text == STRONG || *text == CODE) {
    if (*text == STRONG) span->strong = !span->strong;
    if (*text == CODE) span->code = !span->code;
    text++;
  }
  span->text = text;
  span->len = strcspn(text, DOCUMENT_STRONG DOCUMENT_CODE);
  *at = text + span->len;
  return span->len > 0;
}

static bool between(uint32_t code, const uint32_t (*ranges)[2], size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (code >= ranges[i][0] && code <= ranges[i][1]) return true;
  }
  return false;
}

// The blocks that matter here, after Unicode's DerivedGeneralCategory (Mn, Me, Cf) and EastAsianWidth (W, F).
static size_t code_width(uint32_t code) {
  static const uint32_t none[][2] = {{0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},   {0x610, 0x61A},
                                     {0x64B, 0x65F},   {0x1AB0, 0x1AFF}, {0x200B, 0x200F}, {0x20D0, 0x20F0},
                                     {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}};
  static const uint32_t wide[][2] = {{0x1100, 0x115F},   {0x2E80, 0x303E},  {0x3041, 0xA4CF},
                                     {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},  {0xFE30, 0xFE6F},
                                     {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},  {0x1F300, 0x1F64F},
                                     {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
  if (code < 0x300) return code == STRONG || code == CODE ? 0 : 1;
  if (between(code, none, sizeof none / sizeof none[0])) return 0;
  return between(code, wide, sizeof wide / sizeof wide[0]) ? 2 : 1;
}

size_t document_width(const char *text) {
  size_t width = 0;
  for (const unsigned char *at = (const unsigned char *)text; *at;) {
    uint32_t code = 0;
    size_t len = sequence(at, &code);
    width += len ? code_width(code) : 1;
    at += len ? len : 1;
  }
  return width;
}
