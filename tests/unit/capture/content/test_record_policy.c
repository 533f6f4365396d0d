// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <string.h>

#include "capture/content/record_policy.h"

static const struct names none;

// {"key":"hush","a":[[...]]}, `depth` containers deep.
static void print_nested(int depth, struct buf *out) {
  buf_append_text(out, "{\"key\":\"hush\",\"a\":");
  for (int i = 1; i < depth; i++)
    buf_append_char(out, '[');
  for (int i = 1; i < depth; i++)
    buf_append_char(out, ']');
  buf_append_char(out, '}');
}

static void test_a_body_of_any_depth_is_readable_in_its_record(void **state) {
  (void)state;
  for (int depth = JSON_SCAN_DEPTH - 2; depth <= JSON_SCAN_DEPTH + 2; depth++) {
    struct buf body = {0}, clean = {0}, line = {0};
    struct json_slice record;
    print_nested(depth, &body);
    enum trace_body kind =
        record_policy_body(&none, (struct json_slice){body.data, body.len}, false, &clean, NULL);
    assert_int_equal(kind, depth < JSON_SCAN_DEPTH ? TRACE_BODY_JSON : TRACE_BODY_TEXT);
    assert_null(strstr(buf_text(&clean), "hush"));
    struct trace_request request = {
        .method = {"POST", 4}, .path = {"/", 1}, .body_kind = kind, .body = {clean.data, clean.len}};
    trace_format_request(&line, &request);
    assert_int_equal(line.status, STATUS_OK);
    assert_int_equal(json_scan_text(line.data, line.len, &record, NULL), STATUS_OK);
    buf_free(&body);
    buf_free(&clean);
    buf_free(&line);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_body_of_any_depth_is_readable_in_its_record),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
