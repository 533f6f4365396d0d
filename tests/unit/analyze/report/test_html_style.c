// SPDX-License-Identifier: GPL-3.0-or-later
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/report/html_style.h"

static size_t count(const char *text, const char *part) {
  size_t found = 0;
  for (; (text = strstr(text, part)) != NULL; text += strlen(part))
    found++;
  return found;
}

static void test_every_colour_is_defined_for_light_and_dark(void **state) {
  (void)state;
  size_t uses = 0;
  for (const char *at = html_style_sheet; (at = strstr(at, "var(--")) != NULL; at++) {
    char definition[64];
    size_t len = strcspn(at + 6, ")");
    assert_in_range(len, 1, 32);
    if (strncmp(at + 6, "v)", 2) == 0) continue; // a cell's own depth, in its style attribute
    snprintf(definition, sizeof definition, "--%.*s:", (int)len, at + 6);
    // Once at the top, once for dark screens; every name is different from the end of another.
    if (count(html_style_sheet, definition) < 2) fail_msg("%s is not defined for both", definition);
    uses++;
  }
  assert_true(uses > 10);
}

static void test_neither_loads_anything_nor_ends_its_element(void **state) {
  (void)state;
  static const char *const foreign[] = {"url(", "@import", "http:", "https:", "fetch(", "</", "<!--"};
  for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
    assert_null(strstr(html_style_sheet, foreign[i]));
    assert_null(strstr(html_style_script, foreign[i]));
  }
}

static void test_columns_sort_by_numbers_with_decimal_commas(void **state) {
  (void)state;
  assert_non_null(strstr(html_style_script, "[\\d.,]*/"));
  assert_non_null(strstr(html_style_script, ".replace(',','.')"));
}

static void test_brackets_are_closed(void **state) {
  (void)state;
  assert_int_equal(count(html_style_sheet, "{"), count(html_style_sheet, "}"));
  assert_int_equal(count(html_style_sheet, "("), count(html_style_sheet, ")"));
  assert_int_equal(count(html_style_script, "{"), count(html_style_script, "}"));
  for (const char *at = html_style_sheet; *at; at++)
    assert_true(isascii((unsigned char)*at));
  for (const char *at = html_style_script; *at; at++)
    assert_true(isascii((unsigned char)*at));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_colour_is_defined_for_light_and_dark),
      cmocka_unit_test(test_neither_loads_anything_nor_ends_its_element),
      cmocka_unit_test(test_columns_sort_by_numbers_with_decimal_commas),
      cmocka_unit_test(test_brackets_are_closed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
