// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/lib/record/files.h"

static void test_plain_lines(void **state) {
  (void)state;
  static const struct {
    const char *file, *lines;
    bool torn;
    int64_t torn_at;
  } cases[] = {
      {"", "", false, -1},
      {"\n", "\n", false, -1},
      {"a\nb\n", "a\nb\n", false, -1},
      {"a\r\nb\r\n", "a\nb\n", false, -1},
      {"a\r\n\r\nb", "a\n\nb\n", false, -1},
      {"\xEF\xBB\xBF{\"a\":1}\n\xEF\xBB\xBF", "{\"a\":1}\n\xEF\xBB\xBF\n", false, -1},
      {"{\"a\":1}", "{\"a\":1}\n", false, -1},
      {"workers,batch\n1,2", "workers,batch\n1,2\n", false, -1},
      {"{}\n{\"a\":1", "{}\n", true, 3},
      {"{}\n  [1,", "{}\n", true, 3},
      {"{}\n{\"a\":\"x\"} ", "{}\n{\"a\":\"x\"} \n", false, -1},
      {"\"half a str", "", true, 0},
      {"\x1f", "", true, 0}, // what is left of a gzip file
  };
  char *path = files_path("plain.jsonl");
  struct buf lines = {0};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct gzline_damage damage;
    files_write(path, cases[i].file, strlen(cases[i].file));
    files_read_lines(path, &lines, &damage);
    if (strcmp(buf_text(&lines), cases[i].lines) != 0) fail_msg("case %zu: got '%s'", i, buf_text(&lines));
    assert_int_equal(damage.torn_end, cases[i].torn);
    assert_int_equal(damage.places, cases[i].torn);
    assert_int_equal(damage.first_offset, cases[i].torn_at);
    if (cases[i].torn)
      assert_int_equal(damage.skipped_bytes, (int64_t)strlen(cases[i].file) - cases[i].torn_at);
  }
  buf_free(&lines);
  free(path);
}

// Lines of every length around the sizes in which files are read, so that borders fall everywhere.
static void test_lines_across_block_borders_come_whole(void **state) {
  (void)state;
  struct buf text = {0}, lines = {0};
  unsigned noise = 7;
  for (int i = 0; i < 4000; i++) {
    noise = noise * 1664525U + 1013904223U;
    size_t len = noise >> 16 & 1023;
    if (i % 500 == 499) len = 300000 + (noise >> 12 & 65535);
    for (size_t k = 0; k < len; k++)
      buf_append_char(&text, (char)('a' + (k + (size_t)i) % 26));
    buf_append_char(&text, '\n');
  }
  char *plain = files_path("borders.jsonl"), *packed = files_path("borders.jsonl.gz");
  files_write(plain, text.data, text.len);
  files_read_lines(plain, &lines, NULL);
  assert_int_equal(lines.len, text.len);
  assert_memory_equal(lines.data, text.data, text.len);
  // The same through members that end inside lines, as `split | gzip` makes them.
  char *command = NULL;
  assert_true(
      asprintf(&command,
               "cd %.*s && split -b 10007 borders.jsonl part. && gzip -f part.* && cat part.*.gz > %s",
               (int)(strlen(plain) - strlen("/borders.jsonl")), plain, packed) > 0);
  struct buf nothing = {0};
  files_run("gzip", command, &nothing);
  struct gzline_damage damage;
  files_read_lines(packed, &lines, &damage);
  assert_int_equal(damage.places, 0);
  assert_int_equal(lines.len, text.len);
  assert_memory_equal(lines.data, text.data, text.len);
  free(command);
  free(plain);
  free(packed);
  buf_free(&text);
  buf_free(&lines);
  buf_free(&nothing);
}

static void test_a_torn_json_line_at_the_end_of_whole_gzip_is_damage(void **state) {
  (void)state;
  struct buf nothing = {0}, lines = {0};
  char *path = files_path("cutline.gz"), *command = NULL;
  assert_true(asprintf(&command, "printf '{\"a\":1}\\n{\"a\":' | gzip > %s", path) > 0);
  files_run("gzip", command, &nothing);
  struct gzline_damage damage;
  files_read_lines(path, &lines, &damage);
  assert_string_equal(buf_text(&lines), "{\"a\":1}\n");
  assert_true(damage.torn_end);
  assert_int_equal(damage.places, 1);
  free(command);
  free(path);
  buf_free(&nothing);
  buf_free(&lines);
}

static void test_an_overlong_line_is_skipped_and_told(void **state) {
  (void)state;
  char *path = files_path("long.jsonl");
  files_write(path, "first\n", 6);
  assert_int_equal(truncate(path, (off_t)GZLINE_LINE_BYTES + 7), 0); // a hole: one byte too long
  FILE *file = fopen(path, "ab");
  assert_non_null(file);
  assert_true(fputs("\nafter\n", file) >= 0);
  assert_int_equal(fclose(file), 0);
  struct gzline_reader *reader = NULL;
  struct error error;
  const char *line;
  size_t len;
  assert_int_equal(gzline_reader_open(path, &reader, &error), STATUS_OK);
  assert_int_equal(gzline_read(reader, &line, &len, &error), STATUS_OK);
  assert_int_equal(gzline_read(reader, &line, &len, &error), STATUS_LIMIT);
  assert_int_equal(gzline_reader_line_number(reader), 2);
  assert_int_equal(gzline_read(reader, &line, &len, &error), STATUS_OK);
  assert_int_equal(len, 5);
  assert_memory_equal(line, "after", 5);
  assert_int_equal(gzline_reader_line_number(reader), 3);
  assert_int_equal(gzline_read(reader, &line, &len, &error), STATUS_END);
  gzline_reader_close(reader);
  assert_int_equal(unlink(path), 0);
  free(path);
}

static void test_what_cannot_be_opened_is_told_with_its_name(void **state) {
  (void)state;
  struct gzline_reader *reader = NULL;
  struct error error;
  char *path = files_path("nowhere");
  assert_int_equal(gzline_reader_open(path, &reader, &error), STATUS_NOT_FOUND);
  assert_non_null(strstr(error.text, path));
  assert_int_equal(gzline_reader_open("/tmp", &reader, &error), STATUS_IO);
  assert_string_equal(error.text, "/tmp: is a directory");
  assert_null(reader);
  gzline_reader_close(NULL);
  free(path);
}

// With 0 lines nothing was read ahead yet, with 100000 the thread that reads ahead is at work.
static void test_closing_early_is_clean(void **state) {
  (void)state;
  static const char *const names[] = {"early.jsonl", "early.jsonl.gz"};
  static const int lines[] = {0, 1, 100000};
  for (int i = 0; i < 6; i++) {
    char *path = files_path(names[i % 2]);
    struct gzline_options options = {.existing = GZLINE_REPLACE, .full = GZLINE_WAIT};
    struct gzline_writer *writer = files_open_writer(path, options);
    for (int k = 0; k < 300000; k++)
      files_write_line(writer, "a line");
    files_close_writer(writer, NULL);
    struct gzline_reader *reader = NULL;
    struct error error;
    const char *line;
    size_t len;
    assert_int_equal(gzline_reader_open(path, &reader, &error), STATUS_OK);
    for (int k = 0; k < lines[i / 2]; k++)
      assert_int_equal(gzline_read(reader, &line, &len, &error), STATUS_OK);
    assert_int_equal(gzline_reader_line_number(reader), lines[i / 2]);
    gzline_reader_close(reader);
    free(path);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain_lines),
      cmocka_unit_test(test_lines_across_block_borders_come_whole),
      cmocka_unit_test(test_a_torn_json_line_at_the_end_of_whole_gzip_is_damage),
      cmocka_unit_test(test_an_overlong_line_is_skipped_and_told),
      cmocka_unit_test(test_what_cannot_be_opened_is_told_with_its_name),
      cmocka_unit_test(test_closing_early_is_clean),
  };
  return cmocka_run_group_tests_name("gzline reader", tests, files_setup, files_teardown);
}
