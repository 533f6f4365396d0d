// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/lines/gzline_parts.h"

#include <sys/stat.h>

#define NEAR_END_BYTES (INT64_C(8) * 1024 * 1024)

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

// What stands at the end of the text from where the source stands now.
static enum status read_through(struct gzline_source *source, struct gzline_tail *tail,
                                struct gzline_damage *damage, struct error *error) {
  struct gzline_chunk chunk = {0};
  int64_t text_bytes = 0;
  char last = '\n';
  enum status status;
  while ((status = gzline_source_next(source, &chunk, error)) == STATUS_OK) {
    text_bytes += (int64_t)chunk.text.len;
    last = chunk.text.data[chunk.text.len - 1];
  }
  buf_free(&chunk.text);
  if (status != STATUS_END) return status;
  *damage = chunk.damage;
  tail->gzip = gzline_source_is_gzip(source);
  tail->end = tail->gzip ? gzline_source_whole_end(source) : text_bytes;
  tail->needs_newline = tail->gzip ? gzline_source_whole_end_in_line(source) : last != '\n';
  return STATUS_OK;
}

// The end of a long gzip file, without reading all of it: whole members follow one another from some place on
// to the end, or to one that is torn. STATUS_NOT_FOUND: not so, only the whole file can show it.
static enum status find_near_end(const char *path, struct gzline_tail *tail, struct error *error) {
  struct gzline_source *source = NULL;
  struct gzline_damage damage;
  struct stat about;
  if (stat(path, &about) != 0 || about.st_size < 2 * NEAR_END_BYTES) return STATUS_NOT_FOUND;
  enum status status = gzline_source_open(path, &source, error);
  if (status == STATUS_OK && !gzline_source_is_gzip(source)) status = STATUS_NOT_FOUND;
  if (status == STATUS_OK) status = gzline_source_seek(source, about.st_size - NEAR_END_BYTES, error);
  if (status == STATUS_OK) status = read_through(source, tail, &damage, error);
  gzline_source_close(source);
  if (status) return status;
  bool torn = damage.places == 1 && damage.torn_end && damage.first_offset == tail->end;
  return tail->end > 0 && (damage.places == 0 || torn) ? STATUS_OK : STATUS_NOT_FOUND;
}

enum status gzline_tail_find(const char *path, bool compressed, struct gzline_tail *out,
                             struct error *error) {
  struct gzline_source *source = NULL;
  struct gzline_tail tail = {0};
  struct gzline_damage damage;
  enum status status = find_near_end(path, &tail, error);
  if (status == STATUS_NOT_FOUND) {
    status = gzline_source_open(path, &source, error);
    if (status == STATUS_OK) status = read_through(source, &tail, &damage, error);
    gzline_source_close(source);
  }
  if (status == STATUS_OK && !tail.gzip) {
    if (compressed)
      return status_fail(error, STATUS_FORMAT, "%s: is not gzip, so nothing can be appended to it", path);
    if (tail.needs_newline) status = find_plain(path, &tail, error);
  }
  if (status == STATUS_OK) *out = tail;
  return status;
}
