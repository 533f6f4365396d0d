// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/json/json_cursor.h"

static void skip_space(struct json_cursor *cursor) {
  cursor->at = json_skip_space(cursor->at, cursor->end);
}

static bool fail(struct json_cursor *cursor) {
  cursor->failed = true;
  cursor->at = cursor->end;
  return false;
}

struct json_cursor json_cursor_start(const char *text, size_t len) {
  if (len == 0) text = ""; // NULL is an empty text as well
  struct json_cursor cursor = {.at = text, .end = text + len};
  skip_space(&cursor);
  return cursor;
}

bool json_cursor_enter_any(struct json_cursor *cursor, char open) {
  bool is_too_deep = cursor->at < cursor->end && *cursor->at == open;
  if (is_too_deep || cursor->at == cursor->end) return fail(cursor);
  json_cursor_skip(cursor);
  return false;
}

// Moves over the comma to the next item, or over `close`: false.
static bool next_item(struct json_cursor *cursor, char close) {
  skip_space(cursor);
  if (cursor->at == cursor->end) return fail(cursor);
  bool fresh = cursor->fresh;
  cursor->fresh = false;
  if (*cursor->at == close) {
    cursor->at++;
    cursor->depth--;
    return false;
  }
  if (fresh) return true;
  if (*cursor->at != ',') return fail(cursor);
  cursor->at++;
  skip_space(cursor);
  return true;
}

bool json_cursor_member_any(struct json_cursor *cursor, struct json_slice *key) {
  if (cursor->failed || !next_item(cursor, '}')) return false;
  const char *start = cursor->at, *end = cursor->end;
  if (start == end || *start != '"') return fail(cursor);
  const char *after = json_skip_string(start, end);
  if (!after) return fail(cursor);
  *key = (struct json_slice){start + 1, (size_t)(after - start) - 2};
  after = json_skip_space(after, end);
  if (after == end || *after != ':') return fail(cursor);
  cursor->at = json_skip_space(after + 1, end);
  return true;
}

bool json_cursor_element_any(struct json_cursor *cursor) {
  return !cursor->failed && next_item(cursor, ']');
}

struct json_slice json_cursor_value_any(struct json_cursor *cursor) {
  const char *start = cursor->at;
  const char *after = json_scan_skip(start, cursor->end, cursor->depth);
  if (!after) {
    fail(cursor);
    return (struct json_slice){NULL, 0};
  }
  cursor->at = after;
  return (struct json_slice){start, (size_t)(after - start)};
}

void json_cursor_skip(struct json_cursor *cursor) {
  (void)json_cursor_value(cursor);
}

bool json_cursor_finish(struct json_cursor *cursor) {
  skip_space(cursor);
  return !cursor->failed && cursor->depth == 0 && cursor->at == cursor->end;
}
