// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as a file of lines: reading ends, says consistent things about the damage, and appending to it
// makes a file that ends whole and holds the lines that a reader saw before.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/lines/gzline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
  if (!holds) abort();
}

static struct gzline_damage read_lines(const char *path, struct buf *lines) {
  struct gzline_reader *reader = NULL;
  const char *line;
  size_t len;
  int64_t count = 0;
  enum status status;
  check(gzline_reader_open(path, &reader, NULL) == STATUS_OK);
  while ((status = gzline_read(reader, &line, &len, NULL)) == STATUS_OK) {
    check(gzline_reader_line_number(reader) == ++count);
    buf_append(lines, line, len);
    buf_append_char(lines, '\n');
  }
  check(status == STATUS_END);
  struct gzline_damage damage = gzline_reader_damage(reader);
  gzline_reader_close(reader);
  return damage;
}

static void append_line(const char *path) {
  struct gzline_options options = {.existing = GZLINE_APPEND, .full = GZLINE_WAIT};
  struct gzline_writer *writer = NULL;
  check(gzline_writer_open(path, &options, &writer, NULL) == STATUS_OK);
  check(gzline_write(writer, "new", 3) == STATUS_OK);
  check(gzline_writer_close(writer, NULL, NULL) == STATUS_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct buf before = {0}, after = {0};
  char path[64];
  int fd = memfd_create("fuzz", MFD_CLOEXEC);
  check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  struct gzline_damage damage = read_lines(path, &before);
  check((damage.places == 0) == (damage.first_offset == -1));
  check(damage.first_offset <= (int64_t)size && damage.skipped_bytes <= (int64_t)size);
  check(damage.places > 0 || (!damage.torn_end && damage.skipped_bytes == 0));
  append_line(path);
  struct gzline_damage left = read_lines(path, &after);
  check(!left.torn_end && left.places <= damage.places);
  check(after.len >= 4 && memcmp(after.data + after.len - 4, "new\n", 4) == 0);
  if (damage.places == 0)
    check(after.len == before.len + 4 &&
          (before.len == 0 || memcmp(after.data, before.data, before.len) == 0));
  buf_free(&before);
  buf_free(&after);
  close(fd);
  return 0;
}
