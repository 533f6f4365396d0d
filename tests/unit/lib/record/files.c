// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "tests/unit/lib/record/files.h"

static char directory[] = "/tmp/tidemark-record-XXXXXX";

int files_setup(void **state) {
  (void)state;
  return mkdtemp(directory) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *about, int flag, struct FTW *where) {
  (void)about, (void)flag, (void)where;
  return remove(path);
}

int files_teardown(void **state) {
  (void)state;
  return nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

char *files_path(const char *name) {
  char *path = NULL;
  assert_true(asprintf(&path, "%s/%s", directory, name) > 0);
  return path;
}

void files_write(const char *path, const void *data, size_t len) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(data, 1, len, file), len);
  assert_int_equal(fclose(file), 0);
}

void files_read(const char *path, struct buf *into) {
  struct error error;
  buf_clear(into);
  assert_int_equal(buf_read_file(into, path, &error), STATUS_OK);
}

void files_read_lines(const char *path, struct buf *into, struct gzline_damage *damage) {
  struct gzline_reader *reader = NULL;
  struct error error;
  const char *line;
  size_t len;
  enum status status;
  int64_t lines = 0;
  buf_clear(into);
  assert_int_equal(gzline_reader_open(path, &reader, &error), STATUS_OK);
  while ((status = gzline_read(reader, &line, &len, &error)) == STATUS_OK) {
    assert_int_equal(gzline_reader_line_number(reader), ++lines);
    buf_append(into, line, len);
    buf_append_char(into, '\n');
  }
  assert_int_equal(status, STATUS_END);
  assert_int_equal(gzline_read(reader, &line, &len, &error), STATUS_END); // and stays there
  if (damage) *damage = gzline_reader_damage(reader);
  gzline_reader_close(reader);
}

struct gzline_writer *files_open_writer(const char *path, struct gzline_options options) {
  struct gzline_writer *writer = NULL;
  struct error error = {""};
  enum status status = gzline_writer_open(path, &options, &writer, &error);
  if (status) fail_msg("%s", error.text);
  return writer;
}

void files_write_line(struct gzline_writer *writer, const char *line) {
  assert_int_equal(gzline_write(writer, line, strlen(line)), STATUS_OK);
}

void files_close_writer(struct gzline_writer *writer, struct gzline_counts *counts) {
  struct error error = {""};
  enum status status = gzline_writer_close(writer, counts, &error);
  if (status) fail_msg("%s", error.text);
}

void files_gzip(const char *text, size_t len, int level, struct buf *out) {
  z_stream z = {0};
  assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  assert_int_equal(buf_reserve(out, deflateBound(&z, len)), STATUS_OK);
  z.next_in = (Bytef *)(uintptr_t)text;
  z.avail_in = (uInt)len;
  z.next_out = (Bytef *)out->data + out->len;
  z.avail_out = (uInt)(out->capacity - out->len);
  assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
  out->len = out->capacity - z.avail_out;
  deflateEnd(&z);
}

void files_run(const char *program, const char *command, struct buf *into) {
  char *look = NULL;
  assert_true(asprintf(&look, "command -v %s >/dev/null", program) > 0);
  int found = system(look);
  free(look);
  if (found != 0) {
    print_message("skipped: %s is not installed\n", program);
    skip();
  }
  FILE *pipe = popen(command, "r");
  assert_non_null(pipe);
  buf_clear(into);
  char chunk[65536];
  size_t got;
  while ((got = fread(chunk, 1, sizeof chunk, pipe)) > 0)
    buf_append(into, chunk, got);
  assert_int_equal(pclose(pipe), 0);
}
