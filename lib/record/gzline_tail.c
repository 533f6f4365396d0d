// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/record/gzline_tail.h"

#include <string.h>

#include "lib/record/gzline.h"
#include "lib/record/gzline_source.h"

// A plain file: the lines decide, by the rules of gzline_read, so that appending keeps what a reader sees.
static enum status find_plain(const char *path, struct gzline_tail *tail, struct error *error) {
  struct gzline_reader *reader = NULL;
  enum status status = gzline_reader_open(path, &reader, error);
  while (status == STATUS_OK || status == STATUS_LIMIT) {
    const char *line;
    size_t len;
    status = gzline_read(reader, &line, &len, error);
  }
  if (status == STATUS_END) {
    struct gzline_damage damage = gzline_reader_damage(reader);
    if (damage.torn_end) {
      tail->end = damage.first_offset;
      tail->needs_newline = false;
    }
    status = STATUS_OK;
  }
  gzline_reader_close(reader);
  return status;
}

enum status gzline_tail_find(const char *path, bool compressed, struct gzline_tail *out,
                             struct error *error) {
  struct gzline_source *source = NULL;
  struct gzline_chunk chunk = {0};
  struct gzline_tail tail = {0};
  char last = '\n';
  int64_t text_bytes = 0;
  enum status status = gzline_source_open(path, &source, error);
  if (status == STATUS_OK) tail.gzip = gzline_source_is_gzip(source);
  while (status == STATUS_OK) {
    status = gzline_source_next(source, &chunk, error);
    if (status) break;
    text_bytes += (int64_t)chunk.text.len;
    last = chunk.text.data[chunk.text.len - 1];
  }
  if (status == STATUS_END) {
    status = STATUS_OK;
    tail.end = tail.gzip ? gzline_source_whole_end(source) : text_bytes;
    tail.needs_newline = last != '\n';
    if (!tail.gzip && compressed)
      status = status_fail(error, STATUS_FORMAT, "%s: is not gzip, so nothing can be appended to it", path);
    if (status == STATUS_OK && !tail.gzip && tail.needs_newline) status = find_plain(path, &tail, error);
  }
  gzline_source_close(source);
  buf_free(&chunk.text);
  if (status == STATUS_OK) *out = tail;
  return status;
}
