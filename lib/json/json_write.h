// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writes JSON into a buffer as it goes: commas and quotes are its business, nesting is the caller's.
// Numbers never depend on the locale; NaN and infinities become null. Failures stick in buf->status.
#ifndef LIB_BASE_JSON_WRITE_H
#define LIB_BASE_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/json/json_scan.h"

struct json_writer {
  struct buf *out;
  bool comma; // the next value or key has one before it
};

#define JSON_WRITER(buffer) ((struct json_writer){.out = (buffer)})

void json_write_object(struct json_writer *w);
void json_write_object_end(struct json_writer *w);
void json_write_array(struct json_writer *w);
void json_write_array_end(struct json_writer *w);

// The name of the next member; plain ASCII without quotes, as ours are.
void json_write_key(struct json_writer *w, const char *key);
void json_write_name(struct json_writer *w, const char *key, size_t len); // the same where it is known

void json_write_string(struct json_writer *w, const char *text); // NULL: null
void json_write_text(struct json_writer *w, const char *text,
                     size_t len); // escaped; bytes that are no UTF-8 become U+FFFD
void json_write_int(struct json_writer *w, int64_t value);
void json_write_number(struct json_writer *w, double value); // shortest text that reads back the same
void json_write_seconds(struct json_writer *w, int64_t ns); // nanoseconds as seconds, exact to the nanosecond
void json_write_bool(struct json_writer *w, bool value);
void json_write_null(struct json_writer *w);
void json_write_raw(struct json_writer *w,
                    struct json_slice value); // a valid value, written unchanged; no value: null

// key and value in one; a negative duration writes null ("unknown").
void json_member_string(struct json_writer *w, const char *key, const char *text);
void json_member_text(struct json_writer *w, const char *key, struct json_slice text); // {NULL, 0}: null
void json_member_int(struct json_writer *w, const char *key, int64_t value);
void json_member_number(struct json_writer *w, const char *key, double value);
void json_member_seconds(struct json_writer *w, const char *key, int64_t ns);
void json_member_duration(struct json_writer *w, const char *key, int64_t ns);
void json_member_bool(struct json_writer *w, const char *key, bool value);
void json_member_raw(struct json_writer *w, const char *key, struct json_slice value);

// Appends `value` to `out` without white space between tokens (a record is one line); the other is the same
// as a member, null for no value.
void json_write_compact(struct buf *out, struct json_slice value);
void json_member_compact(struct json_writer *w, const char *key, struct json_slice value);

// True when the bytes are valid UTF-8 (RFC 3629).
bool json_is_utf8(const char *text, size_t len);

#endif
