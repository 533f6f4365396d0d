// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "lib/json/json_scan.h"
#include "lib/lines/gzline_parts.h"

struct gzline_reader {
  struct gzline_source *source;
  struct gzline_ahead *ahead; // reads the source, once the file has shown to be long
  struct gzline_chunk chunk;
  size_t next;      // in the chunk's text: the first byte that is not delivered
  struct buf carry; // the part of a line that stood at the end of the chunks before
  bool carry_used;  // the line delivered last lives in `carry`
  bool too_long;    // skipping to the end of a line over GZLINE_LINE_BYTES
  bool ended;
  int64_t text_bytes; // of all chunks so far
  int64_t line_number;
  struct gzline_damage damage;
};

enum status gzline_reader_open(const char *path, struct gzline_reader **out, struct error *error) {
  struct gzline_reader *reader = calloc(1, sizeof *reader);
  if (!reader) return status_fail(error, STATUS_MEMORY, "%s: no memory", path);
  reader->carry.limit = GZLINE_LINE_BYTES;
  reader->damage.first_offset = -1;
  enum status status = gzline_source_open(path, &reader->source, error);
  if (status) {
    gzline_reader_close(reader);
    return status;
  }
  *out = reader;
  return STATUS_OK;
}

static void drop_carry(struct gzline_reader *reader) {
  if (reader->too_long) {
    buf_free(&reader->carry);
  } else {
    buf_clear(&reader->carry);
  }
  reader->carry.status = STATUS_OK;
}

// A line without its newline whose file ended properly: whole unless it is JSON that was cut.
static bool is_whole(const char *line, size_t len) {
  struct json_slice value;
  size_t at = 0;
  while (at < len && (line[at] == ' ' || line[at] == '\t'))
    at++;
  bool json = at < len && (line[at] == '{' || line[at] == '[' || line[at] == '"');
  return !json || json_scan_text(line, len, &value, NULL) == STATUS_OK;
}

static enum status deliver(struct gzline_reader *reader, const char *at, size_t size, const char **line,
                           size_t *len) {
  static const char byte_order_mark[] = "\xEF\xBB\xBF";
  if (reader->line_number++ == 0 && size >= 3 && memcmp(at, byte_order_mark, 3) == 0) {
    at += 3;
    size -= 3;
  }
  if (size > 0 && at[size - 1] == '\r') size--;
  *line = at;
  *len = size;
  return STATUS_OK;
}

// What stands after the last newline, once the input has ended.
static enum status last_line(struct gzline_reader *reader, const char **line, size_t *len) {
  size_t left = reader->carry.len;
  if (left == 0) return STATUS_END;
  if (is_whole(reader->carry.data, left)) {
    reader->carry_used = true;
    return deliver(reader, reader->carry.data, left, line, len);
  }
  struct gzline_damage *damage = &reader->damage;
  bool gzip = gzline_source_is_gzip(reader->source);
  int64_t offset = gzip ? gzline_source_whole_end(reader->source) : reader->text_bytes - (int64_t)left;
  if (damage->places++ == 0) damage->first_offset = offset;
  if (!gzip) damage->skipped_bytes += (int64_t)left;
  damage->torn_end = true;
  buf_clear(&reader->carry);
  return STATUS_END;
}

// The first chunk is read here, the rest of a gzip file ahead. Not of a pipe: a thread that waits for one
// could not be ended.
static enum status read_chunk(struct gzline_reader *reader, struct error *error) {
  bool may = gzline_source_is_gzip(reader->source) && gzline_source_is_file(reader->source);
  if (may && !reader->ahead && reader->text_bytes > 0 &&
      gzline_ahead_open(reader->source, &reader->ahead) != STATUS_OK)
    reader->ahead = NULL;
  if (reader->ahead) return gzline_ahead_next(reader->ahead, &reader->chunk, error);
  return gzline_source_next(reader->source, &reader->chunk, error);
}

static enum status next_chunk(struct gzline_reader *reader, struct error *error) {
  enum status status = read_chunk(reader, error);
  reader->next = 0;
  reader->damage = reader->chunk.damage;
  if (status == STATUS_OK || status == STATUS_END) {
    reader->text_bytes += (int64_t)reader->chunk.text.len;
    if (reader->chunk.after_damage) { // the line that was begun lost its end
      drop_carry(reader);
      reader->too_long = false;
    }
  }
  reader->ended = status == STATUS_END;
  return status;
}

static enum status fail_long(struct gzline_reader *reader, struct error *error) {
  reader->line_number++;
  return status_fail(error, STATUS_LIMIT, "line %lld is longer than 256 MiB", (long long)reader->line_number);
}

// Puts the chunk's next `size` bytes to the line that is carried over.
static enum status carry_on(struct gzline_reader *reader, size_t size, struct error *error) {
  const char *at = reader->chunk.text.data + reader->next;
  if (!reader->too_long) {
    enum status status = buf_append(&reader->carry, at, size);
    if (status == STATUS_MEMORY) return status_fail(error, status, "no memory for a line");
    if (status == STATUS_LIMIT) {
      reader->too_long = true;
      drop_carry(reader);
    }
  }
  reader->next += size;
  return STATUS_OK;
}

enum status gzline_read(struct gzline_reader *reader, const char **line, size_t *len, struct error *error) {
  if (reader->carry_used) buf_clear(&reader->carry);
  reader->carry_used = false;
  if (reader->ended) return STATUS_END;
  for (;;) {
    size_t left = reader->chunk.text.len - reader->next;
    if (left == 0) {
      enum status status = next_chunk(reader, error);
      if (status == STATUS_END && reader->too_long) return fail_long(reader, error);
      if (status == STATUS_END) return last_line(reader, line, len);
      if (status) return status;
      continue;
    }
    const char *at = reader->chunk.text.data + reader->next;
    const char *newline = memchr(at, '\n', left);
    size_t size = newline ? (size_t)(newline - at) : left;
    if (newline && reader->carry.len == 0 && !reader->too_long) {
      reader->next += size + 1;
      return deliver(reader, at, size, line, len);
    }
    enum status status = carry_on(reader, size, error);
    if (status) return status;
    if (!newline) continue;
    reader->next++;
    if (reader->too_long) {
      reader->too_long = false;
      return fail_long(reader, error);
    }
    reader->carry_used = true;
    return deliver(reader, reader->carry.data, reader->carry.len, line, len);
  }
}

bool gzline_is_blank(const char *line, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r') return false;
  }
  return true;
}

int64_t gzline_reader_line_number(const struct gzline_reader *reader) {
  return reader->line_number;
}

struct gzline_damage gzline_reader_damage(const struct gzline_reader *reader) {
  return reader->damage;
}

void gzline_reader_close(struct gzline_reader *reader) {
  if (!reader) return;
  gzline_ahead_close(reader->ahead);
  gzline_source_close(reader->source);
  buf_free(&reader->chunk.text);
  buf_free(&reader->carry);
  free(reader);
}
