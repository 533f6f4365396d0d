// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/json/json_cursor.h"

static void skip_space(struct json_cursor *cursor) {
  const char *at = cursor->at, *end = cursor->end;
  while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
    at++;
  cursor->at = at;
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

enum json_kind json_cursor_kind(const struct json_cursor *cursor) {
  return json_scan_kind((struct json_slice){cursor->at, (size_t)(cursor->end - cursor->at)});
}

static bool enter(struct json_cursor *cursor, char open) {
  if (cursor->at == cursor->end) return fail(cursor);
  if (*cursor->at != open) {
    json_cursor_skip(cursor);
    return false;
  }
  if (++cursor->depth > JSON_SCAN_DEPTH) return fail(cursor);
  cursor->at++;
  cursor->fresh = true;
  return true;
}

bool json_cursor_object(struct json_cursor *cursor) {
  return enter(cursor, '{');
}

bool json_cursor_array(struct json_cursor *cursor) {
  return enter(cursor, '[');
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

bool json_cursor_member(struct json_cursor *cursor, struct json_slice *key) {
  if (cursor->failed || !next_item(cursor, '}')) return false;
  const char *start = cursor->at;
  if (start == cursor->end || *start != '"') return fail(cursor);
  const char *after = json_scan_skip(start, cursor->end, 0);
  if (!after) return fail(cursor);
  cursor->at = after;
  skip_space(cursor);
  if (cursor->at == cursor->end || *cursor->at != ':') return fail(cursor);
  cursor->at++;
  skip_space(cursor);
  *key = (struct json_slice){start + 1, (size_t)(after - start) - 2};
  return true;
}

bool json_cursor_element(struct json_cursor *cursor) {
  return !cursor->failed && next_item(cursor, ']');
}

struct json_slice json_cursor_value(struct json_cursor *cursor) {
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
