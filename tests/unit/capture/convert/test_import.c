// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tests/unit/capture/convert/converting.h"

#define DATA "tests/data/import/"
#define MARK "\xEF\xBB\xBF"

static void test_every_name_of_the_help_is_a_format(void **state) {
  (void)state;
  char *copy = strdup(IMPORT_NAMES), *rest = copy, *name;
  size_t count = 0;
  while ((name = strsep(&rest, ", "))) {
    if (name[0] == '\0' || strcmp(name, "or") == 0) continue;
    if (!import_find(name)) fail_msg("%s", name);
    count++;
  }
  free(copy);
  for (size_t i = 0; i < count; i++)
    assert_non_null(import_formats[i].name);
  assert_null(import_formats[count].name);
  assert_null(import_find("csv"));
  assert_null(import_find(""));
}

static void test_a_byte_order_mark_is_passed_over(void **state) {
  (void)state;
  struct converted converted = converting_file("har", DATA "fiddler.har", NULL);
  assert_int_equal(converted.status, STATUS_OK);
  assert_int_equal(converted.counts.requests, 5);
  converted_free(&converted);
  converted = converting("sharegpt", MARK
                         "[{\"id\":\"a\",\"conversations\":[{\"from\":\"human\",\"value\":\"Where?\"}]}]");
  assert_slice(json_scan_get(converted_request(&converted, 0).body, "messages"),
               "[{\"role\":\"user\",\"content\":\"Where?\"}]");
  converted_free(&converted);
  converted = converting("sharegpt", MARK);
  assert_int_equal(converted.status, STATUS_FORMAT);
  converted_free(&converted);
  converted = converting("vegeta", MARK "{\"method\":\"GET\",\"url\":\"http://h/\"}\n");
  assert_int_equal(converted.counts.requests, 1);
  converted_free(&converted);
}

static void test_each_reason_has_a_text_and_all_are_added(void **state) {
  (void)state;
  struct import_counts counts = {.left_out = {1, 2, 3, [IMPORT_REASON_COUNT - 1] = 4}};
  assert_int_equal(import_left_out(&counts), 10);
  for (enum import_reason reason = 0; reason < IMPORT_REASON_COUNT; reason++)
    assert_true(strlen(import_reason_text(reason)) > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_name_of_the_help_is_a_format),
      cmocka_unit_test(test_a_byte_order_mark_is_passed_over),
      cmocka_unit_test(test_each_reason_has_a_text_and_all_are_added),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
