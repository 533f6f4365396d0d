// SPDX-License-Identifier: GPL-3.0-or-later
//
// The scanner and the cursor accept the same texts; what they accept cJSON reads, what is printed of it is
// accepted again and printed the same.
#include "lib/json/json.h"
#include "lib/json/json_cursor.h"
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

// Number of values, and every reader tried on each.
static size_t walk(struct json_slice value) {
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
  size_t count = 1;
  struct json_scan scan = json_scan_start(value);
  struct json_slice key, inner;
  if (kind == JSON_OBJECT) {
    while (json_scan_member(&scan, &key, &inner))
      count += walk(inner);
  } else {
    while (json_scan_element(&scan, &inner))
      count += walk(inner);
  }
  return count;
}

static size_t count_nodes(const struct json *node) {
  size_t count = 1;
  for (const struct json *child = json_first(node); child; child = json_next(child))
    count += count_nodes(child);
  return count;
}

static void check_document(struct json_slice value) {
  struct json *document, *again;
  struct buf first = BUF_LIMIT(0), second = BUF_LIMIT(0);
  FUZZ_CHECK(json_parse(value.data, value.len, &document, NULL) == STATUS_OK);
  FUZZ_CHECK(count_nodes(document) == walk(value));
  FUZZ_CHECK(json_print(document, &first) == STATUS_OK);
  FUZZ_CHECK(json_parse(first.data, first.len, &again, NULL) == STATUS_OK);
  FUZZ_CHECK(json_print(again, &second) == STATUS_OK);
  FUZZ_CHECK(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
  json_free(document);
  json_free(again);
  buf_free(&first);
  buf_free(&second);
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
  if (valid) check_document(value);
  free(text);
  return 0;
}
