// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads a JSON text in place and in one pass, validating as it goes, where json_scan.h validates first and
// walks then: for the hottest path, an event of a stream. Same grammar and limits as json_scan.h.
#ifndef LIB_BASE_JSON_CURSOR_H
#define LIB_BASE_JSON_CURSOR_H

#include "lib/json/json_scan.h"

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

// Enters the object or array that the cursor stands before; a value of another kind is passed over, and
// false. After true, json_cursor_member or json_cursor_element must be called until it returns false.
bool json_cursor_object(struct json_cursor *cursor);
bool json_cursor_array(struct json_cursor *cursor);

// Moves to the next member (`key`: the text between the quotes, escapes unresolved) or element, or past the
// end of the container: false. After true the value must be passed with exactly one of json_cursor_object,
// json_cursor_array, json_cursor_value and json_cursor_skip.
bool json_cursor_member(struct json_cursor *cursor, struct json_slice *key);
bool json_cursor_element(struct json_cursor *cursor);

// Passes over the value, and returns its text; {NULL, 0} when it is malformed.
struct json_slice json_cursor_value(struct json_cursor *cursor);
void json_cursor_skip(struct json_cursor *cursor);

// The kind of the value that the cursor stands before, by its first byte.
enum json_kind json_cursor_kind(const struct json_cursor *cursor);

// True when the whole text was one valid value and has been passed.
bool json_cursor_finish(struct json_cursor *cursor);

#endif
