// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include <cmocka.h>
// clang-format on

#include "capture/record/tracefile_name.h"

static char folder[] = "/tmp/test_tracefile_name.XXXXXX";

static void touch(const char *name) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_int_equal(fclose(file), 0);
}

static void expect_choice(const char *pattern, bool continues, const char *expected) {
  char path[256], part[300], *chosen_part = NULL, *chosen = NULL;
  struct error error = {0};
  snprintf(path, sizeof path, "%s/%s", folder, pattern);
  if (tracefile_name_choose(path, continues, false, &chosen_part, &chosen, &error))
    fail_msg("%s", error.text);
  snprintf(path, sizeof path, "%s/%s", folder, expected);
  snprintf(part, sizeof part, "%s.part", path);
  assert_string_equal(chosen, path);
  assert_string_equal(chosen_part, part);
  free(chosen);
  free(chosen_part);
}

static void test_a_number_goes_before_the_endings_until_the_name_is_free(void **state) {
  (void)state;
  expect_choice("prod.jsonl.gz", false, "prod.jsonl.gz");
  touch("prod.jsonl.gz");
  expect_choice("prod.jsonl.gz", false, "prod-1.jsonl.gz");
  touch("prod-1.jsonl.gz.part"); // somebody is at it
  expect_choice("prod.jsonl.gz", false, "prod-2.jsonl.gz");
  expect_choice("prod.jsonl.gz", true, "prod-1.jsonl.gz"); // which goes on
}

// The lock is a descriptor's, so this process can stand for another.
static void test_a_handover_passes_over_what_is_written(void **state) {
  (void)state;
  char path[256], *chosen = NULL, *final = NULL;
  struct error error = {0};
  snprintf(path, sizeof path, "%s/a", folder);
  assert_int_equal(tracefile_name_unwritten(path, &chosen, &error), STATUS_OK);
  assert_string_equal(chosen, path);
  free(chosen);
  touch("a");
  int fd = open(path, O_RDONLY);
  assert_int_equal(flock(fd, LOCK_EX), 0);
  assert_int_equal(tracefile_name_unwritten(path, &chosen, &error), STATUS_OK);
  assert_string_equal(chosen + strlen(path), "-1");
  free(chosen);
  close(fd);
  assert_int_equal(tracefile_name_unwritten(path, &chosen, &error), STATUS_OK);
  assert_string_equal(chosen, path);
  free(chosen);
  // With rotation it is the .part.
  snprintf(path, sizeof path, "%s/prod-1.jsonl.gz.part", folder);
  fd = open(path, O_RDONLY);
  assert_int_equal(flock(fd, LOCK_EX), 0);
  snprintf(path, sizeof path, "%s/prod.jsonl.gz", folder);
  assert_int_equal(tracefile_name_choose(path, true, true, &chosen, &final, &error), STATUS_OK);
  assert_string_equal(final + strlen(path) - strlen(".jsonl.gz"), "-2.jsonl.gz");
  free(chosen);
  free(final);
  close(fd);
}

static void test_a_file_that_is_there_is_not_replaced(void **state) {
  char part[256], final[256], numbered[256];
  struct error error = {0};
  (void)state;
  touch("a.part");
  touch("a");
  snprintf(part, sizeof part, "%s/a.part", folder);
  snprintf(final, sizeof final, "%s/a", folder);
  snprintf(numbered, sizeof numbered, "%s/a-1", folder);
  if (tracefile_name_give(part, final, &error)) fail_msg("%s", error.text);
  assert_int_equal(access(numbered, F_OK), 0);
  assert_int_equal(access(final, F_OK), 0);
  assert_int_not_equal(access(part, F_OK), 0);
  assert_int_equal(tracefile_name_give(part, final, &error), STATUS_IO); // it is gone
}

static void test_a_pattern_without_a_name_is_refused(void **state) {
  char *part = NULL, *final = NULL, pattern[4200];
  struct error error = {0};
  (void)state;
  memset(pattern, 'x', sizeof pattern - 1);
  pattern[sizeof pattern - 1] = '\0';
  assert_int_equal(tracefile_name_choose(pattern, false, false, &part, &final, &error), STATUS_USAGE);
  assert_int_equal(tracefile_name_choose("", false, false, &part, &final, &error), STATUS_USAGE);
}

static int setup(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state) {
  static const char *const names[] = {"prod.jsonl.gz", "prod-1.jsonl.gz.part", "a", "a-1", "a.part"};
  char path[256];
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    unlink(path);
  }
  return rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_number_goes_before_the_endings_until_the_name_is_free),
      cmocka_unit_test(test_a_handover_passes_over_what_is_written),
      cmocka_unit_test(test_a_file_that_is_there_is_not_replaced),
      cmocka_unit_test(test_a_pattern_without_a_name_is_refused),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
