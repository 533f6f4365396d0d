// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/analyze/report/page.h"

static void test_markdown_escapes_what_would_be_markup(void **state) {
  struct page *page = *state;
  document_paragraph(page->root, "a*b `c` <script> &amp; [x](y) _z_ batch_size AT&T 5 < 6 ~~no~~");
  HAS(page_markdown(page, NULL),
      "a\\*b \\`c\\` \\<script> \\&amp; [x\\](y) \\_z\\_ batch_size AT\\&T 5 \\< 6 \\~\\~no\\~\\~\n");
}

static void test_markdown_paragraph_starts_no_other_block(void **state) {
  struct page *page = *state;
  document_paragraph(page->root, "# no heading");
  document_paragraph(page->root, "- no item");
  document_paragraph(page->root, "1. no list");
  document_paragraph(page->root, "> no quote");
  HAS(page_markdown(page, NULL), "\n\\# no heading\n\n\\- no item\n\n1\\. no list\n\n\\> no quote\n");
}

static void test_markdown_cell_keeps_the_table_whole(void **state) {
  struct page *page = *state;
  page_two_columns(page, "a|b\nc " DOCUMENT_CODE "x|`y" DOCUMENT_CODE, "1");
  const char *out = page_markdown(page, NULL);
  HAS(out, "| a\\|b<br>c `` x\\|`y ``");
  size_t lines = 0;
  for (const char *at = strchr(out, '|'); at && *at; at = strchr(at, '\n'), at = at ? at + 1 : at)
    lines += *at == '|';
  assert_int_equal(lines, 3); // heading, rule, one row
}

// The rows of shared/reports/000 for 5 workers, as pandas printed them.
static void test_markdown_aligns_decimals_as_the_reports_do(void **state) {
  struct page *page = *state;
  struct document_node *table = document_table(page->root, "");
  document_column(table, "Размер пакета", DOCUMENT_RIGHT);
  document_column(table, "Общее время (с)", DOCUMENT_DECIMAL);
  document_column(table, "Токены в секунду", DOCUMENT_DECIMAL);
  static const char *const cells[] = {"1",  "3.94896", "35.9588", "8",  "11.6289", "142.231",
                                      "16", "20.236",  "163.62",  "25", "0",       "—"};
  for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
    document_cell(table, cells[i], DOCUMENT_PLAIN);
  HAS(page_markdown(page, NULL), "|   Размер пакета |   Общее время (с) |   Токены в секунду |\n"
                                 "|----------------:|------------------:|-------------------:|\n"
                                 "|               1 |           3.94896 |            35.9588 |\n"
                                 "|               8 |          11.6289  |           142.231  |\n"
                                 "|              16 |          20.236   |           163.62   |\n"
                                 "|              25 |           0       |             —      |\n");
}

static void test_markdown_pictures_are_links_only_where_there_is_a_folder(void **state) {
  struct page *page = *state;
  document_figure(page->root, "overview", "What is * shown", "Caption");
  HAS(page_markdown(page, "plots"), "![What is \\* shown](plots/overview.png)\n\n*Caption*\n");
  LACKS(page_markdown(page, NULL), "overview");
}

static void test_markdown_callouts_in_a_row_are_one_quotation(void **state) {
  struct page *page = *state;
  document_callout(page->root, DOCUMENT_WARNING, "one");
  document_callout(page->root, DOCUMENT_WARNING, "two");
  document_paragraph(page->root, "three");
  HAS(page_markdown(page, NULL), "\n> \u26a0 one\n>\n> \u26a0 two\n\nthree\n");
}

static void test_markdown_code_block_fence_is_longer_than_its_text(void **state) {
  struct page *page = *state;
  document_code_block(page->root, "a ``` b");
  HAS(page_markdown(page, NULL), "\n````sh\na ``` b\n````\n");
}

// What markdownlint asks of any file (its rules' numbers), on everything that a document can hold.
static void test_markdown_pleases_a_linter(void **state) {
  struct page *page = *state;
  struct document_node *section = document_section(page->root, "A section");
  document_paragraph(section, "Words.");
  page_two_columns(page, "x", "1.5");
  struct document_node *item = document_item(document_list(section, true), "one");
  document_item(document_list(item, false), "inner");
  document_definition(document_definitions(section), "term", "text");
  document_callout(section, DOCUMENT_WARNING, "beware");
  document_figure(section, "plot", "words", "caption");
  document_code_block(section, "make");
  document_rule(section);
  page_two_columns(page, "y", "2");
  const char *out = page_markdown(page, "plots"), *before = "";
  size_t titles = 0, before_len = 0;
  assert_true(out[strlen(out) - 1] == '\n' && out[strlen(out) - 2] != '\n'); // MD047
  for (const char *line = out, *end; *line; line = end + 1) {
    end = strchr(line, '\n');
    size_t len = (size_t)(end - line);
    titles += strncmp(line, "# ", 2) == 0;
    assert_false(len > 0 && (end[-1] == ' ' || end[-1] == '\t')); // MD009
    assert_false(len == 0 && before_len == 0);                    // MD012
    bool opens =
        *line == '#' || strncmp(line, "```sh", 5) == 0 || strncmp(line, "---", 3) == 0 || *line == '!';
    bool table = *line == '|', list = *line == '-' && line[1] == ' ';
    if (opens && line != out) assert_int_equal(before_len, 0);                  // MD022, MD031
    if (table && *before != '|') assert_int_equal(before_len, 0);               // MD058
    if (list && strncmp(before, "- ", 2) != 0) assert_int_equal(before_len, 0); // MD032
    if (*before == '#') assert_int_equal(len, 0);
    before = line;
    before_len = len;
  }
  assert_int_equal(titles, 1); // MD025
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PAGE(test_markdown_escapes_what_would_be_markup),
      PAGE(test_markdown_paragraph_starts_no_other_block),
      PAGE(test_markdown_cell_keeps_the_table_whole),
      PAGE(test_markdown_aligns_decimals_as_the_reports_do),
      PAGE(test_markdown_pictures_are_links_only_where_there_is_a_folder),
      PAGE(test_markdown_callouts_in_a_row_are_one_quotation),
      PAGE(test_markdown_code_block_fence_is_longer_than_its_text),
      PAGE(test_markdown_pleases_a_linter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
