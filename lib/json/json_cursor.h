// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads a JSON text in place and in one pass, validating as it goes, where json_scan.h validates first and
// walks then: for the hottest path, an event of a stream. Same grammar and limits as json_scan.h.
#ifndef LIB_BASE_JSON_CURSOR_H
#define LIB_BASE_JSON_CURSOR_H

#include "lib/json/json_scan.h"
#include "lib/json/json_skip.h"

// Stands before a value, or between two of a container. Once the text turns out to be malformed it stays so:
// every function answers false, or no value, so that a reader may run to its end and ask json_cursor_finish
// then.
struct json_cursor {
  const char *at;
  const char *end;
  int depth;
  bool fresh; // the next member or element is the first of its container
  bool failed;
};

struct json_cursor json_cursor_start(const char *text, size_t len);

// Enters the object or array that the cursor is at; a value of another kind is passed over, and
// false. After true, json_cursor_member or json_cursor_element must be called until it returns false.
static inline bool json_cursor_object(struct json_cursor *cursor);
static inline bool json_cursor_array(struct json_cursor *cursor);

// Moves to the next member (`key`: the text between the quotes, escapes unresolved) or element, or past the
// end of the container: false. After true the value must be passed with exactly one of json_cursor_object,
// json_cursor_array, json_cursor_value and json_cursor_skip.
static inline bool json_cursor_member(struct json_cursor *cursor, struct json_slice *key);
static inline bool json_cursor_element(struct json_cursor *cursor);

// Passes over the value, and returns its text; {NULL, 0} when it is malformed.
static inline struct json_slice json_cursor_value(struct json_cursor *cursor);
void json_cursor_skip(struct json_cursor *cursor);

// The kind of the value that the cursor is at, by its first byte.
static inline enum json_kind json_cursor_kind(const struct json_cursor *cursor) {
  return json_scan_kind((struct json_slice){cursor->at, (size_t)(cursor->end - cursor->at)});
}

// True when the whole text was one valid value and has been passed.
bool json_cursor_finish(struct json_cursor *cursor);

// What these do with a text that has white space, ends or is no string there.
bool json_cursor_member_any(struct json_cursor *cursor, struct json_slice *key);
struct json_slice json_cursor_value_any(struct json_cursor *cursor);
bool json_cursor_element_any(struct json_cursor *cursor);
bool json_cursor_enter_any(struct json_cursor *cursor, char open);

static inline bool json_cursor_enter(struct json_cursor *cursor, char open) {
  if (cursor->at == cursor->end || *cursor->at != open || cursor->depth >= JSON_SCAN_DEPTH)
    return json_cursor_enter_any(cursor, open);
  cursor->at++;
  cursor->depth++;
  cursor->fresh = true;
  return true;
}

static inline bool json_cursor_object(struct json_cursor *cursor) {
  return json_cursor_enter(cursor, '{');
}

static inline bool json_cursor_array(struct json_cursor *cursor) {
  return json_cursor_enter(cursor, '[');
}

static inline bool json_cursor_leave(struct json_cursor *cursor) {
  cursor->at++;
  cursor->depth--;
  cursor->fresh = false;
  return false;
}

static inline bool json_cursor_element(struct json_cursor *cursor) {
  const char *at = cursor->at;
  if (at < cursor->end && *at == ']') return json_cursor_leave(cursor);
  if (!cursor->fresh || at == cursor->end || (unsigned char)*at <= ' ')
    return json_cursor_element_any(cursor);
  cursor->fresh = false;
  return true;
}

static inline bool json_cursor_member(struct json_cursor *cursor, struct json_slice *key) {
  const char *at = cursor->at, *end = cursor->end;
  if (at < end && *at == '}') return json_cursor_leave(cursor);
  if (end - at < 2) return json_cursor_member_any(cursor, key);
  if (!cursor->fresh && *at++ != ',') return json_cursor_member_any(cursor, key);
  const char *after = *at == '"' ? json_skip_plain_string(at, end) : NULL;
  if (!after || end - after < 2 || after[0] != ':' || (unsigned char)after[1] <= ' ')
    return json_cursor_member_any(cursor, key);
  *key = (struct json_slice){at + 1, (size_t)(after - at) - 2};
  cursor->at = after + 1;
  cursor->fresh = false;
  return true;
}

static inline struct json_slice json_cursor_value(struct json_cursor *cursor) {
  const char *at = cursor->at, *after = NULL;
  ptrdiff_t left = cursor->end - at;
  if (left > 4 && *at == '"') {
    after = json_skip_plain_string(at, cursor->end);
  } else if (left > 4 && memcmp(at, "null", 4) == 0) {
    after = at + 4;
  } else if (left > 4 && json_skip_is_digit(*at) && (at[1] == ',' || at[1] == '}')) {
    after = at + 1;
  }
  if (!after) return json_cursor_value_any(cursor);
  cursor->at = after;
  return (struct json_slice){at, (size_t)(after - at)};
}

#endif
