// SPDX-License-Identifier: GPL-3.0-or-later
//
// The text of files chunk by chunk; what damage costs is in test_gzline_damage.c.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/lines/gzline_parts.h"
#include "tests/unit/lib/record/files.h"

static struct gzline_source *open_source(const char *name, const void *data, size_t len) {
  char *path = files_path(name);
  struct gzline_source *source = NULL;
  struct error error = {""};
  files_write(path, data, len);
  if (gzline_source_open(path, &source, &error)) fail_msg("%s", error.text);
  free(path);
  return source;
}

// All chunks joined; `chunk` is as the last call left it.
static void read_all(struct gzline_source *source, struct gzline_chunk *chunk, struct buf *all) {
  enum status status;
  struct error error;
  while ((status = gzline_source_next(source, chunk, &error)) == STATUS_OK) {
    assert_true(chunk->text.len > 0);
    buf_append(all, chunk->text.data, chunk->text.len);
  }
  assert_int_equal(status, STATUS_END);
  assert_int_equal(gzline_source_next(source, chunk, &error), STATUS_END); // and stays there
}

static void fill_with_text(struct buf *text, size_t len) {
  for (int i = 0; text->len < len; i++)
    buf_printf(text, "%d %d\n", i, i % 1000 * 7919 % 1000);
}

static void test_plain_text_comes_as_it_is(void **state) {
  (void)state;
  struct buf text = {0}, all = {0};
  struct gzline_chunk chunk = {0};
  fill_with_text(&text, 600 * (size_t)1000);
  struct gzline_source *source = open_source("plain", text.data, text.len);
  assert_false(gzline_source_is_gzip(source));
  assert_true(gzline_source_is_file(source));
  read_all(source, &chunk, &all);
  assert_int_equal(all.len, text.len);
  assert_memory_equal(all.data, text.data, text.len);
  assert_int_equal(chunk.damage.places, 0);
  assert_int_equal(chunk.damage.first_offset, -1);
  gzline_source_close(source);
  buf_free(&chunk.text);
  buf_free(&text);
  buf_free(&all);
}

static void test_members_of_any_size_are_joined(void **state) {
  (void)state;
  struct buf text = {0}, file = {0}, all = {0};
  struct gzline_chunk chunk = {0};
  fill_with_text(&text, 5 * (size_t)1024 * 1024); // the last member streams
  files_gzip(text.data, 10, 6, &file);
  files_gzip("", 0, 6, &file);
  files_gzip(text.data + 10, 300 * (size_t)1000, 1, &file);
  size_t before_last = 10 + 300 * (size_t)1000;
  files_gzip(text.data + before_last, text.len - before_last, 1, &file);
  struct gzline_source *source = open_source("members.gz", file.data, file.len);
  assert_true(gzline_source_is_gzip(source));
  assert_int_equal(gzline_source_whole_end(source), 0);
  read_all(source, &chunk, &all);
  assert_int_equal(all.len, text.len);
  assert_memory_equal(all.data, text.data, text.len);
  assert_int_equal(gzline_source_whole_end(source), file.len);
  assert_false(gzline_source_whole_end_in_line(source));
  assert_int_equal(chunk.damage.places, 0);
  gzline_source_close(source);
  buf_free(&chunk.text);
  buf_free(&text);
  buf_free(&file);
  buf_free(&all);
}

static void test_text_after_a_broken_member_is_marked(void **state) {
  (void)state;
  struct buf file = {0};
  struct gzline_chunk chunk = {0};
  struct error error;
  files_gzip("first\n", 6, 6, &file);
  size_t broken = file.len;
  files_gzip("second\n", 7, 6, &file);
  size_t third = file.len;
  files_gzip("third", 5, 6, &file);
  file.data[third - 5] ^= 1; // of the second's checksum and length
  struct gzline_source *source = open_source("broken.gz", file.data, file.len);
  assert_int_equal(gzline_source_next(source, &chunk, &error), STATUS_OK);
  assert_string_equal(buf_text(&chunk.text), "first\n");
  assert_false(chunk.after_damage);
  assert_int_equal(gzline_source_next(source, &chunk, &error), STATUS_OK);
  assert_string_equal(buf_text(&chunk.text), "third");
  assert_true(chunk.after_damage);
  assert_int_equal(gzline_source_next(source, &chunk, &error), STATUS_END);
  assert_int_equal(chunk.damage.places, 1);
  assert_int_equal(chunk.damage.first_offset, broken);
  assert_int_equal(chunk.damage.skipped_bytes, third - broken);
  assert_false(chunk.damage.torn_end);
  assert_true(gzline_source_whole_end_in_line(source));
  gzline_source_close(source);
  buf_free(&chunk.text);
  buf_free(&file);
}

static void test_a_seek_goes_on_at_the_next_member_without_damage(void **state) {
  (void)state;
  struct buf file = {0};
  struct error error;
  files_gzip("first\n", 6, 6, &file);
  size_t second = file.len;
  files_gzip("second\n", 7, 6, &file);
  for (size_t offset = 1; offset <= second; offset++) {
    struct gzline_source *source = open_source("seek.gz", file.data, file.len);
    struct gzline_chunk chunk = {0};
    struct buf all = {0};
    assert_int_equal(gzline_source_seek(source, (int64_t)offset, &error), STATUS_OK);
    read_all(source, &chunk, &all);
    assert_string_equal(buf_text(&all), "second\n");
    assert_int_equal(chunk.damage.places, 0);
    assert_int_equal(gzline_source_whole_end(source), file.len);
    gzline_source_close(source);
    buf_free(&chunk.text);
    buf_free(&all);
  }
  buf_free(&file);
}

static void test_what_cannot_be_opened_is_named_and_a_pipe_is_no_file(void **state) {
  (void)state;
  struct gzline_source *source = NULL;
  struct error error;
  assert_int_equal(gzline_source_open("/no/such/file", &source, &error), STATUS_NOT_FOUND);
  assert_non_null(strstr(error.text, "/no/such/file"));
  assert_int_equal(gzline_source_open("/tmp", &source, &error), STATUS_IO);
  assert_string_equal(error.text, "/tmp: is a directory");
  assert_null(source);
  gzline_source_close(NULL);
  char *path = files_path("fifo");
  assert_int_equal(mkfifo(path, 0600), 0);
  int fd = open(path, O_RDWR | O_CLOEXEC);
  assert_int_equal(write(fd, "at least sixteen bytes", 22), 22);
  assert_int_equal(gzline_source_open(path, &source, &error), STATUS_OK);
  assert_false(gzline_source_is_file(source));
  gzline_source_close(source);
  close(fd);
  free(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain_text_comes_as_it_is),
      cmocka_unit_test(test_members_of_any_size_are_joined),
      cmocka_unit_test(test_text_after_a_broken_member_is_marked),
      cmocka_unit_test(test_a_seek_goes_on_at_the_next_member_without_damage),
      cmocka_unit_test(test_what_cannot_be_opened_is_named_and_a_pipe_is_no_file),
  };
  return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
