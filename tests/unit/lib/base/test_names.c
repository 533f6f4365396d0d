// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/names.h"

static void test_an_empty_list_has_and_matches_nothing(void **state) {
  (void)state;
  struct names names = {0};
  assert_false(names_have(&names, "", 0));
  assert_false(names_match(&names, ""));
  names_free(&names);
}

static void test_names_are_copies_and_equal_in_either_case(void **state) {
  (void)state;
  struct names names = {0};
  char text[] = "X-Team";
  assert_int_equal(names_add(&names, text, NULL), STATUS_OK);
  memset(text, 'z', sizeof text - 1);
  assert_true(names_have(&names, "x-tEAM and more", 6));
  assert_false(names_have(&names, "x-team", 5));
  assert_false(names_have(&names, "x-teams", 7));
  assert_false(names_have(&names, "zzzzzz", 6));
  names_free(&names);
  assert_int_equal(names.count, 0);
  assert_false(names_have(&names, "x-team", 6));
}

static void test_patterns_match_whole_paths_and_a_star_also_slashes(void **state) {
  (void)state;
  struct names names = {0};
  assert_int_equal(names_add(&names, "/v1/*", NULL), STATUS_OK);
  assert_int_equal(names_add(&names, "/api/[cg]?at", NULL), STATUS_OK);
  static const struct {
    const char *path;
    bool matches;
  } cases[] = {{"/v1/", true},       {"/v1/chat/completions", true},
               {"/v1", false},       {"/x/v1/a", false},
               {"/api/chat", true},  {"/api/goat", true},
               {"/api/boat", false}, {"/api/chats", false},
               {"/API/chat", false}, {"", false}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    if (names_match(&names, cases[i].path) != cases[i].matches) fail_msg("'%s'", cases[i].path);
  }
  names_free(&names);
}

static void test_empty_names_and_too_many_are_refused(void **state) {
  (void)state;
  struct names names = {0};
  struct error error;
  assert_int_equal(names_add(&names, "", &error), STATUS_USAGE);
  assert_string_equal(error.text, "'': an empty text is not allowed");
  for (int i = 0; i < NAMES_MAX; i++)
    assert_int_equal(names_add(&names, "same", &error), STATUS_OK);
  assert_int_equal(names_add(&names, "last", &error), STATUS_USAGE);
  assert_string_equal(error.text, "'last': given more than 256 times");
  assert_int_equal(names.count, NAMES_MAX);
  assert_false(names_have(&names, "last", 4));
  names_free(&names);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_an_empty_list_has_and_matches_nothing),
      cmocka_unit_test(test_names_are_copies_and_equal_in_either_case),
      cmocka_unit_test(test_patterns_match_whole_paths_and_a_star_also_slashes),
      cmocka_unit_test(test_empty_names_and_too_many_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
