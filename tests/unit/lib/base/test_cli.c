// SPDX-License-Identifier: GPL-3.0-or-later
//
// Command lines in, what was taken (or the one line of the refusal) out.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/base/cli.h"
#include "lib/base/units.h"

static enum status take_workers(void *context, const char *value, struct error *error) {
  int64_t workers;
  enum status status = units_count(value, 1, 64, &workers, error);
  if (status == STATUS_OK) buf_printf(context, "workers=%d ", (int)workers);
  return status;
}

static enum status take_output(void *context, const char *value, struct error *error) {
  (void)error;
  buf_printf(context, "output=%s ", value);
  return STATUS_OK;
}

static enum status take_force(void *context, const char *value, struct error *error) {
  (void)error;
  buf_printf(context, "force%s ", value ? value : "");
  return STATUS_OK;
}

static enum status take_operand(void *context, const char *value, struct error *error) {
  if (strcmp(value, "bad") == 0) return status_fail(error, STATUS_NOT_FOUND, "bad: no such file");
  buf_printf(context, "[%s] ", value);
  return STATUS_OK;
}

static const struct cli_option options[] = {
    {"workers", 'W', "LIST", "1", "how many at once", CLI_OWN(take_workers), "Load"},
    {"output", 'o', "FILE", NULL, "where records go", CLI_OWN(take_output), NULL},
    {"force", 0, NULL, NULL, "replace an existing file", CLI_OWN(take_force), "Files"},
    {"replace", 0, NULL, NULL, NULL, CLI_OWN(take_force), NULL}, // what --force was called before
    {"an-option-with-a-very-long-name", 0, "VALUE", "none", "its help stands on a line of its own",
     CLI_OWN(take_output), NULL},
    {0},
};
static const struct cli_program program = {.name = "tool",
                                           .summary = "does a thing",
                                           .usage = "[OPTIONS] FILE...\n--version",
                                           .example = "  tool -W 4 trace",
                                           .options = options,
                                           .operand = take_operand};

// Splits `line` at spaces; "~" stands for an empty argument.
static enum status parse(const struct cli_program *of, const char *line, struct buf *taken,
                         struct cli_common *common, struct error *error) {
  char *copy = strdup(line), *rest = copy, *words[16] = {(char *)"tool"};
  int count = 1;
  assert_non_null(copy);
  while (rest && *line && count < 15) {
    words[count] = strsep(&rest, " ");
    if (strcmp(words[count], "~") == 0) *words[count] = '\0';
    count++;
  }
  enum status status = cli_parse(of, count, words, taken, common, error);
  free(copy);
  return status;
}

static void test_cli_takes_options_in_every_spelling(void **state) {
  (void)state;
  static const struct {
    const char *line, *taken;
    int verbosity;
  } rows[] = {
      {"", "", 0},
      {"-W 4", "workers=4 ", 0},
      {"-W4", "workers=4 ", 0},
      {"-W=4", "workers=4 ", 0}, // popt's own
      {"--workers 4", "workers=4 ", 0},
      {"--workers=4", "workers=4 ", 0},
      {"--output=a=b", "output=a=b ", 0},
      {"--output ~", "output= ", 0},
      {"-o -", "output=- ", 0},
      {"--force", "force ", 0},
      {"--replace", "force ", 0},
      {"-", "[-] ", 0},
      {"a b", "[a] [b] ", 0},
      {"a -W 2 b", "workers=2 [a] [b] ", 0},
      {"-W 2 -- -W --force", "workers=2 [-W] [--force] ", 0},
      {"-W 1 -W 2", "workers=1 workers=2 ", 0},
      {"-v", "", 1},
      {"--verbose", "", 1},
      {"-q", "", -1},
      {"-v --quiet", "", -1},
      {"-vW 3", "workers=3 ", 1},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct buf taken = {0};
    struct cli_common common;
    struct error error = {.text = ""};
    enum status status = parse(&program, rows[i].line, &taken, &common, &error);
    if (status || strcmp(buf_text(&taken), rows[i].taken) != 0)
      fail_msg("'%s': '%s' %s", rows[i].line, buf_text(&taken), error.text);
    assert_int_equal(common.outcome, CLI_RUN);
    assert_int_equal(common.verbosity, rows[i].verbosity);
    buf_free(&taken);
  }
}

static void test_cli_refuses_with_option_value_and_what_is_allowed(void **state) {
  (void)state;
  static const struct {
    const char *line;
    enum status status;
    const char *words;
  } rows[] = {
      {"-W 65", STATUS_USAGE, "-W/--workers: '65' is not a whole number from 1 to 64"},
      {"--workers=x", STATUS_USAGE, "-W/--workers: 'x' is not a whole number from 1 to 64"},
      {"--workers ~", STATUS_USAGE, "-W/--workers: '' is not a whole number from 1 to 64"},
      {"-W", STATUS_USAGE, "-W: missing argument (see tool --help)"},
      {"--workers", STATUS_USAGE, "--workers: missing argument (see tool --help)"},
      {"--nonsense", STATUS_USAGE, "--nonsense: unknown option (see tool --help)"},
      {"--work 4", STATUS_USAGE, "--work: unknown option (see tool --help)"},
      {"-Z", STATUS_USAGE, "-Z: unknown option (see tool --help)"},
      {"--force=yes", STATUS_USAGE, "--force=yes: option does not take an argument (see tool --help)"},
      {"a bad b", STATUS_NOT_FOUND, "bad: no such file"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct buf taken = {0};
    struct cli_common common;
    struct error error = {.text = ""};
    enum status status = parse(&program, rows[i].line, &taken, &common, &error);
    if (status != rows[i].status || strcmp(error.text, rows[i].words) != 0)
      fail_msg("'%s': %s '%s'", rows[i].line, status_name(status), error.text);
    buf_free(&taken);
  }
}

static void test_cli_help_and_version_stop_the_reading(void **state) {
  (void)state;
  static const struct {
    const char *line;
    enum cli_outcome outcome;
  } rows[] = {{"--help -W 99", CLI_HELP},
              {"-h", CLI_HELP},
              {"-W 1 --help bad", CLI_HELP},
              {"--version bad", CLI_VERSION},
              {"bad --help", CLI_HELP}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct buf taken = {0};
    struct cli_common common;
    struct error error;
    assert_int_equal(parse(&program, rows[i].line, &taken, &common, &error), STATUS_OK);
    assert_int_equal(common.outcome, rows[i].outcome);
    buf_free(&taken);
  }
}

static void test_cli_without_operands_refuses_one(void **state) {
  (void)state;
  struct cli_program none = program;
  struct buf taken = {0};
  struct cli_common common;
  struct error error;
  none.operand = NULL;
  assert_int_equal(parse(&none, "-W 1 file", &taken, &common, &error), STATUS_USAGE);
  assert_string_equal(error.text, "'file': no operand is taken (see tool --help)");
  buf_free(&taken);
}

// What `print` writes.
static void read_printed(void (*print)(const struct cli_program *, FILE *), struct buf *out) {
  FILE *file = tmpfile();
  assert_non_null(file);
  print(&program, file);
  rewind(file);
  char chunk[512];
  size_t got;
  while ((got = fread(chunk, 1, sizeof chunk, file)) > 0)
    buf_append(out, chunk, got);
  fclose(file);
}

static void test_cli_help_shows_every_option_with_its_default(void **state) {
  (void)state;
  struct buf out = {0};
  read_printed(cli_print_help, &out);
  static const char *const parts[] = {
      "tool: does a thing\n",
      "\n  tool [OPTIONS] FILE...\n  tool --version\n",
      "\nLoad:\n  -W, --workers LIST              how many at once [1]\n",
      "\n  -o, --output FILE               where records go\n",
      "\nFiles:\n      --force                     replace an existing file\n",
      ("\n      --an-option-with-a-very-long-name VALUE\n"
       "                                  its help stands on a line of its own [none]\n"),
      "\nCommon:\n  -h, --help  ",
      "\n      --version  ",
      "\n  -v, --verbose  ",
      "\n  -q, --quiet  ",
      "\nExample:\n  tool -W 4 trace\n",
  };
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (!strstr(buf_text(&out), parts[i])) fail_msg("not there: %s\nin: %s", parts[i], buf_text(&out));
  }
  assert_null(strstr(buf_text(&out), "--replace"));
  buf_free(&out);
}

static void test_cli_version_names_tool_project_and_number(void **state) {
  (void)state;
  struct buf out = {0};
  read_printed(cli_print_version, &out);
  assert_ptr_equal(strstr(buf_text(&out), "tool (Tidemark) " TIDEMARK_VERSION "\n"), buf_text(&out));
  buf_free(&out);
}

static void test_cli_exit_codes(void **state) {
  (void)state;
  assert_int_equal(cli_exit_code(STATUS_OK), 0);
  assert_int_equal(cli_exit_code(STATUS_END), 0);
  assert_int_equal(cli_exit_code(STATUS_USAGE), 2);
  assert_int_equal(cli_exit_code(STATUS_CANCELLED), 130);
  static const enum status failures[] = {STATUS_NOT_FOUND, STATUS_EXISTS,  STATUS_FORMAT,  STATUS_LIMIT,
                                         STATUS_IO,        STATUS_NETWORK, STATUS_NUMERIC, STATUS_MEMORY};
  for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
    assert_int_equal(cli_exit_code(failures[i]), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cli_takes_options_in_every_spelling),
      cmocka_unit_test(test_cli_refuses_with_option_value_and_what_is_allowed),
      cmocka_unit_test(test_cli_help_and_version_stop_the_reading),
      cmocka_unit_test(test_cli_without_operands_refuses_one),
      cmocka_unit_test(test_cli_help_shows_every_option_with_its_default),
      cmocka_unit_test(test_cli_version_names_tool_project_and_number),
      cmocka_unit_test(test_cli_exit_codes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
