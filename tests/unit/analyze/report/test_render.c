// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "analyze/report/html.h"
#include "analyze/report/markdown.h"
#include "analyze/report/svg.h"
#include "analyze/report/text.h"

struct page {
  struct document document;
  struct document_node *root;
  struct buf out;
};

static int setup(void **state) {
  static struct page page;
  page = (struct page){0};
  page.root = document_start(&page.document, "Title");
  *state = &page;
  return 0;
}

static int teardown(void **state) {
  struct page *page = *state;
  document_free(&page->document);
  buf_free(&page->out);
  return 0;
}

static const char *markdown(struct page *page, const char *folder) {
  buf_clear(&page->out);
  assert_int_equal(markdown_render(&page->document, &(struct markdown_options){folder}, &page->out),
                   STATUS_OK);
  return buf_text(&page->out);
}

static const char *text(struct page *page, size_t width, bool colour) {
  buf_clear(&page->out);
  assert_int_equal(text_render(&page->document, &(struct text_options){width, colour}, &page->out),
                   STATUS_OK);
  return buf_text(&page->out);
}

static const char *html(struct page *page) {
  buf_clear(&page->out);
  struct html_options options = {.language = "ru", .svg_folder = "nowhere", .contents = "Содержание"};
  assert_int_equal(html_render(&page->document, &options, &page->out), STATUS_OK);
  return buf_text(&page->out);
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

static void two_columns(struct page *page, const char *first, const char *second) {
  struct document_node *table = document_table(page->root, "");
  document_column(table, "Имя", DOCUMENT_LEFT);
  document_column(table, "n", DOCUMENT_RIGHT);
  document_cell(table, first, DOCUMENT_PLAIN);
  document_cell(table, second, DOCUMENT_PLAIN);
  document_row_end(table);
}

static void test_markdown_escapes_what_would_be_markup(void **state) {
  struct page *page = *state;
  document_paragraph(page->root, "a*b `c` <script> &amp; [x](y) _z_ batch_size AT&T 5 < 6 ~~no~~");
  HAS(markdown(page, NULL),
      "a\\*b \\`c\\` \\<script> \\&amp; [x\\](y) \\_z\\_ batch_size AT\\&T 5 \\< 6 \\~\\~no\\~\\~\n");
}

static void test_markdown_paragraph_starts_no_other_block(void **state) {
  struct page *page = *state;
  document_paragraph(page->root, "# no heading");
  document_paragraph(page->root, "- no item");
  document_paragraph(page->root, "1. no list");
  document_paragraph(page->root, "> no quote");
  HAS(markdown(page, NULL), "\n\\# no heading\n\n\\- no item\n\n1\\. no list\n\n\\> no quote\n");
}

static void test_markdown_cell_keeps_the_table_whole(void **state) {
  struct page *page = *state;
  two_columns(page, "a|b\nc " DOCUMENT_CODE "x|`y" DOCUMENT_CODE, "1");
  const char *out = markdown(page, NULL);
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
  HAS(markdown(page, NULL), "|   Размер пакета |   Общее время (с) |   Токены в секунду |\n"
                            "|----------------:|------------------:|-------------------:|\n"
                            "|               1 |           3.94896 |            35.9588 |\n"
                            "|               8 |          11.6289  |           142.231  |\n"
                            "|              16 |          20.236   |           163.62   |\n"
                            "|              25 |           0       |             —      |\n");
}

static void test_markdown_pictures_are_links_only_where_there_is_a_folder(void **state) {
  struct page *page = *state;
  document_figure(page->root, "overview", "What is * shown", "Caption");
  HAS(markdown(page, "plots"), "![What is \\* shown](plots/overview.png)\n\n*Caption*\n");
  LACKS(markdown(page, NULL), "overview");
}

static void test_markdown_callouts_in_a_row_are_one_quotation(void **state) {
  struct page *page = *state;
  document_callout(page->root, DOCUMENT_WARNING, "one");
  document_callout(page->root, DOCUMENT_WARNING, "two");
  document_paragraph(page->root, "three");
  HAS(markdown(page, NULL), "\n> \u26a0 one\n>\n> \u26a0 two\n\nthree\n");
}

static void test_markdown_code_block_fence_is_longer_than_its_text(void **state) {
  struct page *page = *state;
  document_code_block(page->root, "a ``` b");
  HAS(markdown(page, NULL), "\n````sh\na ``` b\n````\n");
}

static void test_text_aligns_by_display_width(void **state) {
  struct page *page = *state;
  two_columns(page, "\u6a21\u578b", "1");
  struct document_node *table = page->root->first;
  document_cell(table, "ключ", DOCUMENT_PLAIN);
  document_cell(table, "22", DOCUMENT_PLAIN);
  HAS(text(page, 80, false), "  Имя    n\n  \u6a21\u578b   1\n  ключ  22\n");
}

static void test_text_has_colours_only_when_asked(void **state) {
  struct page *page = *state;
  document_callout(page->root, DOCUMENT_WARNING, "careful");
  struct document_node *table = document_table(page->root, "");
  document_column(table, "c", DOCUMENT_LEFT);
  document_cell(table, "x", DOCUMENT_BEST);
  LACKS(text(page, 80, false), "\033");
  HAS(text(page, 80, true), "\033[33m! careful\n\033[0m");
  HAS(text(page, 80, true), "\033[32m  x\033[0m\n");
}

static void test_text_folds_long_headings_over_narrow_columns(void **state) {
  struct page *page = *state;
  struct document_node *table = document_table(page->root, "");
  document_column(table, "Оптимальный размер пакета", DOCUMENT_RIGHT);
  document_column(table, "Отметки", DOCUMENT_LEFT);
  document_cell(table, "48", DOCUMENT_PLAIN);
  document_cell(table, "край проверенного диапазона", DOCUMENT_PLAIN);
  HAS(text(page, 100, false), "  Оптимальный\n"
                              "       размер\n"
                              "       пакета  Отметки\n"
                              "           48  край проверенного диапазона\n");
}

static void test_text_folds_at_the_width(void **state) {
  struct page *page = *state;
  document_paragraph(page->root, "слово слово слово слово слово слово слово слово слово слово");
  const char *out = text(page, 40, false);
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
  HAS(text(page, 40, false), "\n  8  край проверенного диапазона, среди\n"
                             "     лучших\n");
}

static void test_text_keeps_an_interval_in_one_piece(void **state) {
  struct page *page = *state;
  document_paragraph(page->root, "twenty-four workers give 387.1 [371.1, 403.9] tokens/s");
  HAS(text(page, 40, false), "twenty-four workers give 387.1\n[371.1, 403.9] tokens/s");
}

// What markdownlint asks of any file (its rules' numbers), on everything that a document can hold.
static void test_markdown_pleases_a_linter(void **state) {
  struct page *page = *state;
  struct document_node *section = document_section(page->root, "A section");
  document_paragraph(section, "Words.");
  two_columns(page, "x", "1.5");
  struct document_node *item = document_item(document_list(section, true), "one");
  document_item(document_list(item, false), "inner");
  document_definition(document_definitions(section), "term", "text");
  document_callout(section, DOCUMENT_WARNING, "beware");
  document_figure(section, "plot", "words", "caption");
  document_code_block(section, "make");
  document_rule(section);
  two_columns(page, "y", "2");
  const char *out = markdown(page, "plots"), *before = "";
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

static void test_html_escapes_text_and_attributes(void **state) {
  struct page *page = *state;
  document_paragraph(page->root, "<script>alert(1)</script> & \"quoted\" 'too'");
  two_columns(page, "a|b\n<i>", "1");
  document_figure(page->root, "none", "a <b> \"c\"", "");
  const char *out = html(page);
  LACKS(out, "<script>alert");
  HAS(out, "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quoted&quot; &#39;too&#39;");
  HAS(out, "<th scope=\"row\">a|b<br>&lt;i&gt;</th>");
  HAS(out, "<p>a &lt;b&gt; &quot;c&quot;</p>");
}

static void test_html_loads_nothing(void **state) {
  struct page *page = *state;
  document_section(page->root, "Раздел");
  const char *out = html(page);
  LACKS(out, "http:");
  LACKS(out, "https:");
  LACKS(out, " src=");
  LACKS(out, "@import");
  LACKS(out, "<link");
  HAS(out, "<html lang=\"ru\">");
  HAS(out, "prefers-color-scheme");
}

static void test_html_contents_point_at_their_sections(void **state) {
  struct page *page = *state;
  struct document_node *first = document_section(page->root, "A");
  document_section(document_section(first, "A1"), "deep");
  document_section(page->root, "B");
  const char *out = html(page);
  HAS(out, "<a href=\"#s1\">A</a>");
  HAS(out, "<a href=\"#s2\">A1</a>");
  HAS(out, "<a href=\"#s4\">B</a>"); // the deep one is 3
  HAS(out, "<section id=\"s4\">\n<h2>B</h2>");
  HAS(out, "<section id=\"s3\">\n<h4>deep</h4>");
}

static void test_html_marks_rows_and_pads_decimals(void **state) {
  struct page *page = *state;
  struct document_node *table = document_table(page->root, "");
  document_column(table, "x", DOCUMENT_DECIMAL);
  document_cell(table, "1.25", DOCUMENT_BEST);
  document_cell(table, "3", DOCUMENT_BAD);
  const char *out = html(page);
  HAS(out, "<tr><th scope=\"row\" class=\"n best\" data-v=\"1.25\">1.25</th></tr>");
  HAS(out, "<tr><th scope=\"row\" class=\"n bad\" data-v=\"3\">3<span class=\"z\" "
           "aria-hidden=\"true\">.00</span></th></tr>");
}

static void test_an_unfinished_document_is_not_rendered(void **state) {
  struct page *page = *state;
  page->document.status = STATUS_MEMORY;
  assert_int_equal(markdown_render(&page->document, NULL, &page->out), STATUS_MEMORY);
  assert_int_equal(text_render(&page->document, NULL, &page->out), STATUS_MEMORY);
  assert_int_equal(html_render(&page->document, NULL, &page->out), STATUS_MEMORY);
  assert_int_equal(page->out.len, 0);
}

// Of what comes after the word to stop nothing is made, however much it is.
static void test_a_page_is_given_up_when_it_is_to_stop(void **state) {
  struct page *page = *state;
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  document_paragraph(page->root, "the only words");
  struct html_options options = {.stop_fd = ends[0]};
  assert_int_equal(html_render(&page->document, &options, &page->out), STATUS_OK); // nobody said so
  assert_non_null(strstr(buf_text(&page->out), "the only words"));
  buf_clear(&page->out);
  assert_int_equal(write(ends[1], "x", 1), 1);
  assert_int_equal(html_render(&page->document, &options, &page->out), STATUS_CANCELLED);
  assert_true(!page->out.data || !memmem(page->out.data, page->out.len, "the only words", 14));
  close(ends[0]);
  close(ends[1]);
}

static void test_a_full_buffer_is_said(void **state) {
  struct page *page = *state;
  document_paragraph(page->root, "longer than the cap");
  struct buf small = BUF_LIMIT(8);
  assert_int_equal(markdown_render(&page->document, NULL, &small), STATUS_LIMIT);
  buf_free(&small);
}

static void test_svg_ids_are_prefixed_and_points_tell_their_values(void **state) {
  struct page *page = *state;
  struct plot_set set = {0};
  struct plot *plot = plot_add(&set, "p");
  struct plot_series *series = plot_series_add(plot, PLOT_POINTS, PLOT_BLUE, "W <1>");
  plot_point_add(series, 48, 387.139, 0.0 / 0.0, 0.0 / 0.0);
  static const char svg[] =
      "<?xml version=\"1.0\"?>\n<svg \n viewBox=\"0 0 9 5\">\n<title>Gnuplot</title>\n<desc>x</desc>"
      "<circle id='gpDot'/><g id=\"gnuplot_plot_1\" ><title>gnuplot_plot_1</title>\n"
      "<use xlink:href='#gpDot' x='1'/><use xlink:href='#gpDot' x='2'/></g></svg>\n";
  struct buf out = {0};
  assert_int_equal(svg_embed(svg, sizeof svg - 1, plot, "f1-", "a \"b\"", &out), STATUS_OK);
  assert_string_equal(
      buf_text(&out),
      "<svg class=\"plot\" role=\"img\" aria-label=\"a &quot;b&quot;\" \n viewBox=\"0 0 9 5\">\n\n"
      "<circle id='f1-gpDot'/><g id=\"f1-gnuplot_plot_1\" >\n"
      "<use xlink:href='#f1-gpDot' x='1'><title>W &lt;1&gt;\n48\n387.139</title></use>"
      "<use xlink:href='#f1-gpDot' x='2'/></g></svg>");
  buf_clear(&out);
  assert_int_equal(svg_embed("<svg>", 5, NULL, "f1-", "", &out), STATUS_FORMAT);
  (void)page;
  buf_free(&out);
  plot_set_free(&set);
}

// Every tag that is opened is closed in its order; void elements and the doctype aside.
static void check_balanced(const char *text) {
  const char *open[64];
  size_t lens[64], depth = 0;
  for (const char *at = text; (at = strchr(at, '<')); at++) {
    const char *name = at + 1 + (at[1] == '/');
    size_t len = strcspn(name, " >\n");
    if (*name == '!' || strncmp(name, "meta", 4) == 0 || strncmp(name, "br", len) == 0 ||
        strncmp(name, "hr", len) == 0)
      continue;
    if (strncmp(name, "script", len) == 0 && at[1] != '/')
      at = strstr(at, "</script>") - 1; // its text is no markup
    if (strncmp(name, "script", len) == 0) continue;
    if (at[1] != '/') {
      assert_true(depth < 64);
      open[depth] = name;
      lens[depth++] = len;
    } else {
      if (depth == 0) {
        fail_msg("nothing is open before </%.*s>", (int)len, name);
        return;
      }
      depth--;
      if (lens[depth] != len || memcmp(open[depth], name, len) != 0)
        fail_msg("%.*s closes %.*s", (int)len, name, (int)lens[depth], open[depth]);
    }
  }
  assert_int_equal(depth, 0);
}

static void test_any_bytes_make_whole_pages(void **state) {
  struct page *page = *state;
  static const char bytes[] = "a <>&\"'`*_[](){}|\\~#\n\t\033\001\002\xd0\x9f\xff";
  uint32_t seed = 1;
  for (int round = 0; round < 200; round++) {
    char noise[48] = "";
    for (size_t i = 0; i + 1 < sizeof noise; i++) {
      seed = seed * 1664525U + 1013904223U;
      noise[i] = bytes[(seed >> 16) % (sizeof bytes - 1)];
    }
    page->root = document_start(&page->document, noise);
    struct document_node *section = document_section(page->root, noise);
    document_paragraph(section, noise);
    document_callout(section, DOCUMENT_WARNING, noise);
    document_item(document_list(document_item(document_list(section, true), noise), false), noise);
    document_definition(document_definitions(section), noise, noise);
    document_figure(section, noise, noise, noise);
    document_code_block(section, noise);
    two_columns(page, noise, noise);
    check_balanced(html(page));
    LACKS(text(page, 60, false), "\033");
    assert_non_null(strstr(markdown(page, "plots"), "|"));
  }
}

// A table of the best set may have tens of thousands of rows: looking through all of them for each would take
// minutes.
static void test_html_of_a_long_table_takes_time_by_its_length(void **state) {
  enum { ROWS = 60000, SECONDS_MAX = 8 };
  struct page *page = *state;
  struct document_node *table = document_table(page->root, "");
  document_column(table, "one", DOCUMENT_DECIMAL);
  document_column(table, "other", DOCUMENT_DECIMAL);
  for (int i = 0; i < ROWS; i++) {
    document_cell(table, i == 17 ? "1.25" : "1", DOCUMENT_PLAIN);
    document_cell(table, "2.5", DOCUMENT_PLAIN);
    document_row_end(table);
  }
  clock_t start = clock();
  const char *made = html(page);
  assert_true(clock() - start < (clock_t)SECONDS_MAX * CLOCKS_PER_SEC);
  assert_non_null(strstr(made, ">1<span class=\"z\" aria-hidden=\"true\">.00</span></th>"));
}

#define PAGE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      PAGE(test_markdown_escapes_what_would_be_markup),
      PAGE(test_markdown_paragraph_starts_no_other_block),
      PAGE(test_markdown_cell_keeps_the_table_whole),
      PAGE(test_markdown_aligns_decimals_as_the_reports_do),
      PAGE(test_markdown_pictures_are_links_only_where_there_is_a_folder),
      PAGE(test_markdown_callouts_in_a_row_are_one_quotation),
      PAGE(test_markdown_code_block_fence_is_longer_than_its_text),
      PAGE(test_text_aligns_by_display_width),
      PAGE(test_text_has_colours_only_when_asked),
      PAGE(test_text_folds_long_headings_over_narrow_columns),
      PAGE(test_text_folds_at_the_width),
      PAGE(test_text_folds_a_last_column_of_words_below_itself),
      PAGE(test_text_keeps_an_interval_in_one_piece),
      PAGE(test_markdown_pleases_a_linter),
      PAGE(test_html_escapes_text_and_attributes),
      PAGE(test_html_loads_nothing),
      PAGE(test_html_contents_point_at_their_sections),
      PAGE(test_html_marks_rows_and_pads_decimals),
      PAGE(test_html_of_a_long_table_takes_time_by_its_length),
      PAGE(test_an_unfinished_document_is_not_rendered),
      PAGE(test_any_bytes_make_whole_pages),
      PAGE(test_a_page_is_given_up_when_it_is_to_stop),
      PAGE(test_a_full_buffer_is_said),
      PAGE(test_svg_ids_are_prefixed_and_points_tell_their_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
