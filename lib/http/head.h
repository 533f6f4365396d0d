// SPDX-License-Identifier: GPL-3.0-or-later
//
// The head of an HTTP message, parsed once: each field's name is looked up when the field is added, and every
// later reader asks by that number. Texts are borrowed and need not end with NUL.
#ifndef LIB_HTTP_HEAD_H
#define LIB_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

// The fields that something here reads. HEAD_HOP_BY_HOP: any other that always concerns one connection only
// (RFC 9110 7.6.1, 11.7).
enum head_name {
  HEAD_OTHER,
  HEAD_CONNECTION,
  HEAD_CONTENT_ENCODING,
  HEAD_CONTENT_LENGTH,
  HEAD_CONTENT_TYPE,
  HEAD_EXPECT,
  HEAD_HOP_BY_HOP,
  HEAD_HOST,
  HEAD_TRANSFER_ENCODING,
  HEAD_X_SESSION_ID,
  HEAD_NAME_COUNT
};

struct head_field {
  const char *name, *value;
  size_t name_len, value_len;
  enum head_name id;
};

// Zeros: no fields. The request line stays empty in a response's head.
struct head {
  const char *method;
  const char *target;  // as on the request line, not unescaped
  const char *version; // "HTTP/1.1"
  struct head_field *fields;
  size_t count, room;
  size_t first[HEAD_NAME_COUNT];  // index of the first field of a name; meaningless when it has none
  size_t counts[HEAD_NAME_COUNT]; // fields of a name
};

// Adds a field. STATUS_MEMORY; STATUS_LIMIT: more than HEAD_FIELDS_MAX.
#define HEAD_FIELDS_MAX 65536
enum status head_add(struct head *head, const char *name, size_t name_len, const char *value,
                     size_t value_len) MUST_USE;

// The first field of that name; NULL: none.
const struct head_field *head_find(const struct head *head, enum head_name id);

// True when the value is `text`. Case does not matter.
bool head_value_is(const struct head_field *field, const char *text);

// Reads a Content-Length: digits only, at most 18, which fit an int64_t. False: it is anything else.
bool head_read_length(const struct head_field *field, int64_t *out) MUST_USE;

// True for a field that is forwarded: not one of a connection's own, not named by a Connection field, not
// Content-Length, which the framer of the body writes, and in a request neither Host nor Expect.
bool head_is_forwarded(const struct head *head, const struct head_field *field);

void head_free(struct head *head); // leaves no fields

#endif
