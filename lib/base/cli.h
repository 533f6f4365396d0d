// SPDX-License-Identifier: GPL-3.0-or-later
//
// The command line: one table row per option holds name, argument, default and help; parsing (popt) and
// --help come from the same table.
#ifndef LIB_BASE_CLI_H
#define LIB_BASE_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/base/status.h"

struct cli_option {
  const char *name;     // "workers"
  char letter;          // 'W', or 0
  const char *argument; // "LIST"; NULL: a flag
  const char *standard; // the default as words for the help; NULL: none worth saying
  const char *help;     // one line
  // Takes the value (NULL for a flag) into `context`. Fails with words about the value; cli_parse puts the
  // option's name before them. Called in the order of the command line.
  enum status (*take)(void *context, const char *value, struct error *error);
  const char *group; // starts a headed group in the help; NULL: goes on
};

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

// Exit codes (DESIGN 2).
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
