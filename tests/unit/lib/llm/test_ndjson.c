// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/llm/ndjson.h"

static void take(void *context, const char *line, size_t len) {
  struct buf *seen = context;
  buf_append_char(seen, '[');
  buf_append(seen, line, len);
  buf_append_char(seen, ']');
}

static enum status play(const char *text, size_t cut, size_t step, size_t limit, struct buf *seen) {
  struct ndjson ndjson;
  ndjson_open(&ndjson, limit, take, seen);
  enum status status = STATUS_OK;
  size_t len = strlen(text);
  for (size_t at = 0; at < len && status == STATUS_OK;) {
    size_t piece = step ? step : at < cut ? cut - at : len - at;
    if (piece > len - at) piece = len - at;
    char *copy = malloc(piece);
    assert_non_null(copy);
    memcpy(copy, text + at, piece);
    status = ndjson_feed(&ndjson, copy, piece);
    free(copy);
    at += piece;
  }
  if (status == STATUS_OK) status = ndjson_finish(&ndjson);
  ndjson_close(&ndjson);
  return status;
}

static void check(const char *text, size_t limit, enum status expected_status, const char *expected) {
  size_t len = strlen(text);
  for (size_t cut = 0; cut <= len + 1; cut++) {
    struct buf seen = BUF_LIMIT(0);
    enum status status = play(text, cut, cut > len, limit, &seen);
    if (status != expected_status || strcmp(buf_text(&seen), expected) != 0)
      fail_msg("'%s' cut at %zu: '%s' (%s)", text, cut, buf_text(&seen), status_name(status));
    buf_free(&seen);
  }
}

static void test_ndjson_lines_end_with_lf_or_crlf(void **state) {
  (void)state;
  check("{\"a\":1}\n{\"a\":2}\r\n", 0, STATUS_OK, "[{\"a\":1}][{\"a\":2}]");
}

static void test_ndjson_the_last_line_needs_no_end(void **state) {
  (void)state;
  check("{\"a\":1}\n{\"a\":\"é\"}", 0, STATUS_OK, "[{\"a\":1}][{\"a\":\"é\"}]");
}

static void test_ndjson_white_lines_are_none(void **state) {
  (void)state;
  check("\n\r\n \t\n1\n\n", 0, STATUS_OK, "[1]");
  check("", 0, STATUS_OK, "");
}

static void test_ndjson_limit_is_per_line_and_the_same_however_cut(void **state) {
  (void)state;
  check("1234\n5678\n", 4, STATUS_OK, "[1234][5678]");
  check("1234\n56789\n1\n", 4, STATUS_LIMIT, "[1234]");
  check("12345", 4, STATUS_LIMIT, "");
}

static void test_ndjson_a_line_comes_with_its_last_byte(void **state) {
  (void)state;
  struct buf seen = BUF_LIMIT(0);
  struct ndjson ndjson;
  ndjson_open(&ndjson, 0, take, &seen);
  assert_int_equal(ndjson_feed(&ndjson, "{}", 2), STATUS_OK);
  assert_int_equal(seen.len, 0);
  assert_int_equal(ndjson_feed(&ndjson, "\n", 1), STATUS_OK);
  assert_string_equal(buf_text(&seen), "[{}]");
  ndjson_close(&ndjson);
  buf_free(&seen);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ndjson_lines_end_with_lf_or_crlf),
      cmocka_unit_test(test_ndjson_the_last_line_needs_no_end),
      cmocka_unit_test(test_ndjson_white_lines_are_none),
      cmocka_unit_test(test_ndjson_limit_is_per_line_and_the_same_however_cut),
      cmocka_unit_test(test_ndjson_a_line_comes_with_its_last_byte),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
