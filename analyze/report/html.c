// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/report/html.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/report/html_style.h"
#include "analyze/report/svg.h"

struct writer {
  struct buf *out;
  const struct html_options *options;
  size_t sections; // numbered in the order of the page
  size_t figures;
  struct svg_colours colours; // of all pictures
};

static void escaped(struct buf *out, const char *text, size_t len) {
  for (size_t i = 0; i < len;) {
    size_t clean = strcspn(text + i, "\n");
    if (clean > len - i) clean = len - i;
    svg_escape(out, text + i, clean);
    i += clean;
    if (i < len) {
      buf_append_text(out, "<br>");
      i++;
    }
  }
}

static void inline_text(struct buf *out, const char *text) {
  struct document_span span = {0};
  while (document_span_next(&text, &span)) {
    if (span.strong) buf_append_text(out, "<strong>");
    if (span.code) buf_append_text(out, "<code>");
    escaped(out, span.text, span.len);
    if (span.code) buf_append_text(out, "</code>");
    if (span.strong) buf_append_text(out, "</strong>");
  }
}

static void plain_text(struct buf *out, const char *text) {
  struct document_span span = {0};
  while (document_span_next(&text, &span))
    svg_escape(out, span.text, span.len);
}

static void element(struct writer *w, const char *name, const char *text) {
  buf_printf(w->out, "<%s>", name);
  inline_text(w->out, text);
  buf_printf(w->out, "</%s>\n", name);
}

static size_t after_point(const char *text) {
  const char *point = strpbrk(text, ".,");
  bool number = *text && strspn(text, "0123456789.,-") == strlen(text);
  return number && point ? strlen(point) : 0;
}

// Numbers stand on their points: what a shorter one lacks is there, but not seen.
static void point_padding(struct writer *w, const char *text, size_t most) {
  static const char zeros[] = ".000000000000000"; // not seen: its point may be a comma
  size_t have = after_point(text);
  if (most == 0 || have >= most || most >= sizeof zeros) return;
  buf_printf(w->out, "<span class=\"z\" aria-hidden=\"true\">%.*s</span>", (int)(most - have),
             have ? zeros + 1 : zeros);
}

// The first cell of a row names it.
static void cell(struct writer *w, const struct document_node *table, size_t index, size_t after) {
  static const char *const classes[] = {[DOCUMENT_PLAIN] = "",
                                        [DOCUMENT_BEST] = "best",
                                        [DOCUMENT_EQUAL] = "equal",
                                        [DOCUMENT_MUTED] = "muted",
                                        [DOCUMENT_BAD] = "bad"};
  const struct document_cell *it = &table->cells[index];
  const char *text = it->text, *class = classes[it->mark];
  size_t column = index % table->column_count;
  const char *name = column == 0 ? "th" : "td";
  bool left = table->columns[column].align == DOCUMENT_LEFT;
  buf_printf(w->out, "<%s%s", name, column == 0 ? " scope=\"row\"" : "");
  if (!left || *class)
    buf_printf(w->out, " class=\"%s%s%s\"", left ? "" : "n", left || !*class ? "" : " ", class);
  if (it->shade > 0) buf_printf(w->out, " style=\"--v:%d%%\"", (int)(100 * it->shade + 0.5));
  if (after && *text) { // what it is sorted by, without the padding
    buf_append_text(w->out, " data-v=\"");
    plain_text(w->out, text);
    buf_append_char(w->out, '"');
  }
  buf_append_char(w->out, '>');
  inline_text(w->out, text);
  point_padding(w, text, after);
  buf_printf(w->out, "</%s>", name);
}

static void row(struct writer *w, const struct document_node *table, size_t first, const size_t *after) {
  buf_append_text(w->out, "<tr>");
  for (size_t c = 0; c < table->column_count; c++)
    cell(w, table, first + c, after[c]);
  buf_append_text(w->out, "</tr>\n");
}

// The rows, each decimal column with room for its longest fraction; found once a table.
static void rows(struct writer *w, const struct document_node *table) {
  size_t *after = calloc(table->column_count, sizeof *after);
  if (!after) {
    w->out->status = STATUS_MEMORY;
    return;
  }
  for (size_t i = 0; i < table->cell_count; i++) {
    size_t column = i % table->column_count;
    size_t have = table->columns[column].align == DOCUMENT_DECIMAL ? after_point(table->cells[i].text) : 0;
    if (have > after[column]) after[column] = have;
  }
  for (size_t r = 0; r < document_row_count(table); r++)
    row(w, table, r * table->column_count, after);
  free(after);
}

static bool shaded(const struct document_node *table) {
  for (size_t i = 0; i < table->cell_count; i++) {
    if (table->cells[i].shade > 0) return true;
  }
  return false;
}

static void table(struct writer *w, const struct document_node *node) {
  if (node->column_count == 0) return;
  // It scrolls by itself where it is too wide, and so must be within reach of the keyboard.
  buf_printf(w->out, "<div class=\"wrap\" tabindex=\"0\"><table%s>\n", shaded(node) ? " class=\"heat\"" : "");
  if (*node->text) element(w, "caption", node->text);
  buf_append_text(w->out, "<thead><tr>");
  for (size_t c = 0; c < node->column_count; c++) {
    buf_append_text(w->out, node->columns[c].align == DOCUMENT_LEFT ? "<th scope=\"col\">"
                                                                    : "<th scope=\"col\" class=\"n\">");
    inline_text(w->out, node->columns[c].heading);
    buf_append_text(w->out, "</th>");
  }
  buf_append_text(w->out, "</tr></thead>\n<tbody>\n");
  rows(w, node);
  buf_append_text(w->out, "</tbody></table></div>\n");
}

static void list(struct writer *w, const struct document_node *node) {
  const char *name = node->ordered ? "ol" : "ul";
  buf_printf(w->out, "<%s>\n", name);
  for (const struct document_node *item = node->first; item; item = item->next) {
    buf_append_text(w->out, "<li>");
    inline_text(w->out, item->text);
    for (const struct document_node *inner = item->first; inner; inner = inner->next)
      if (inner->kind == DOCUMENT_LIST) list(w, inner);
    buf_append_text(w->out, "</li>\n");
  }
  buf_printf(w->out, "</%s>\n", name);
}

// false: there is no such picture, and nothing was written.
static bool picture(struct writer *w, const struct document_node *node) {
  struct buf path = {0}, svg = {0}, made = {0};
  struct error ignored; // its text replaces a missing picture
  char prefix[32];
  snprintf(prefix, sizeof prefix, "f%zu-", ++w->figures);
  buf_printf(&path, "%s/%s.svg", w->options->svg_folder, node->name);
  const struct plot *plot = w->options->plots ? plot_find(w->options->plots, node->name) : NULL;
  bool there =
      buf_read_file(&svg, buf_text(&path), &ignored) == STATUS_OK &&
      svg_embed(svg.data ? svg.data : "", svg.len, plot, prefix, node->alternative, &made) == STATUS_OK;
  if (there) {
    svg_colours_collect(&w->colours, made.data, made.len);
    buf_append(w->out, made.data, made.len);
  }
  buf_free(&path);
  buf_free(&svg);
  buf_free(&made);
  return there;
}

static void figure(struct writer *w, const struct document_node *node) {
  if (!w->options->svg_folder) return;
  buf_append_text(w->out, "<figure>\n");
  if (!picture(w, node)) element(w, "p", node->alternative);
  if (*node->text) element(w, "figcaption", node->text);
  buf_append_text(w->out, "</figure>\n");
}

static bool is_warning(const struct document_node *node) {
  return node && node->kind == DOCUMENT_CALLOUT && node->tone == DOCUMENT_WARNING;
}

// Warnings in a row share one box; returns the last of them.
static const struct document_node *warnings(struct writer *w, const struct document_node *node) {
  buf_append_text(w->out, "<aside class=\"callout warning\"");
  if (w->options->warnings) {
    buf_append_text(w->out, " aria-label=\"");
    plain_text(w->out, w->options->warnings);
    buf_append_char(w->out, '"');
  }
  buf_append_text(w->out, ">\n<ul>\n");
  for (;; node = node->next) {
    element(w, "li", node->text);
    if (!is_warning(node->next)) break;
  }
  buf_append_text(w->out, "</ul>\n</aside>\n");
  return node;
}

static void callout(struct writer *w, const struct document_node *node) {
  buf_printf(w->out, "<div class=\"callout%s\" role=\"note\">",
             node->tone == DOCUMENT_ANSWER ? " answer" : "");
  inline_text(w->out, node->text);
  buf_append_text(w->out, "</div>\n");
}

static void definitions(struct writer *w, const struct document_node *node) {
  buf_append_text(w->out, "<dl>\n");
  for (const struct document_node *each = node->first; each; each = each->next) {
    element(w, "dt", each->name);
    element(w, "dd", each->text);
  }
  buf_append_text(w->out, "</dl>\n");
}

static void block(struct writer *w, const struct document_node *node);

static void blocks(struct writer *w, const struct document_node *node) {
  for (; node; node = node->next) {
    if (is_warning(node)) {
      node = warnings(w, node);
    } else {
      block(w, node);
    }
  }
}

static void section(struct writer *w, const struct document_node *node) {
  int level = document_level(node);
  buf_printf(w->out, "<section id=\"s%zu\">\n%s<h%d>", ++w->sections,
             node->folded ? "<details class=\"fold\"><summary>" : "", level);
  inline_text(w->out, node->text);
  buf_printf(w->out, "</h%d>%s\n", level, node->folded ? "</summary>" : "");
  blocks(w, node->first);
  buf_append_text(w->out, node->folded ? "</details>\n</section>\n" : "</section>\n");
}

// From then on nothing is appended any more.
static bool is_stopped(struct writer *w) {
  struct pollfd ready = {.fd = w->options->stop_fd, .events = POLLIN};
  if (w->options->stop_fd > 0 && w->out->status == STATUS_OK && poll(&ready, 1, 0) > 0)
    w->out->status = STATUS_CANCELLED;
  return w->out->status != STATUS_OK;
}

static void block(struct writer *w, const struct document_node *node) {
  if (is_stopped(w)) return;
  switch (node->kind) {
  case DOCUMENT_SECTION: section(w, node); break;
  case DOCUMENT_PARAGRAPH: element(w, "p", node->text); break;
  case DOCUMENT_TABLE: table(w, node); break;
  case DOCUMENT_FIGURE: figure(w, node); break;
  case DOCUMENT_LIST: list(w, node); break;
  case DOCUMENT_CALLOUT: callout(w, node); break;
  case DOCUMENT_DEFINITIONS: definitions(w, node); break;
  case DOCUMENT_RULE:
    if (node->next) buf_append_text(w->out, "<hr>\n");
    break;
  case DOCUMENT_CODE_BLOCK:
    buf_append_text(w->out, "<pre tabindex=\"0\"><code>");
    svg_escape(w->out, node->text, strlen(node->text));
    buf_append_text(w->out, "</code></pre>\n");
    break;
  case DOCUMENT_ROOT:
  case DOCUMENT_ITEM:
  case DOCUMENT_DEFINITION: break; // their parents write them
  }
}

// Sections of the two upper levels, numbered as section() numbers them.
static void contents(struct writer *w, const struct document_node *parent, size_t *number, int deeper) {
  bool open = false;
  for (const struct document_node *node = parent->first; node; node = node->next) {
    if (node->kind != DOCUMENT_SECTION) continue;
    ++*number;
    if (deeper >= 0) {
      if (!open) buf_append_text(w->out, "<ol>\n");
      open = true;
      buf_printf(w->out, "<li><a href=\"#s%zu\">", *number);
      plain_text(w->out, node->text);
      buf_append_text(w->out, "</a>");
    }
    contents(w, node, number, deeper - 1);
    if (deeper >= 0) buf_append_text(w->out, "</li>\n");
  }
  if (open) buf_append_text(w->out, "</ol>\n");
}

static void body(struct writer *w, const struct document_node *root) {
  element(w, "h1", root->text);
  if (w->options->contents) {
    size_t number = 0;
    buf_append_text(w->out, "<nav><details><summary>");
    plain_text(w->out, w->options->contents);
    buf_append_text(w->out, "</summary>\n");
    contents(w, root, &number, 1);
    buf_append_text(w->out, "</details></nav>\n");
  }
  blocks(w, root->first);
}

// The page may load nothing at all: its policy forbids what it has no need of.
static void head(const struct html_options *options, const struct document_node *root,
                 const struct svg_colours *colours, struct buf *out) {
  buf_printf(out,
             "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
             "style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
             "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>",
             options->language ? options->language : "en");
  if (root) plain_text(out, root->text);
  buf_append_text(out, "</title>\n<style>\n");
  buf_append_text(out, html_style_sheet);
  svg_colours_at_night(colours, out);
  buf_append_text(out, "</style>\n</head>\n");
}

enum status html_render(const struct document *document, const struct html_options *options,
                        struct buf *out) {
  static const struct html_options standard = {0};
  if (document->status) return document->status;
  struct buf inner = {0}; // the head needs what the pictures in it hold
  struct writer w = {.out = &inner, .options = options ? options : &standard};
  if (document->root) body(&w, document->root);
  head(w.options, document->root, &w.colours, out);
  buf_append_text(out, "<body>\n<main>\n");
  buf_append(out, inner.data ? inner.data : "", inner.len);
  buf_append_text(out, "</main>\n<script>");
  buf_append_text(out, html_style_script);
  buf_append_text(out, "</script>\n</body>\n</html>\n");
  if (inner.status) out->status = inner.status;
  buf_free(&inner);
  return out->status;
}
