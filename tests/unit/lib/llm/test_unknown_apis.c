// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which requests are of an API that is not known, and how they are told.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/llm/unknown_apis.h"

static void note(struct unknown_apis *unknown, const char *method, const char *path) {
  unknown_apis_note(unknown, (struct json_slice){method, strlen(method)},
                    (struct json_slice){path, strlen(path)});
}

static void assert_words(const struct unknown_apis *unknown, const char *words) {
  struct buf out = {0};
  unknown_apis_print(unknown, &out);
  assert_string_equal(buf_text(&out), words);
  buf_free(&out);
}

static void test_only_posts_to_paths_of_no_api_count(void **state) {
  (void)state;
  struct unknown_apis unknown = {0};
  static const char *const known[] = {
      "/v1/chat/completions",      "/v1/messages", "/api/generate", "/api/pull",
      "/v1/messages/count_tokens", "/tokenize"};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    note(&unknown, "POST", known[i]);
  note(&unknown, "GET", "/v1/foo");
  assert_words(&unknown, "");
  note(&unknown, "POST", "/v1/bar?x=1");
  assert_words(&unknown, "1 request to /v1/bar");
}

static void test_the_most_frequent_are_named_first(void **state) {
  (void)state;
  struct unknown_apis unknown = {0};
  char path[64];
  for (int i = 0; i < 40; i++) {
    snprintf(path, sizeof path, "/v1/x%d", i % 20);
    note(&unknown, "POST", path);
  }
  note(&unknown, "POST", "/v1/x7");
  assert_words(
      &unknown,
      "3 requests to /v1/x7, 2 requests to /v1/x0, 2 requests to /v1/x1, 34 requests to other paths");
}

static void test_a_long_path_is_cut(void **state) {
  (void)state;
  struct unknown_apis unknown = {0};
  char path[200];
  memset(path, 'a', sizeof path - 1);
  path[0] = '/', path[sizeof path - 1] = '\0';
  note(&unknown, "POST", path);
  note(&unknown, "POST", path);
  assert_int_equal(unknown.paths[0].requests, 2);
  assert_int_equal(strlen(unknown.paths[0].path), UNKNOWN_APIS_PATH - 1);
  assert_string_equal(unknown.paths[0].path + UNKNOWN_APIS_PATH - 4, "...");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_only_posts_to_paths_of_no_api_count),
      cmocka_unit_test(test_the_most_frequent_are_named_first),
      cmocka_unit_test(test_a_long_path_is_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
