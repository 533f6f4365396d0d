// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/array.h"

struct item {
  int64_t number;
  char *text;
};

static void test_an_array_grows_one_by_one_and_each_new_element_is_zero(void **state) {
  (void)state;
  struct item *items = NULL;
  size_t capacity = 0;
  for (size_t count = 0; count < 1000; count++) {
    assert_int_equal(array_grow(&items, &capacity, count, sizeof *items, 1000), STATUS_OK);
    assert_true(capacity > count);
    assert_int_equal(items[count].number, 0);
    assert_null(items[count].text);
    items[count] = (struct item){.number = (int64_t)count, .text = "x"};
  }
  for (size_t i = 0; i < 1000; i++)
    assert_int_equal(items[i].number, i);
  free(items);
}

static void test_an_array_at_its_limit_stays_as_it_is(void **state) {
  (void)state;
  int *items = NULL;
  size_t capacity = 0;
  for (size_t count = 0; count < 3; count++)
    assert_int_equal(array_grow(&items, &capacity, count, sizeof *items, 3), STATUS_OK);
  const int *before = items;
  size_t room = capacity;
  assert_int_equal(array_grow(&items, &capacity, 3, sizeof *items, 3), STATUS_LIMIT);
  assert_ptr_equal(items, before);
  assert_int_equal(capacity, room);
  free(items);
  items = NULL, capacity = 0;
  assert_int_equal(array_grow(&items, &capacity, 0, sizeof *items, 0), STATUS_LIMIT);
  assert_null(items);
}

static void test_an_element_that_was_given_up_comes_back_as_zero(void **state) {
  (void)state;
  int *items = NULL;
  size_t capacity = 0;
  assert_int_equal(array_grow(&items, &capacity, 0, sizeof *items, 9), STATUS_OK);
  items[0] = 7;
  assert_int_equal(array_grow(&items, &capacity, 0, sizeof *items, 9), STATUS_OK);
  assert_int_equal(items[0], 0);
  free(items);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_an_array_grows_one_by_one_and_each_new_element_is_zero),
      cmocka_unit_test(test_an_array_at_its_limit_stays_as_it_is),
      cmocka_unit_test(test_an_element_that_was_given_up_comes_back_as_zero),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
