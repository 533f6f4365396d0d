// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads the members of a JSON object into a struct by a table: one pass, any order, unknown members ignored.
// What trace.c and run.c stand on; each of their record kinds is one table.
#ifndef LIB_RECORD_FIELD_H
#define LIB_RECORD_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/json/json_cursor.h"

// The largest count: every double up to here that is whole is exact.
#define FIELD_COUNT_MAX (INT64_C(1) << 53)

enum field_kind {
  FIELD_COUNT,    // int64_t: a whole number, 0 to 2^53; null: -1
  FIELD_INT,      // int64_t: any
  FIELD_DURATION, // int64_t, ns: seconds, at least 0; null: -1
  FIELD_NUMBER,   // double; null: NaN
  FIELD_BOOL,     // bool; null: as it was
  FIELD_TEXT,     // struct json_slice: a string, escapes resolved; null: {NULL, 0}
  FIELD_ARRAY,    // struct json_slice: the text of the array; null: {NULL, 0}
  FIELD_OBJECT,
  FIELD_JSON,   // of any value
  FIELD_TABLE,  // members of an object, by the table `inner`, into the same struct; null: as they were
  FIELD_CUSTOM, // by `take`
};

struct field;
struct field_context {
  void *into;          // the struct
  struct buf *scratch; // texts whose escapes were resolved; never moves while a line is read
  struct json_cursor cursor;
  const char *line, *end;
  struct error *error;
};

struct field {
  const char *name;
  uint8_t name_len;
  uint8_t kind;    // enum field_kind
  bool required;   // missing or null: STATUS_FORMAT
  uint16_t offset; // of the member in the struct
  const struct field *inner;
  enum status (*read)(struct field_context *context, const struct field *field, struct json_slice value);
};

#define FIELD(struct_name, member, json_name, field_kind)                                                    \
  {                                                                                                          \
    .name = (json_name), .name_len = sizeof(json_name) - 1, .kind = (field_kind),                            \
    .offset = offsetof(struct struct_name, member)                                                           \
  }

#define FIELD_REQUIRED(struct_name, member, json_name, field_kind)                                           \
  {                                                                                                          \
    .name = (json_name), .name_len = sizeof(json_name) - 1, .kind = (field_kind), .required = true,          \
    .offset = offsetof(struct struct_name, member)                                                           \
  }

// Starts on a record: finds its "type" at any place (in Tidemark's files it is the first member) and sets
// the cursor where field_read goes on. `type`: {NULL, 0} when there is none. STATUS_FORMAT: no JSON object.
enum status field_start(struct field_context *context, const char *line, size_t len,
                        struct json_slice *type) MUST_USE;

// Reads the members that the cursor has before it, to the end of their object, into context->into, whose
// members hold their defaults already. The table ends with a row whose name is NULL, at most 64 rows. Rows
// are tried in the order of the table first, so a record in that order costs one comparison per member. A
// member that is there twice: the last counts. STATUS_FORMAT naming the member, or the text is malformed;
// STATUS_MEMORY, STATUS_LIMIT: no room in scratch.
enum status field_read(struct field_context *context, const struct field *table) MUST_USE;

// After field_read, or instead of it: the rest of the line is well-formed. STATUS_FORMAT.
enum status field_finish(struct field_context *context, enum status status) MUST_USE;

// One value of the kinds COUNT to JSON by itself, for FIELD_CUSTOM.
enum status field_parse(struct field_context *context, const struct field *field,
                        struct json_slice value) MUST_USE;

// "NAME is not what it should be": STATUS_FORMAT.
enum status field_fail(struct field_context *context, const struct field *field, const char *should);

#endif
