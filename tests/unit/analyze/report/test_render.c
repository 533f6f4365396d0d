// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/analyze/report/page.h"

static void test_an_unfinished_document_is_not_rendered(void **state) {
  struct page *page = *state;
  page->document.status = STATUS_MEMORY;
  assert_int_equal(markdown_render(&page->document, NULL, &page->out), STATUS_MEMORY);
  assert_int_equal(text_render(&page->document, NULL, &page->out), STATUS_MEMORY);
  assert_int_equal(html_render(&page->document, NULL, &page->out), STATUS_MEMORY);
  assert_int_equal(page->out.len, 0);
}

static void test_a_full_buffer_is_said(void **state) {
  struct page *page = *state;
  document_paragraph(page->root, "longer than the cap");
  struct buf small = BUF_LIMIT(8);
  assert_int_equal(markdown_render(&page->document, NULL, &small), STATUS_LIMIT);
  buf_free(&small);
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
    page_two_columns(page, noise, noise);
    check_balanced(page_html(page));
    LACKS(page_text(page, 60, false), "\033");
    assert_non_null(strstr(page_markdown(page, "plots"), "|"));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PAGE(test_an_unfinished_document_is_not_rendered),
      PAGE(test_a_full_buffer_is_said),
      PAGE(test_any_bytes_make_whole_pages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
