// SPDX-License-Identifier: GPL-3.0-or-later
//
// The results as a tree of named values: a table per struct serves both the writer of summary.json and the
// look-up of one number by its path. Nothing is copied; a value points into what it was made from.
#ifndef ANALYZE_VALUE_H
#define ANALYZE_VALUE_H

#include "analyze/results/results.h"
#include "lib/json/json_write.h"

#define UNUSED __attribute__((unused))

enum value_kind { VALUE_NULL, VALUE_INT, VALUE_NUMBER, VALUE_BOOL, VALUE_TEXT, VALUE_OBJECT, VALUE_LIST };

struct value {
  enum value_kind kind;
  union {
    int64_t whole;
    double number; // not finite: null
    bool truth;
    const char *text; // NULL: null
    struct {
      const void *at;
      const struct member *members;
      size_t count, size; // of a list: elements, bytes of one
      // An element of a list that is no plain array; NULL: `members` of `at` + index * `size`.
      struct value (*element)(const struct results *results, const void *at, size_t index);
      const char *(*name)(const void *at, size_t index); // makes the list an object; a name NULL: left out
    };
  };
};

// How one member of a struct is written.
enum member_kind {
  MEMBER_NULL,
  MEMBER_INT,              // int64_t
  MEMBER_COUNT,            // int64_t; negative: null
  MEMBER_NUMBER,           // double
  MEMBER_POSITIVE,         // double; 0 or less: null
  MEMBER_BOOL,             // bool
  MEMBER_TEXT,             // char *
  MEMBER_ESTIMATE,         // struct estimate
  MEMBER_ESTIMATE_OR_NULL, // the same; unknown: null
  MEMBER_PERCENTILES,      // struct percentiles; unknown: null
  MEMBER_SLO,              // enum cell_slo; unknown: null
  MEMBER_OBJECT,           // a struct, by `inner`
  MEMBER_LIST,             // an array of structs (a pointer), by `inner`
  MEMBER_IF_BOOL,          // the struct itself by `inner`; null where this bool is false,
  MEMBER_IF_NUMBER,        // this double NaN,
  MEMBER_IF_TEXT,          // or this char * NULL
  MEMBER_VIEW,             // what `view` makes of the struct
  MEMBER_INLINE,           // the same, an object whose members stand among the others
};

struct member {
  const char *name; // NULL with MEMBER_NULL ends the table
  enum member_kind kind;
  size_t offset;
  const struct member *inner;
  size_t count, size; // of a list: the offset of its count (size_t), bytes of an element
  struct value (*view)(const struct results *results, const void *at);
};

#define MEMBER(type, field, name, kind)                                                                      \
  { name, kind, offsetof(struct type, field), NULL, 0, 0, NULL }
#define MEMBER_OBJECT_OF(type, field, name, inner)                                                           \
  { name, MEMBER_OBJECT, offsetof(struct type, field), inner, 0, 0, NULL }
#define MEMBER_PART(name, inner)                                                                             \
  { name, MEMBER_OBJECT, 0, inner, 0, 0, NULL }
#define MEMBER_IF_OF(what, type, field, name, inner)                                                         \
  { name, MEMBER_IF_##what, offsetof(struct type, field), inner, 0, 0, NULL }
#define MEMBER_LIST_OF(type, field, field_count, name, inner)                                                \
  {                                                                                                          \
    name, MEMBER_LIST, offsetof(struct type, field), inner, offsetof(struct type, field_count),              \
        sizeof *((struct type *)0)->field, NULL                                                              \
  }
#define MEMBER_VIEW_OF(name, view)                                                                           \
  { name, MEMBER_VIEW, 0, NULL, 0, 0, view }
#define MEMBER_INLINE_OF(view)                                                                               \
  { NULL, MEMBER_INLINE, 0, NULL, 0, 0, view }
#define MEMBER_END                                                                                           \
  { NULL, MEMBER_NULL, 0, NULL, 0, 0, NULL }

// A function for `view`: `self` is the struct that the member belongs to.
#define VALUE_VIEW(name, type, expression)                                                                   \
  static struct value name(const struct results *results UNUSED, const void *at) {                           \
    const struct type *self UNUSED = at;                                                                     \
    return expression;                                                                                       \
  }

#define VALUE_OF_TEXT(string) ((struct value){.kind = VALUE_TEXT, .text = (string)})
#define VALUE_OF_BOOL(content) ((struct value){.kind = VALUE_BOOL, .truth = (content)})
#define VALUE_OF_INT(content) ((struct value){.kind = VALUE_INT, .whole = (content)})
#define VALUE_OF_NUMBER(content) ((struct value){.kind = VALUE_NUMBER, .number = (content)})
#define VALUE_OF_OBJECT(pointer, table)                                                                      \
  ((struct value){.kind = VALUE_OBJECT, .at = (pointer), .members = (table)})

void value_write(struct json_writer *w, const struct results *results, struct value value);

// The number at a path below `value`: members as `name.name`, elements as `[index]`. An object with an
// `estimate` stands for that; true is 1. NaN: no such number, or null.
double value_number(const struct results *results, struct value value, const char *path, size_t len);

#endif
