// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/analyze/report/page.h"

static void test_text_aligns_by_display_width(void **state) {
  struct page *page = *state;
  page_two_columns(page, "\u6a21\u578b", "1");
  struct document_node *table = page->root->first;
  document_cell(table, "ключ", DOCUMENT_PLAIN);
  document_cell(table, "22", DOCUMENT_PLAIN);
  HAS(page_text(page, 80, false), "  Имя    n\n  \u6a21\u578b   1\n  ключ  22\n");
}

static void test_text_has_colours_only_when_asked(void **state) {
  struct page *page = *state;
  document_callout(page->root, DOCUMENT_WARNING, "careful");
  struct document_node *table = document_table(page->root, "");
  document_column(table, "c", DOCUMENT_LEFT);
  document_cell(table, "x", DOCUMENT_BEST);
  LACKS(page_text(page, 80, false), "\033");
  HAS(page_text(page, 80, true), "\033[33m! careful\n\033[0m");
  HAS(page_text(page, 80, true), "\033[32m  x\033[0m\n");
}

static void test_text_folds_long_headings_over_narrow_columns(void **state) {
  struct page *page = *state;
  struct document_node *table = document_table(page->root, "");
  document_column(table, "Оптимальный размер пакета", DOCUMENT_RIGHT);
  document_column(table, "Отметки", DOCUMENT_LEFT);
  document_cell(table, "48", DOCUMENT_PLAIN);
  document_cell(table, "край проверенного диапазона", DOCUMENT_PLAIN);
  HAS(page_text(page, 100, false), "  Оптимальный\n"
                                   "       размер\n"
                                   "       пакета  Отметки\n"
                                   "           48  край проверенного диапазона\n");
}

static void test_text_folds_at_the_width(void **state) {
  struct page *page = *state;
  document_paragraph(page->root, "слово слово слово слово слово слово слово слово слово слово");
  const char *out = page_text(page, 40, false);
  for (const char *at = out, *end; (end = strchr(at, '\n')); at = end + 1) {
    char line[512] = "";
    memcpy(line, at, (size_t)(end - at));
    assert_true(document_width(line) <= 40);
  }
  HAS(out, "слово слово слово слово слово слово\nслово");
}

static void test_text_folds_a_last_column_of_words_below_itself(void **state) {
  struct page *page = *state;
  struct document_node *table = document_table(page->root, "");
  document_column(table, "W", DOCUMENT_RIGHT);
  document_column(table, "Marks", DOCUMENT_LEFT);
  document_cell(table, "8", DOCUMENT_PLAIN);
  document_cell(table, "край проверенного диапазона, среди лучших", DOCUMENT_PLAIN);
  HAS(page_text(page, 40, false), "\n  8  край проверенного диапазона, среди\n"
                                  "     лучших\n");
}

static void test_text_keeps_an_interval_in_one_piece(void **state) {
  struct page *page = *state;
  document_paragraph(page->root, "twenty-four workers give 387.1 [371.1, 403.9] tokens/s");
  HAS(page_text(page, 40, false), "twenty-four workers give 387.1\n[371.1, 403.9] tokens/s");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PAGE(test_text_aligns_by_display_width),
      PAGE(test_text_has_colours_only_when_asked),
      PAGE(test_text_folds_long_headings_over_narrow_columns),
      PAGE(test_text_folds_at_the_width),
      PAGE(test_text_folds_a_last_column_of_words_below_itself),
      PAGE(test_text_keeps_an_interval_in_one_piece),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
