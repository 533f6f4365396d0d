// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/lines/gzline_parts.h"
#include "tests/unit/lib/record/files.h"

static struct gzline_source *source;

static struct gzline_ahead *open_ahead(const struct buf *file) {
  char *path = files_path("ahead.gz");
  struct gzline_ahead *ahead = NULL;
  struct error error = {""};
  files_write(path, file->data, file->len);
  if (gzline_source_open(path, &source, &error)) fail_msg("%s", error.text);
  assert_int_equal(gzline_ahead_open(source, &ahead), STATUS_OK);
  free(path);
  return ahead;
}

static void test_the_same_text_comes_in_the_same_order_and_the_end_stays(void **state) {
  (void)state;
  struct buf text = {0}, file = {0}, all = {0};
  struct gzline_chunk chunk = {0};
  struct error error;
  enum status status;
  for (int i = 0; text.len < 2 * (size_t)1024 * 1024; i++)
    buf_printf(&text, "line %d\n", i);
  for (size_t at = 0; at < text.len; at += 64 * (size_t)1024)
    files_gzip(text.data + at, text.len - at < 64 * (size_t)1024 ? text.len - at : 64 * (size_t)1024, 1,
               &file);
  size_t whole = file.len;
  buf_append(&file, "\x1f\x8b\x08", 3); // a torn member
  struct gzline_ahead *ahead = open_ahead(&file);
  while ((status = gzline_ahead_next(ahead, &chunk, &error)) == STATUS_OK)
    buf_append(&all, chunk.text.data, chunk.text.len);
  assert_int_equal(status, STATUS_END);
  assert_int_equal(all.len, text.len);
  assert_memory_equal(all.data, text.data, text.len);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(gzline_ahead_next(ahead, &chunk, &error), STATUS_END);
    assert_int_equal(chunk.damage.places, 1);
    assert_int_equal(chunk.damage.first_offset, whole);
    assert_true(chunk.damage.torn_end);
  }
  gzline_ahead_close(ahead);
  assert_int_equal(gzline_source_whole_end(source), whole); // the source is the caller's again
  gzline_source_close(source);
  buf_free(&chunk.text);
  buf_free(&text);
  buf_free(&file);
  buf_free(&all);
}

static void test_closing_early_ends_the_thread(void **state) {
  (void)state;
  struct buf text = {0}, file = {0};
  struct gzline_chunk chunk = {0};
  while (text.len < (size_t)4 * 1024 * 1024)
    buf_append_text(&text, "a line of many\n");
  files_gzip(text.data, text.len, 1, &file);
  for (int read = 0; read < 3; read++) {
    struct gzline_ahead *ahead = open_ahead(&file);
    for (int i = 0; i < read; i++)
      (void)!gzline_ahead_next(ahead, &chunk, NULL);
    gzline_ahead_close(ahead);
    gzline_source_close(source);
  }
  gzline_ahead_close(NULL);
  buf_free(&chunk.text);
  buf_free(&text);
  buf_free(&file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_same_text_comes_in_the_same_order_and_the_end_stays),
      cmocka_unit_test(test_closing_early_ends_the_thread),
  };
  return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
