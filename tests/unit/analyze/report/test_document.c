// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/report/document.h"

static void test_width_counts_terminal_columns(void **state) {
  (void)state;
  assert_int_equal(document_width("batch"), 5);
  assert_int_equal(document_width("Размер пакета"), 13);
  assert_int_equal(document_width("и\u0306"), 1);      // a combining breve
  assert_int_equal(document_width("\u6a21\u578b"), 4); // two wide characters
  assert_int_equal(document_width("\U0001F600"), 2);   // an emoji
  assert_int_equal(document_width(DOCUMENT_STRONG "a" DOCUMENT_STRONG), 1);
  assert_int_equal(document_width("\xFF\xFF"), 2); // no UTF-8: one column each
}

static void test_spans_follow_the_switches(void **state) {
  (void)state;
  const char *at = "a" DOCUMENT_STRONG "b" DOCUMENT_CODE "c" DOCUMENT_STRONG "d";
  const char expected[] = "abcd";
  const bool strong[] = {false, true, true, false}, code[] = {false, false, true, true};
  struct document_span span = {0};
  for (size_t i = 0; i < 4; i++) {
    assert_true(document_span_next(&at, &span));
    assert_int_equal(span.len, 1);
    assert_int_equal(span.text[0], expected[i]);
    assert_int_equal(span.strong, strong[i]);
    assert_int_equal(span.code, code[i]);
  }
  assert_false(document_span_next(&at, &span));
}

static void test_foreign_bytes_cannot_drive_a_terminal(void **state) {
  (void)state;
  struct document document = {0};
  struct document_node *root = document_start(&document, "t");
  struct document_node *node = document_paragraph(root, "a\x1b[31mb\r\x7f\xc2\x9b"
                                                        "c\xff"
                                                        "d\u202ee\nf");
  assert_string_equal(node->text, "a [31mb   c\xEF\xBF\xBD"
                                  "d e\nf");
  document_free(&document);
}

static void test_half_a_character_at_the_end_is_replaced(void **state) {
  (void)state;
  struct document document = {0};
  struct document_node *root = document_start(&document, "x\xd0");
  assert_string_equal(root->text, "x\xEF\xBF\xBD");
  document_free(&document);
}

static void test_overlong_and_surrogate_forms_are_no_characters(void **state) {
  (void)state;
  struct document document = {0};
  struct document_node *root = document_start(&document, "\xc0\xaf\xed\xa0\x80");
  assert_string_equal(root->text, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  document_free(&document);
}

static void test_failure_sticks_and_null_parents_are_taken(void **state) {
  (void)state;
  struct document document = {0};
  struct document_node *node = document_start(&document, "t");
  for (int i = 0; i < 10; i++)
    node = document_section(node, "deeper");
  assert_null(node);
  assert_int_equal(document.status, STATUS_LIMIT);
  assert_null(document_paragraph(node, "p"));
  assert_null(document_item(document_list(node, true), "i"));
  document_cell(document_table(node, ""), "c", DOCUMENT_PLAIN);
  document_row_end(NULL);
  assert_null(document_paragraph(document.root, "after the failure"));
  document_free(&document);
}

static void test_a_short_row_is_filled_up(void **state) {
  (void)state;
  struct document document = {0};
  struct document_node *table = document_table(document_start(&document, "t"), "");
  document_column(table, "a", DOCUMENT_LEFT);
  document_column(table, "b", DOCUMENT_LEFT);
  document_cell(table, "1", DOCUMENT_PLAIN);
  document_row_end(table);
  assert_int_equal(document_row_count(table), 1);
  assert_string_equal(table->cells[1].text, "");
  document_row_end(table); // a full row stays as it is
  assert_int_equal(document_row_count(table), 1);
  document_free(&document);
}

static void test_level_is_the_heading_depth(void **state) {
  (void)state;
  struct document document = {0};
  struct document_node *root = document_start(&document, "t");
  struct document_node *section = document_section(root, "s");
  assert_int_equal(document_level(root), 1);
  assert_int_equal(document_level(section), 2);
  assert_int_equal(document_level(document_section(section, "s")), 3);
  document_start(&document, "again"); // frees the tree before
  assert_null(document.root->first);
  document_free(&document);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_width_counts_terminal_columns),
      cmocka_unit_test(test_spans_follow_the_switches),
      cmocka_unit_test(test_foreign_bytes_cannot_drive_a_terminal),
      cmocka_unit_test(test_half_a_character_at_the_end_is_replaced),
      cmocka_unit_test(test_overlong_and_surrogate_forms_are_no_characters),
      cmocka_unit_test(test_failure_sticks_and_null_parents_are_taken),
      cmocka_unit_test(test_a_short_row_is_filled_up),
      cmocka_unit_test(test_level_is_the_heading_depth),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
