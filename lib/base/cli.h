// SPDX-License-Identifier: GPL-3.0-or-later
//
// The command line: one table row per option holds name, argument, default and help; parsing (popt) and
// --help come from the same table.
#ifndef LIB_BASE_CLI_H
#define LIB_BASE_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/status.h"

// What becomes of an option's value: a field of the program's struct is set, or a function reads it. Rows
// make these with the macros below, which check the field's type; they name the struct, the field and what is
// allowed.
struct cli_value {
  enum cli_kind {
    CLI_KIND_OWN,
    CLI_KIND_FLAG,
    CLI_KIND_SET,
    CLI_KIND_TEXT,
    CLI_KIND_CHOICE,
    CLI_KIND_COUNT,
    CLI_KIND_REAL,
    CLI_KIND_FRACTION,
    CLI_KIND_DURATION,
    CLI_KIND_BYTES,
  } kind;
  size_t offset;            // of the field
  double least, most;       // whole numbers are exact up to 2^53
  int set;                  // what CLI_SET stores
  const char *const *words; // of CLI_CHOICE, ends with NULL
  enum status (*parse)(void *context, const char *value, struct error *error);
};

// The field's place in its struct; does not compile when it is of another type.
#define CLI_FIELD(type, struct_type, field)                                                                  \
  (offsetof(struct_type, field) + 0 * sizeof(&((struct_type *)NULL)->field == (type *)NULL))
#define CLI_FIELD_ENUM(struct_type, field)                                                                   \
  (offsetof(struct_type, field) +                                                                            \
   0 * sizeof(char[sizeof(((struct_type *)NULL)->field) == sizeof(int) ? 1 : -1]))

// `function(context, value, error)`: the value is NULL for a flag. On failure `error` is set; cli_parse
// puts the option's name before them.
#define CLI_OWN(function)                                                                                    \
  { .kind = CLI_KIND_OWN, .parse = (function) }
// bool: becomes true.
#define CLI_FLAG(struct_type, field)                                                                         \
  { .kind = CLI_KIND_FLAG, .offset = CLI_FIELD(bool, struct_type, field) }
// An enum: a flag that stores one of its values.
#define CLI_SET(struct_type, field, value)                                                                   \
  { .kind = CLI_KIND_SET, .offset = CLI_FIELD_ENUM(struct_type, field), .set = (int)(value) }
// char *: an own copy, never empty; the last one given stays.
#define CLI_TEXT(struct_type, field)                                                                         \
  { .kind = CLI_KIND_TEXT, .offset = CLI_FIELD(char *, struct_type, field) }
// An enum: the position of the value in `names`.
#define CLI_CHOICE(struct_type, field, names)                                                                \
  { .kind = CLI_KIND_CHOICE, .offset = CLI_FIELD_ENUM(struct_type, field), .words = (names) }
// int64_t, as units_count, units_duration_ns (in ns) and units_bytes read it, in [lo, hi].
#define CLI_COUNT(struct_type, field, lo, hi) CLI_RANGE(COUNT, int64_t, struct_type, field, lo, hi)
#define CLI_DURATION(struct_type, field, lo, hi) CLI_RANGE(DURATION, int64_t, struct_type, field, lo, hi)
#define CLI_BYTES(struct_type, field, lo, hi) CLI_RANGE(BYTES, int64_t, struct_type, field, lo, hi)
// double, as units_real and units_fraction read it, in [lo, hi].
#define CLI_REAL(struct_type, field, lo, hi) CLI_RANGE(REAL, double, struct_type, field, lo, hi)
#define CLI_FRACTION(struct_type, field, lo, hi) CLI_RANGE(FRACTION, double, struct_type, field, lo, hi)
#define CLI_RANGE(name, type, struct_type, field, lo, hi)                                                    \
  {                                                                                                          \
    .kind = CLI_KIND_##name, .offset = CLI_FIELD(type, struct_type, field), .least = (double)(lo),           \
    .most = (double)(hi)                                                                                     \
  }

struct cli_option {
  const char *name;       // "workers"
  char letter;            // 'W', or 0
  const char *argument;   // "LIST"; NULL: a flag
  const char *standard;   // the default as shown in the help; NULL: none shown
  const char *help;       // one line; NULL: a former name, accepted but not listed
  struct cli_value value; // taken in the order of the command line
  const char *group;      // starts a headed group in the help; NULL: goes on
};

struct cli_texts {
  char **items;
  size_t count;
};

// Appends a copy. STATUS_USAGE when it is empty, STATUS_MEMORY.
enum status cli_texts_add(struct cli_texts *texts, const char *value, struct error *error) MUST_USE;
void cli_texts_free(struct cli_texts *texts); // leaves an empty list

struct cli_program {
  const char *name;                 // "replay"
  const char *summary;              // one line
  const char *usage;                // the part after the name, one or more lines
  const char *example;              // shown at the end of the help
  const struct cli_option *options; // ends with a row whose name is NULL
  // Takes one operand; NULL: none allowed.
  enum status (*operand)(void *context, const char *value, struct error *error);
};

// What cli_parse found besides the table's own options: every program has --help, --version, -v and -q.
enum cli_outcome { CLI_RUN, CLI_HELP, CLI_VERSION };
struct cli_common {
  enum cli_outcome outcome;
  int verbosity; // -q: -1, -v: 1
};

// STATUS_USAGE with a line that names option, value and what is allowed. "-" is an operand; "--" ends the
// options; a long option may be written --name=value or --name value.
enum status cli_parse(const struct cli_program *program, int argc, char **argv, void *context,
                      struct cli_common *common, struct error *error) MUST_USE;

void cli_print_help(const struct cli_program *program, FILE *out);
void cli_print_version(const struct cli_program *program, FILE *out);

// Frees the texts that the table's CLI_TEXT rows put into `context`, and clears their fields.
void cli_free(const struct cli_program *program, void *context);

// For a function of CLI_OWN: the position of `value` in `names` (ends with NULL). STATUS_USAGE names them
// all.
enum status cli_choice(const char *const *names, const char *value, int *out, struct error *error) MUST_USE;

// Exit codes, the same for all tools.
enum cli_exit {
  CLI_EXIT_DONE = 0,
  CLI_EXIT_FAILED = 1,
  CLI_EXIT_USAGE = 2,
  CLI_EXIT_ASSERTION = 3,
  CLI_EXIT_LOST = 4,
  CLI_EXIT_INTERRUPTED = 130,
};
int cli_exit_code(enum status status);

#endif
