// SPDX-License-Identifier: GPL-3.0-or-later
#include <time.h>
#include <unistd.h>

#include "tests/unit/analyze/report/page.h"

static void test_html_escapes_text_and_attributes(void **state) {
  struct page *page = *state;
  document_paragraph(page->root, "<script>alert(1)</script> & \"quoted\" 'too'");
  page_two_columns(page, "a|b\n<i>", "1");
  document_figure(page->root, "none", "a <b> \"c\"", "");
  const char *out = page_html(page);
  LACKS(out, "<script>alert");
  HAS(out, "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quoted&quot; &#39;too&#39;");
  HAS(out, "<th scope=\"row\">a|b<br>&lt;i&gt;</th>");
  HAS(out, "<p>a &lt;b&gt; &quot;c&quot;</p>");
}

static void test_html_loads_nothing(void **state) {
  struct page *page = *state;
  document_section(page->root, "Раздел");
  const char *out = page_html(page);
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
  const char *out = page_html(page);
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
  const char *out = page_html(page);
  HAS(out, "<tr><th scope=\"row\" class=\"n best\" data-v=\"1.25\">1.25</th></tr>");
  HAS(out, "<tr><th scope=\"row\" class=\"n bad\" data-v=\"3\">3<span class=\"z\" "
           "aria-hidden=\"true\">.00</span></th></tr>");
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
  const char *made = page_html(page);
  assert_true(clock() - start < (clock_t)SECONDS_MAX * CLOCKS_PER_SEC);
  assert_non_null(strstr(made, ">1<span class=\"z\" aria-hidden=\"true\">.00</span></th>"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PAGE(test_html_escapes_text_and_attributes),
      PAGE(test_html_loads_nothing),
      PAGE(test_html_contents_point_at_their_sections),
      PAGE(test_html_marks_rows_and_pads_decimals),
      PAGE(test_a_page_is_given_up_when_it_is_to_stop),
      PAGE(test_html_of_a_long_table_takes_time_by_its_length),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
