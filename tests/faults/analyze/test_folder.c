// SPDX-License-Identifier: GPL-3.0-or-later
//
// A report's folder replaces an older one, while one call fails: a reader finds the old report or the new
// one, whole, and nothing beside it.
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

#include "analyze/folder.h"
#include "tests/faults/fault.h"

static char parent[] = "/tmp/tidemark-folder-XXXXXX";
static char place[64];

static enum status make(const char *text, struct error *error) {
  struct folder *folder = NULL;
  const char *plots;
  struct buf contents = {.data = (char *)(uintptr_t)text, .len = strlen(text), .capacity = strlen(text)};
  enum status status = folder_open(place, true, &folder, error);
  if (status == STATUS_OK) status = folder_add(folder, "plots", &plots, error);
  if (status == STATUS_OK) status = folder_write(folder, "report.md", &contents, error);
  if (status == STATUS_OK) status = folder_write(folder, "summary.json", &contents, error);
  if (status == STATUS_OK) status = folder_commit(folder, error);
  folder_close(folder);
  return status;
}

static bool holds(const char *name, const char *text) {
  char path[128];
  struct buf contents = {0};
  snprintf(path, sizeof path, "%s/%s", place, name);
  bool same = buf_read_file(&contents, path, NULL) == STATUS_OK && strcmp(buf_text(&contents), text) == 0;
  buf_free(&contents);
  return same;
}

static bool is_alone(void) {
  struct stat info;
  return stat(parent, &info) == 0 && info.st_nlink == 3; // itself, its parent's entry, and the report
}

static void test_the_old_report_or_the_new_one(void **state) {
  (void)state;
  if (!fault_is_possible) skip();
  long wrong = 0;
  struct error error = {""};
  for (int call = 0; call < FAULT_CALLS; call++) {
    long n = 0;
    bool hit = true;
    while (hit) {
      assert_int_equal(make("old", &error), STATUS_OK);
      long live = fault_live();
      error.text[0] = '\0';
      fault_arm((enum fault_call)call, ++n);
      enum status status = make("new", &error);
      hit = fault_disarm();
      const char *now = status == STATUS_OK ? "new" : "old", *why = NULL;
      if (fault_live() != live) why = "a leak";
      if (status != STATUS_OK && !error.text[0]) why = "no words";
      if (!holds("report.md", now) || !holds("summary.json", now)) why = "half a report";
      if (!is_alone()) why = "something is left beside it";
      if (why) printf("%s %ld: %s (%s)\n%s", fault_names[call], n, why, error.text, fault_callers());
      wrong += why != NULL;
    }
    printf("%ld calls (%s) failed one by one, then none hit\n", n - 1, fault_names[call]);
  }
  assert_int_equal(wrong, 0);
}

static int setup(void **state) {
  (void)state;
  if (!mkdtemp(parent)) return -1;
  snprintf(place, sizeof place, "%s/report", parent);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", parent);
  return system(command); // NOLINT(cert-env33-c)
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_old_report_or_the_new_one)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
