// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/record/secret.h"
#include "replay/workload/headers.h"

// The lines of a header list joined by '|'.
static void assert_headers(const char *recorded, enum api api, const struct headers_own *own,
                           const char *expected) {
  char **lines = NULL;
  struct buf all = {0};
  assert_int_equal(headers_make((struct json_slice){recorded, strlen(recorded)}, api, own, &lines, NULL),
                   STATUS_OK);
  for (size_t i = 0; lines[i]; i++) {
    if (i > 0) buf_append_char(&all, '|');
    buf_append_text(&all, lines[i]);
  }
  assert_string_equal(buf_text(&all), expected);
  buf_free(&all);
  free(lines);
}

static void test_headers_are_sent_again_but_not_those_of_one_hop(void **state) {
  (void)state;
  static const struct headers_own none = {0};
  assert_headers(
      "{\"accept\":\"*/*\",\"Host\":\"h\",\"Connection\":\"close, x-hop\",\"X-Hop\":\"1\",\"te\":\"t\","
      "\"content-length\":\"5\",\"transfer-encoding\":\"chunked\",\"x-a\":\"b \\\"c\\\"\",\"x-empty\":\"\"}",
      API_HTTP, &none, "accept: */*|x-a: b \"c\"|x-empty;");
  assert_headers("{\"x-a\":\"b\\r\\nx-evil: 1\",\"x-b\":5,\"\":\"x\",\"x:y\":\"z\"}", API_HTTP, &none, "");
  assert_headers("{}", API_OPENAI_CHAT, &none, "Content-Type: application/json");
  assert_headers("{\"Content-type\":\"text/json\"}", API_OPENAI_CHAT, &none, "Content-type: text/json");
}

static void test_the_users_headers_replace_the_recorded_ones(void **state) {
  (void)state;
  static const char *const lines[] = {"Accept: text/plain", "user-agent:", "content-type:", "X-New:  v"};
  static const struct headers_own own = {lines, 4, "k"};
  assert_headers("{\"accept\":\"*/*\",\"User-Agent\":\"u\",\"x-a\":\"b\",\"content-type\":\"x\"}",
                 API_OPENAI_CHAT, &own, "x-a: b|Accept: text/plain|X-New: v|Authorization: Bearer k");
  static const char *const authorization[] = {"authorization: Basic x"};
  static const struct headers_own both = {authorization, 1, "k"};
  assert_headers("{}", API_HTTP, &both, "authorization: Basic x");
}

static void test_the_key_goes_where_the_api_has_it(void **state) {
  (void)state;
  static const struct headers_own own = {NULL, 0, "k"};
  assert_headers("{\"content-type\":\"x\"}", API_ANTHROPIC_MESSAGES, &own,
                 "content-type: x|anthropic-version: 2023-06-01|x-api-key: k");
  assert_headers("{\"content-type\":\"x\",\"Anthropic-Version\":\"2099\"}", API_ANTHROPIC_MESSAGES, &own,
                 "content-type: x|Anthropic-Version: 2099|x-api-key: k");
  static const char *const lines[] = {"X-Api-Key: mine", "anthropic-version:"};
  static const struct headers_own both = {lines, 2, "k"};
  assert_headers("{\"content-type\":\"x\"}", API_ANTHROPIC_MESSAGES, &both,
                 "content-type: x|X-Api-Key: mine");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_headers_are_sent_again_but_not_those_of_one_hop),
      cmocka_unit_test(test_the_users_headers_replace_the_recorded_ones),
      cmocka_unit_test(test_the_key_goes_where_the_api_has_it),
  };
  return cmocka_run_group_tests_name("headers", tests, NULL, NULL);
}
