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
#include <unistd.h>

#include "lib/lines/gzline_parts.h"
#include "tests/unit/lib/record/files.h"

static struct gzline_file opened(const char *name, bool *needs_newline) {
  struct gzline_file file = {.path = files_path(name), .fd = -1};
  int64_t cut_bytes = 0;
  struct error error;
  assert_int_equal(gzline_file_open(&file, GZLINE_APPEND, needs_newline, &cut_bytes, &error), STATUS_OK);
  assert_false(gzline_file_is_lost(&file));
  assert_false(gzline_file_is_moved(&file));
  return file;
}

static void closed(struct gzline_file *file) {
  close(file->fd);
  unlink(file->path);
  free(file->path);
}

static void test_a_file_that_is_removed_or_cut_is_lost_and_begun_again(void **state) {
  (void)state;
  for (int cut = 0; cut < 2; cut++) {
    bool needs_newline = false;
    struct error error;
    struct gzline_file file = opened("lost.jsonl", &needs_newline);
    assert_int_equal(gzline_file_write(&file, "{\"a\":1}\n", 8, &error), STATUS_OK);
    assert_int_equal(file.end, 8);
    assert_int_equal(cut ? truncate(file.path, 0) : unlink(file.path), 0);
    assert_true(gzline_file_is_lost(&file));
    assert_int_equal(gzline_file_is_moved(&file), !cut);
    assert_int_equal(gzline_file_reopen(&file, &needs_newline, &error), STATUS_OK);
    assert_int_equal(file.end, 0);
    assert_false(gzline_file_is_lost(&file));
    closed(&file);
  }
}

static void test_what_is_left_of_a_cut_file_stays(void **state) {
  (void)state;
  bool needs_newline = false;
  struct error error;
  struct gzline_file file = opened("rest.jsonl", &needs_newline);
  assert_int_equal(gzline_file_write(&file, "{\"a\":1}\n{\"a\":2}\n", 16, &error), STATUS_OK);
  assert_int_equal(truncate(file.path, 11), 0);
  assert_true(gzline_file_is_lost(&file));
  assert_int_equal(gzline_file_reopen(&file, &needs_newline, &error), STATUS_OK);
  assert_int_equal(file.end, 8); // whole lines
  closed(&file);
}

static void test_a_moved_file_is_not_lost(void **state) {
  (void)state;
  bool needs_newline = false;
  struct gzline_file file = opened("here.jsonl", &needs_newline);
  char *elsewhere = files_path("there.jsonl");
  assert_int_equal(rename(file.path, elsewhere), 0);
  assert_false(gzline_file_is_lost(&file));
  assert_true(gzline_file_is_moved(&file));
  unlink(elsewhere);
  free(elsewhere);
  closed(&file);
}

static void test_another_file_of_the_name_is_not_touched(void **state) {
  (void)state;
  bool needs_newline = false;
  struct error error;
  struct gzline_file file = opened("taken.jsonl", &needs_newline);
  assert_int_equal(gzline_file_write(&file, "{\"a\":1}\n", 8, &error), STATUS_OK);
  unlink(file.path);
  files_write(file.path, "mine", 4);
  assert_int_equal(gzline_file_reopen(&file, &needs_newline, &error), STATUS_EXISTS);
  assert_true(gzline_file_is_lost(&file)); // still, until the other one is gone
  unlink(file.path);
  assert_int_equal(gzline_file_reopen(&file, &needs_newline, &error), STATUS_OK);
  closed(&file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_file_that_is_removed_or_cut_is_lost_and_begun_again),
      cmocka_unit_test(test_what_is_left_of_a_cut_file_stays),
      cmocka_unit_test(test_a_moved_file_is_not_lost),
      cmocka_unit_test(test_another_file_of_the_name_is_not_touched),
  };
  return cmocka_run_group_tests_name("gzline file", tests, files_setup, files_teardown);
}
