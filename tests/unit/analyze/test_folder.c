// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
// clang-format on

#include "analyze/folder.h"

static char root[] = "/tmp/tidemark-folder-XXXXXX";

static char *place(const char *name) {
  char *path = NULL;
  assert_true(asprintf(&path, "%s/%s", root, name) > 0);
  return path;
}

static int make_root(void **state) {
  (void)state;
  strcpy(root, "/tmp/tidemark-folder-XXXXXX");
  return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state) {
  (void)state;
  char *command = NULL;
  if (asprintf(&command, "rm -rf '%s'", root) < 0) return -1;
  int status = system(command);
  free(command);
  return status;
}

static bool exists(const char *name) {
  struct stat info;
  char *path = place(name);
  bool there = stat(path, &info) == 0;
  free(path);
  return there;
}

static void put(const char *name, const char *text) {
  char *path = place(name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  free(path);
}

static int count_entries(void) {
  char *command = NULL;
  int count = -1;
  assert_true(asprintf(&command, "ls -A '%s' | wc -l", root) > 0);
  FILE *pipe = popen(command, "r");
  assert_non_null(pipe);
  assert_int_equal(fscanf(pipe, "%d", &count), 1);
  pclose(pipe);
  free(command);
  return count;
}

static enum status write_report(const char *name, bool force, const char *text, struct error *error) {
  char *path = place(name);
  struct folder *folder = NULL;
  struct buf contents = {0};
  const char *plots;
  buf_append_text(&contents, text);
  enum status status = folder_open(path, force, &folder, error);
  if (status == STATUS_OK) status = folder_write(folder, "summary.json", &contents, error);
  if (status == STATUS_OK) status = folder_add(folder, "plots", &plots, error);
  if (status == STATUS_OK) assert_false(exists(name) && !force); // nothing stands there before it is whole
  if (status == STATUS_OK) status = folder_commit(folder, error);
  folder_close(folder);
  buf_free(&contents);
  free(path);
  return status;
}

static void test_a_report_appears_whole_and_leaves_nothing_beside_it(void **state) {
  struct error error = {0};
  (void)state;
  assert_int_equal(write_report("report", false, "{}", &error), STATUS_OK);
  assert_true(exists("report/summary.json"));
  assert_true(exists("report/plots"));
  assert_int_equal(count_entries(), 1);
}

static void test_what_is_not_committed_leaves_nothing(void **state) {
  struct error error = {0};
  struct folder *folder = NULL;
  struct buf contents = {0};
  char *path = place("report");
  (void)state;
  buf_append_text(&contents, "x");
  assert_int_equal(folder_open(path, false, &folder, &error), STATUS_OK);
  assert_int_equal(folder_write(folder, "report.md", &contents, &error), STATUS_OK);
  folder_close(folder);
  assert_int_equal(count_entries(), 0);
  buf_free(&contents);
  free(path);
}

static void test_an_older_report_is_replaced_only_by_force(void **state) {
  struct error error = {0};
  (void)state;
  assert_int_equal(write_report("report", false, "{}", &error), STATUS_OK);
  assert_int_equal(write_report("report", false, "{}", &error), STATUS_EXISTS);
  assert_non_null(strstr(error.text, "--force"));
  put("report/plots/levels.png", "old");
  assert_int_equal(write_report("report", true, "{}", &error), STATUS_OK);
  assert_false(exists("report/plots/levels.png"));
  assert_int_equal(count_entries(), 1);
}

static void test_force_never_replaces_what_is_no_report(void **state) {
  struct error error = {0};
  (void)state;
  assert_int_equal(write_report("report", false, "{}", &error), STATUS_OK);
  put("report/thesis.tex", "years");
  assert_int_equal(write_report("report", true, "{}", &error), STATUS_EXISTS);
  assert_non_null(strstr(error.text, "thesis.tex"));
  assert_true(exists("report/thesis.tex"));
  put("file", "");
  assert_int_equal(write_report("file", true, "{}", &error), STATUS_EXISTS);
  assert_int_equal(write_report("report/plots", false, "{}", &error), STATUS_EXISTS);
  put("report/plots/holiday.jpg", "");
  char *thesis = place("report/thesis.tex");
  assert_int_equal(unlink(thesis), 0);
  assert_int_equal(write_report("report", true, "{}", &error), STATUS_EXISTS);
  assert_true(exists("report/plots/holiday.jpg"));
  free(thesis);
}

static void test_a_place_that_does_not_exist_is_said(void **state) {
  struct error error = {0};
  (void)state;
  assert_int_equal(write_report("no/such/folder", false, "{}", &error), STATUS_IO);
  assert_non_null(strstr(error.text, "no/such/folder"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_report_appears_whole_and_leaves_nothing_beside_it, make_root,
                                      remove_root),
      cmocka_unit_test_setup_teardown(test_what_is_not_committed_leaves_nothing, make_root, remove_root),
      cmocka_unit_test_setup_teardown(test_an_older_report_is_replaced_only_by_force, make_root, remove_root),
      cmocka_unit_test_setup_teardown(test_force_never_replaces_what_is_no_report, make_root, remove_root),
      cmocka_unit_test_setup_teardown(test_a_place_that_does_not_exist_is_said, make_root, remove_root),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
