// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads JSON in place: validates a text once, then walks it as slices, without allocating and without
// copying. json_patch.h changes a text, json_write.h writes one.
// Grammar: RFC 8259; nesting deeper than JSON_SCAN_DEPTH is refused. UTF-8 is not checked.
#ifndef LIB_BASE_JSON_SCAN_H
#define LIB_BASE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/buf.h"

#define JSON_SCAN_DEPTH 256

enum json_kind {
  JSON_NONE,
  JSON_NULL,
  JSON_FALSE,
  JSON_TRUE,
  JSON_NUMBER,
  JSON_STRING,
  JSON_ARRAY,
  JSON_OBJECT
};

// The text of one valid value, without white space around it; it points into the caller's bytes.
// {NULL, 0} is "no value": every reader below accepts it and treats it as a value of another kind.
struct json_slice {
  const char *data;
  size_t len;
};

// Validates that `text` holds exactly one value. STATUS_FORMAT with the byte offset in `error` when it does
// not.
enum status json_scan_text(const char *text, size_t len, struct json_slice *value,
                           struct error *error) MUST_USE;

// The same for a value that is to stand `depth` containers deep in another text, and must be readable there.
enum status json_scan_nested(const char *text, size_t len, int depth, struct json_slice *value,
                             struct error *error) MUST_USE;

static inline enum json_kind json_scan_kind(struct json_slice value) {
  if (value.len == 0) return JSON_NONE;
  switch (value.data[0]) {
  case '"': return JSON_STRING;
  case '{': return JSON_OBJECT;
  case '[': return JSON_ARRAY;
  case 't': return JSON_TRUE;
  case 'f': return JSON_FALSE;
  case 'n': return JSON_NULL;
  default: return JSON_NUMBER;
  }
}

// The first byte after the value that starts at `at` and lies `depth` containers deep; NULL when none does.
const char *json_scan_skip(const char *at, const char *end, int depth);

// Walks a container: start on a valid object or array (anything else is walked as empty), then call the one
// that fits until it returns false. `key` is the text between the quotes, escapes unresolved.
struct json_scan {
  const char *at;
  const char *end;
};
struct json_scan json_scan_start(struct json_slice container);
bool json_scan_member(struct json_scan *scan, struct json_slice *key, struct json_slice *value);
bool json_scan_element(struct json_scan *scan, struct json_slice *value);

// The first member named `key` of an object, or the `index`th element of an array; {NULL, 0} when there is
// none.
struct json_slice json_scan_get(struct json_slice object, const char *key);
struct json_slice json_scan_at(struct json_slice array, size_t index);

// True when the slice (a key, for example) has exactly these bytes.
static inline bool json_slice_is(struct json_slice slice, const char *text) {
  size_t len = strlen(text); // in the header, because a compiler that sees both strings needs no call
  return slice.len == len && (len == 0 || memcmp(slice.data, text, len) == 0);
}

// Each returns false and leaves `out` alone when the value is of another kind. An int64 must be whole and in
// range.
bool json_scan_number(struct json_slice value, double *out);
bool json_scan_int64(struct json_slice value, int64_t *out);
bool json_scan_bool(struct json_slice value, bool *out);

// Appends the unescaped UTF-8 of a string value (a lone surrogate becomes U+FFFD). false: no string, or no
// room.
bool json_scan_string(struct json_slice value, struct buf *out);

// The bytes between the quotes of a string value, escapes unresolved; {NULL, 0} for another kind.
struct json_slice json_scan_raw_string(struct json_slice value);

// True for a string of at least one character.
static inline bool json_scan_has_text(struct json_slice value) {
  return value.len > 2 && *value.data == '"';
}

#endif
