// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/convert/convert.h"

static char folder[] = "/tmp/tidemark-convert-run-XXXXXX";
static char in[64], out[64];
static struct log quiet = {.tool = "capture", .level = LOG_QUIET};

static void write_text(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  assert_int_equal(fclose(file), 0);
}

static int setup(void **state) {
  (void)state;
  if (!mkdtemp(folder)) return -1;
  snprintf(in, sizeof in, "%s/in", folder);
  snprintf(out, sizeof out, "%s/out", folder);
  quiet.stream = fopen("/dev/null", "w");
  return quiet.stream ? 0 : -1;
}

static int teardown(void **state) {
  (void)state;
  fclose(quiet.stream);
  unlink(in);
  unlink(out);
  return rmdir(folder); // nothing else is left there
}

static enum status run(struct convert_options options, bool *is_lossy, struct error *error) {
  options.import = import_find("prompts");
  options.input = options.input ? options.input : in;
  options.output = options.output ? options.output : out;
  return convert_run(&options, &quiet, is_lossy, error);
}

static void test_an_output_that_exists_is_replaced_only_on_demand(void **state) {
  (void)state;
  struct error error;
  struct stat about;
  bool is_lossy;
  write_text(in, "one\ntwo\n");
  write_text(out, "mine");
  assert_int_equal(run((struct convert_options){0}, &is_lossy, &error), STATUS_EXISTS);
  assert_true(stat(out, &about) == 0 && about.st_size == 4);
  assert_int_equal(run((struct convert_options){.force = true}, &is_lossy, &error), STATUS_OK);
  assert_true(stat(out, &about) == 0 && about.st_size > 100 && !is_lossy);
  unlink(out);
}

static void test_a_failure_leaves_no_output_and_the_old_one_whole(void **state) {
  (void)state;
  struct error error;
  struct stat about;
  bool is_lossy;
  write_text(in, "one\n\"\"\n");
  assert_int_equal(run((struct convert_options){0}, &is_lossy, &error), STATUS_FORMAT);
  assert_non_null(strstr(error.text, "line 2"));
  assert_int_equal(access(out, F_OK), -1);
  write_text(out, "mine");
  assert_int_equal(run((struct convert_options){.force = true}, &is_lossy, &error), STATUS_FORMAT);
  assert_true(stat(out, &about) == 0 && about.st_size == 4);
  assert_int_equal(run((struct convert_options){.force = true, .skip_bad = true}, &is_lossy, &error),
                   STATUS_OK);
  assert_true(is_lossy);
  unlink(out);
}

static void test_input_and_output_are_two_files(void **state) {
  (void)state;
  struct error error;
  bool is_lossy;
  write_text(in, "one\n");
  assert_int_equal(run((struct convert_options){.output = in, .force = true}, &is_lossy, &error),
                   STATUS_USAGE);
  assert_non_null(strstr(error.text, in));
  assert_int_equal(run((struct convert_options){.input = "/no/such"}, &is_lossy, &error), STATUS_NOT_FOUND);
  assert_int_equal(access(out, F_OK), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_an_output_that_exists_is_replaced_only_on_demand),
      cmocka_unit_test(test_a_failure_leaves_no_output_and_the_old_one_whole),
      cmocka_unit_test(test_input_and_output_are_two_files),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
