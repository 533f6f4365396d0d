// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/report/layout.h"
#include "tests/unit/analyze/report/page.h"

static void show(struct buf *out, const char *text) {
  buf_printf(out, "<%s>", text);
}

static void show_plain(struct buf *out, const char *text) {
  buf_append_text(out, text);
}

static const char *padded(struct page *page, const struct layout *layout, const struct document_node *table,
                          size_t column, const char *text, bool heading) {
  buf_clear(&page->out);
  layout_pad(layout, table, column, text, heading, &page->out);
  return buf_text(&page->out);
}

static void test_widths_are_of_the_text_as_shown(void **state) {
  struct page *page = *state;
  struct layout layout;
  struct document_node *table = document_table(page->root, "");
  document_column(table, "n", DOCUMENT_RIGHT);
  document_column(table, "a long heading", DOCUMENT_LEFT);
  document_cell(table, "1234", DOCUMENT_PLAIN);
  document_cell(table, "\u6a21\u578b", DOCUMENT_PLAIN); // two characters, four columns
  document_row_end(table);
  assert_int_equal(layout_make(table, show, 2, &layout), STATUS_OK);
  assert_string_equal(layout.texts[0], "<1234>");
  assert_string_equal(layout.headings[1], "<a long heading>");
  assert_int_equal(layout.columns[0].width, 6);
  assert_int_equal(layout.columns[0].cells, 6);
  assert_int_equal(layout.columns[1].width, 16 + 2); // of its heading and `least`
  assert_int_equal(layout.columns[1].cells, 6);
  assert_string_equal(padded(page, &layout, table, 0, "<1>", false), "   <1>");
  assert_string_equal(padded(page, &layout, table, 1, "<x>", false), "<x>               ");
  assert_string_equal(padded(page, &layout, table, 0, "wider than all", false), "wider than all");
  layout_free(&layout);
  assert_null(layout.texts);
}

static void test_decimals_stand_under_each_other(void **state) {
  struct page *page = *state;
  struct layout layout;
  struct document_node *table = document_table(page->root, "");
  static const char *const cells[] = {"1.25", "10.5", "-7"};
  static const char *const expected[] = {" 1.25", "10.5 ", "-7   "};
  document_column(table, "x", DOCUMENT_DECIMAL);
  for (size_t i = 0; i < 3; i++) {
    document_cell(table, cells[i], DOCUMENT_PLAIN);
    document_row_end(table);
  }
  assert_int_equal(layout_make(table, show_plain, 0, &layout), STATUS_OK);
  assert_int_equal(layout.columns[0].after, 3); // the point and two digits
  size_t width = layout.columns[0].width;
  for (size_t i = 0; i < 3; i++) {
    const char *text = padded(page, &layout, table, 0, cells[i], false);
    assert_int_equal(strlen(text), width);
    assert_string_equal(text + width - 5, expected[i]);
  }
  layout_free(&layout);
}

static void test_a_table_without_rows_has_the_width_of_its_headings(void **state) {
  struct page *page = *state;
  struct layout layout;
  struct document_node *table = document_table(page->root, "");
  document_column(table, "abc", DOCUMENT_DECIMAL);
  assert_int_equal(layout_make(table, show_plain, 0, &layout), STATUS_OK);
  assert_int_equal(layout.text_count, 0);
  assert_int_equal(layout.columns[0].width, 3);
  assert_string_equal(padded(page, &layout, table, 0, "x", true), "  x");
  layout_free(&layout);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PAGE(test_widths_are_of_the_text_as_shown),
      PAGE(test_decimals_stand_under_each_other),
      PAGE(test_a_table_without_rows_has_the_width_of_its_headings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
