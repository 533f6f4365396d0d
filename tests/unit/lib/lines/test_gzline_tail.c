// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where a file that is to be continued ends; test_gzline_crash.c appends there and reads all of it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/lines/gzline_parts.h"
#include "tests/unit/lib/record/files.h"

static struct gzline_tail find(const char *name, const void *data, size_t len, bool compressed) {
  char *path = files_path(name);
  struct gzline_tail tail = {.end = -1};
  struct error error = {""};
  files_write(path, data, len);
  if (gzline_tail_find(path, compressed, &tail, &error)) fail_msg("%s", error.text);
  free(path);
  return tail;
}

static void test_a_plain_file_ends_after_its_last_whole_line(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t end;
    bool needs_newline;
  } rows[] = {{"", 0, false},
              {"{}\n{\"a\":1}\n", 11, false},
              {"{}\n{\"a\":1}", 10, true}, // whole JSON
              {"{}\n{\"a\":", 3, false},   // torn
              {"{\"a\":", 0, false},
              {"a,b\n1,2", 7, true}}; // no JSON at all
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct gzline_tail tail = find("plain.jsonl", rows[i].text, strlen(rows[i].text), false);
    if (tail.gzip || tail.end != rows[i].end || tail.needs_newline != rows[i].needs_newline)
      fail_msg("'%s' ends at %d", rows[i].text, (int)tail.end);
  }
}

static void test_a_gzip_file_ends_after_its_last_whole_member_wherever_it_is_cut(void **state) {
  (void)state;
  struct buf file = {0};
  files_gzip("{\"a\":1}\n", 8, 6, &file);
  size_t first = file.len;
  files_gzip("{\"b\":2}\n", 8, 6, &file);
  for (size_t cut = 2; cut <= file.len; cut++) {
    struct gzline_tail tail = find("cut.jsonl.gz", file.data, cut, true);
    assert_true(tail.gzip);
    assert_int_equal(tail.end, cut < first ? 0 : cut < file.len ? first : file.len);
    assert_false(tail.needs_newline);
  }
  buf_free(&file);
}

static void test_a_last_member_may_end_within_a_line(void **state) {
  (void)state;
  struct buf file = {0};
  files_gzip("{\"a\":1}\n{}", 10, 6, &file);
  struct gzline_tail tail = find("line.jsonl.gz", file.data, file.len, true);
  assert_int_equal(tail.end, file.len);
  assert_true(tail.needs_newline);
  // what a file is decides, not its name
  tail = find("line.jsonl", file.data, file.len, false);
  assert_true(tail.gzip && tail.needs_newline);
  buf_free(&file);
}

static void test_text_under_a_name_of_gzip_is_refused(void **state) {
  (void)state;
  char *path = files_path("text.jsonl.gz");
  struct gzline_tail tail = {.end = 77};
  struct error error;
  files_write(path, "{}\n", 3);
  assert_int_equal(gzline_tail_find(path, true, &tail, &error), STATUS_FORMAT);
  assert_non_null(strstr(error.text, "text.jsonl.gz: is not gzip, so nothing can be appended to it"));
  assert_int_equal(tail.end, 77);
  free(path);
}

static void test_what_cannot_be_read_is_named(void **state) {
  (void)state;
  struct gzline_tail tail;
  struct error error;
  assert_int_equal(gzline_tail_find("/no/such/file", false, &tail, &error), STATUS_NOT_FOUND);
  assert_non_null(strstr(error.text, "/no/such/file"));
  assert_int_equal(gzline_tail_find("/tmp", false, &tail, &error), STATUS_IO);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_plain_file_ends_after_its_last_whole_line),
      cmocka_unit_test(test_a_gzip_file_ends_after_its_last_whole_member_wherever_it_is_cut),
      cmocka_unit_test(test_a_last_member_may_end_within_a_line),
      cmocka_unit_test(test_text_under_a_name_of_gzip_is_refused),
      cmocka_unit_test(test_what_cannot_be_read_is_named),
  };
  return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
