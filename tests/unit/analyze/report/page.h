// SPDX-License-Identifier: GPL-3.0-or-later
//
// A document of a test and what a renderer makes of it.
#ifndef TESTS_REPORT_PAGE_H
#define TESTS_REPORT_PAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
// cmocka wants the four above first.
#include <cmocka.h>

#include "analyze/report/html.h"
#include "analyze/report/markdown.h"
#include "analyze/report/text.h"

struct page {
  struct document document;
  struct document_node *root;
  struct buf out;
};

static inline int page_setup(void **state) {
  static struct page page;
  page = (struct page){0};
  page.root = document_start(&page.document, "Title");
  *state = &page;
  return 0;
}

static inline int page_teardown(void **state) {
  struct page *page = *state;
  document_free(&page->document);
  buf_free(&page->out);
  return 0;
}

static inline const char *page_markdown(struct page *page, const char *folder) {
  buf_clear(&page->out);
  assert_int_equal(markdown_render(&page->document, &(struct markdown_options){folder}, &page->out),
                   STATUS_OK);
  return buf_text(&page->out);
}

static inline const char *page_text(struct page *page, size_t width, bool colour) {
  buf_clear(&page->out);
  assert_int_equal(text_render(&page->document, &(struct text_options){width, colour}, &page->out),
                   STATUS_OK);
  return buf_text(&page->out);
}

static inline const char *page_html(struct page *page) {
  buf_clear(&page->out);
  struct html_options options = {.language = "ru", .svg_folder = "nowhere", .contents = "Содержание"};
  assert_int_equal(html_render(&page->document, &options, &page->out), STATUS_OK);
  return buf_text(&page->out);
}

static inline void page_two_columns(struct page *page, const char *first, const char *second) {
  struct document_node *table = document_table(page->root, "");
  document_column(table, "Имя", DOCUMENT_LEFT);
  document_column(table, "n", DOCUMENT_RIGHT);
  document_cell(table, first, DOCUMENT_PLAIN);
  document_cell(table, second, DOCUMENT_PLAIN);
  document_row_end(table);
}

#define HAS(haystack, needle)                                                                                \
  do {                                                                                                       \
    const char *in_ = (haystack);                                                                            \
    if (!strstr(in_, needle)) fail_msg("not there: %s\n%s", needle, in_);                                    \
  } while (0)
#define LACKS(haystack, needle)                                                                              \
  do {                                                                                                       \
    const char *in_ = (haystack);                                                                            \
    if (strstr(in_, needle)) fail_msg("should not be there: %s\n%s", needle, in_);                           \
  } while (0)

#define PAGE(test) cmocka_unit_test_setup_teardown(test, page_setup, page_teardown)

#endif
