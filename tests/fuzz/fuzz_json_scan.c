// SPDX-License-Identifier: GPL-3.0-or-later
//
// The scanner and the cursor accept the same texts; every reader takes every value of what they accept.
#include "lib/json/json_cursor.h"
#include "lib/json/json_scan.h"
#include "tests/fuzz/fuzz.h"

static void walk_cursor(struct json_cursor *cursor) {
  struct json_slice key;
  switch (json_cursor_kind(cursor)) {
  case JSON_OBJECT:
    if (!json_cursor_object(cursor)) return;
    while (json_cursor_member(cursor, &key))
      walk_cursor(cursor);
    break;
  case JSON_ARRAY:
    if (!json_cursor_array(cursor)) return;
    while (json_cursor_element(cursor))
      walk_cursor(cursor);
    break;
  default: json_cursor_skip(cursor);
  }
}

// Every reader tried on each value.
static void walk(struct json_slice value) {
  struct buf text = BUF_LIMIT(0);
  double number;
  int64_t whole;
  bool truth;
  enum json_kind kind = json_scan_kind(value);
  FUZZ_CHECK(json_scan_string(value, &text) == (kind == JSON_STRING));
  FUZZ_CHECK(json_scan_bool(value, &truth) == (kind == JSON_TRUE || kind == JSON_FALSE));
  if (json_scan_int64(value, &whole)) {
    FUZZ_CHECK(json_scan_number(value, &number) && number == (double)whole);
  }
  buf_free(&text);
  struct json_scan scan = json_scan_start(value);
  struct json_slice key, inner;
  if (kind == JSON_OBJECT) {
    while (json_scan_member(&scan, &key, &inner))
      walk(inner);
  } else {
    while (json_scan_element(&scan, &inner))
      walk(inner);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size ? size : 1);
  FUZZ_CHECK(text);
  if (size) memcpy(text, data, size);
  struct json_slice value;
  bool valid = json_scan_text(text, size, &value, NULL) == STATUS_OK;
  struct json_cursor cursor = json_cursor_start(text, size);
  walk_cursor(&cursor);
  FUZZ_CHECK(json_cursor_finish(&cursor) == valid);
  if (valid) walk(value);
  free(text);
  return 0;
}
