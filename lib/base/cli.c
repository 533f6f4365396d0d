// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/base/cli.h"

#include <popt.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cli_value.h"
#include "lib/base/libraries.h"

// The rows that every program has, after its own.
enum { COMMON_HELP, COMMON_VERSION, COMMON_VERBOSE, COMMON_QUIET, COMMON_COUNT };
static const struct cli_option common_options[COMMON_COUNT + 1] = {
    [COMMON_HELP] = {"help", 'h', NULL, NULL, "print this help", {0}, "Common"},
    [COMMON_VERSION] = {"version", 0, NULL, NULL, "print the version and those of libraries", {0}, NULL},
    [COMMON_VERBOSE] = {"verbose", 'v', NULL, NULL, "print details too", {0}, NULL},
    [COMMON_QUIET] = {"quiet", 'q', NULL, NULL, "print errors only", {0}, NULL},
};

static size_t count_options(const struct cli_option *options) {
  size_t count = 0;
  while (options[count].name)
    count++;
  return count;
}

// popt's table: value i + 1 stands for row i of ours, the common rows after the program's own.
static struct poptOption *popt_table(const struct cli_option *options, size_t own) {
  struct poptOption *table = calloc(own + COMMON_COUNT + 1, sizeof *table);
  if (!table) return NULL;
  for (size_t i = 0; i < own + COMMON_COUNT; i++) {
    const struct cli_option *row = i < own ? &options[i] : &common_options[i - own];
    table[i].longName = row->name;
    table[i].shortName = row->letter;
    table[i].argInfo = row->argument ? POPT_ARG_STRING : POPT_ARG_NONE;
    table[i].val = (int)i + 1;
  }
  return table;
}

static enum status parse_common(size_t which, struct cli_common *common) {
  switch (which) {
  case COMMON_HELP: common->outcome = CLI_HELP; break;
  case COMMON_VERSION: common->outcome = CLI_VERSION; break;
  case COMMON_VERBOSE: common->verbosity = 1; break;
  default: common->verbosity = -1;
  }
  return STATUS_OK;
}

static enum status parse_option(const struct cli_option *row, const char *value, void *context,
                                struct error *error) {
  enum status status = cli_value_parse(&row->value, context, value, error);
  if (status == STATUS_OK) return STATUS_OK;
  if (row->letter) return status_prefix(error, status, "-%c/--%s", row->letter, row->name);
  return status_prefix(error, status, "--%s", row->name);
}

enum status cli_parse(const struct cli_program *program, int argc, char **argv, void *context,
                      struct cli_common *common, struct error *error) {
  *common = (struct cli_common){.outcome = CLI_RUN};
  size_t own = count_options(program->options);
  struct poptOption *table = popt_table(program->options, own);
  poptContext popt = table ? poptGetContext(program->name, argc, (const char **)argv, table, 0) : NULL;
  enum status status = popt ? STATUS_OK : status_memory(error);
  int which = 0;
  while (status == STATUS_OK && common->outcome == CLI_RUN && (which = poptGetNextOpt(popt)) > 0) {
    char *value = poptGetOptArg(popt);
    size_t row = (size_t)which - 1;
    status = row < own ? parse_option(&program->options[row], value, context, error)
                       : parse_common(row - own, common);
    free(value);
  }
  if (status == STATUS_OK && which < -1) {
    status = status_fail(error, STATUS_USAGE, "%s: %s (see %s --help)",
                         poptBadOption(popt, POPT_BADOPTION_NOALIAS), poptStrerror(which), program->name);
  }
  const char *operand;
  while (status == STATUS_OK && common->outcome == CLI_RUN && (operand = poptGetArg(popt))) {
    status = program->operand ? program->operand(context, operand, error)
                              : status_fail(error, STATUS_USAGE, "'%s': no operand is taken (see %s --help)",
                                            operand, program->name);
  }
  if (popt) poptFreeContext(popt);
  free(table);
  return status;
}

static void print_row(const struct cli_option *row, FILE *out) {
  if (!row->help) return;
  if (row->group) fprintf(out, "\n%s:\n", row->group);
  char name[80];
  snprintf(name, sizeof name, "--%s%s%s", row->name, row->argument ? " " : "",
           row->argument ? row->argument : "");
  fprintf(out, row->letter ? "  -%c, " : "      ", row->letter);
  fprintf(out, strlen(name) > 26 ? "%s\n%34s" : "%-26s  %s", name, "");
  fputs(row->help, out);
  if (row->standard) fprintf(out, " [%s]", row->standard);
  fputc('\n', out);
}

void cli_print_help(const struct cli_program *program, FILE *out) {
  fprintf(out, "%s: %s\n\nUsage:\n", program->name, program->summary);
  for (const char *line = program->usage; *line;) {
    size_t len = strcspn(line, "\n");
    fprintf(out, "  %s %.*s\n", program->name, (int)len, line);
    line += len + (line[len] == '\n');
  }
  for (const struct cli_option *row = program->options; row->name; row++)
    print_row(row, out);
  for (const struct cli_option *row = common_options; row->name; row++)
    print_row(row, out);
  if (program->example) fprintf(out, "\nExample:\n%s\n", program->example);
}

void cli_print_version(const struct cli_program *program, FILE *out) {
  struct library library;
  fprintf(out, "%s (Tidemark) %s\n", program->name, TIDEMARK_VERSION);
  for (size_t position = 0; libraries_next(&position, &library);)
    fprintf(out, "%s %s\n", library.name, library.version);
}

void cli_free(const struct cli_program *program, void *context) {
  for (const struct cli_option *row = program->options; row->name; row++)
    cli_value_free(&row->value, context);
}

int cli_exit_code(enum status status) {
  switch (status) {
  case STATUS_OK:
  case STATUS_END: return CLI_EXIT_DONE;
  case STATUS_USAGE: return CLI_EXIT_USAGE;
  case STATUS_CANCELLED: return CLI_EXIT_INTERRUPTED;
  default: return CLI_EXIT_FAILED;
  }
}
