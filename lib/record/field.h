// SPDX-License-Identifier: GPL-3.0-or-later
//
// A record as a table of its members: the table reads a JSON object into a struct (one pass, any order,
// unknown members ignored) and writes the struct as a line. What trace.c and run.c stand on; each of their
// record kinds is one table.
#ifndef LIB_RECORD_FIELD_H
#define LIB_RECORD_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/json/json_cursor.h"
#include "lib/json/json_write.h"

// The largest count: every double up to here that is whole is exact.
#define FIELD_COUNT_MAX (INT64_C(1) << 53)

// A member that is null counts as missing.
enum field_kind {
  FIELD_COUNT,    // int64_t: a whole number, 0 to 2^53
  FIELD_INT,      // int64_t: any
  FIELD_DURATION, // int64_t, ns: seconds, at least 0
  FIELD_NUMBER,   // double
  FIELD_BOOL,     // bool
  FIELD_TEXT,     // struct json_slice: a string, escapes resolved
  FIELD_ARRAY,    // struct json_slice: the text of the array
  FIELD_OBJECT,
  FIELD_JSON,   // of any value
  FIELD_TABLE,  // members of an object, by the table `inner`, into the same struct
  FIELD_CUSTOM, // by `read`, which gets null too, and `write`
};

// What a member is when it is missing: -1, NaN, false, {NULL, 0}; or this number.
enum field_missing { FIELD_UNKNOWN, FIELD_ZERO, FIELD_ONE };

// When a member is written.
enum field_presence {
  FIELD_ALWAYS,    // unknown: null
  FIELD_IF_KNOWN,  // left out when unknown or false; an object when all its members are
  FIELD_IF_OVER,   // left out when it is not over `missing`; an object when its first member is not
  FIELD_WITH_LAST, // where the member before it is
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
  uint8_t kind;     // enum field_kind
  uint8_t presence; // enum field_presence
  uint8_t missing;  // enum field_missing
  bool required;    // missing or null: STATUS_FORMAT
  uint16_t offset;  // of the member in the struct
  const struct field *inner;
  enum status (*read)(struct field_context *context, const struct field *field, struct json_slice value);
  // The key and the value of the record `from`; NULL: is only read.
  void (*write)(struct json_writer *w, const struct field *field, const void *from);
};

#define FIELD_ROW(json_name, field_kind, ...)                                                                \
  { .name = (json_name), .name_len = sizeof(json_name) - 1, .kind = (field_kind), __VA_ARGS__ }
#define FIELD_AS(struct_name, member, json_name, field_kind, ...)                                            \
  FIELD_ROW(json_name, field_kind, .offset = offsetof(struct struct_name, member), __VA_ARGS__)
#define FIELD(struct_name, member, json_name, field_kind)                                                    \
  FIELD_AS(struct_name, member, json_name, field_kind, .presence = FIELD_ALWAYS)
#define FIELD_REQUIRED(struct_name, member, json_name, field_kind)                                           \
  FIELD_AS(struct_name, member, json_name, field_kind, .required = true)
#define FIELD_OPTIONAL(struct_name, member, json_name, field_kind)                                           \
  FIELD_AS(struct_name, member, json_name, field_kind, .presence = FIELD_IF_KNOWN)
#define FIELD_OVER(struct_name, member, json_name, field_kind, number)                                       \
  FIELD_AS(struct_name, member, json_name, field_kind, .presence = FIELD_IF_OVER, .missing = (number))
#define FIELD_END                                                                                            \
  { .name = NULL }

// A kind of record: the value of its "type", and its members.
struct field_record {
  const char *type;
  const struct field *table;
};

// Reads a line into `into`, which is all zero before, by the record of its type, found at any place (in
// Tidemark's files it is the first member). `kind`: the record's index; `count` for a type that is none of
// them, or none. A table ends with FIELD_END, at most 64 rows before it. Rows are tried in the order of the
// table first, so a record in that order costs one comparison per member. A member that is there twice: the
// last counts. `scratch` is cleared first. STATUS_FORMAT naming the member, or the text is malformed;
// STATUS_MEMORY, STATUS_LIMIT: no room in scratch.
enum status field_read_line(const struct field_record *records, size_t count, struct json_slice line,
                            size_t *kind, void *into, struct buf *scratch, struct error *error) MUST_USE;

// The same for an object that is no record, without clearing.
enum status field_read_object(struct json_slice object, const struct field *table, void *into,
                              struct buf *scratch, struct error *error) MUST_USE;

// Every member as if it was missing, in a struct that is all zero before.
void field_blank(const struct field *table, void *into);

// Appends a line (no newline) with the "type" and the members, in the order of the table. Failure sticks in
// out->status.
void field_write_line(struct buf *out, const struct field_record *record, const void *from);

// One value of the kinds COUNT to JSON by itself, for FIELD_CUSTOM.
enum status field_parse(struct field_context *context, const struct field *field,
                        struct json_slice value) MUST_USE;

// "NAME is not what it should be": STATUS_FORMAT.
enum status field_fail(struct field_context *context, const struct field *field, const char *should);

#endif
