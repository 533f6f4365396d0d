// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/lines/gzline_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/base/stdio_fds.h"

enum {
  READ_BYTES = 256 * 1024,
  CHUNK_BYTES = 256 * 1024,     // small members are put together up to here
  HELD_TEXT = 4 * 1024 * 1024,  // a member's text that is held back until its checksum is right
  HELD_INPUT = 4 * 1024 * 1024, // a member's bytes that are kept, to search them when it is broken
  MAGIC_BYTES = 4,              // ID1 ID2 CM FLG
  SEARCH_BYTES =
      64 * 1024 * 1024, // text that the search after damage may inflate in vain, and as many times the
  SEARCH_FACTOR = 16,   // file's own bytes
};

struct gzline_source {
  int fd;
  char *path;
  bool gzip;
  bool is_file;      // a regular one
  bool at_end;       // the file has no more
  struct buf in;     // bytes of the file
  int64_t in_offset; // file offset of in.data[0]
  size_t next;       // in `in`: the first byte that is not used yet

  z_stream inflater;
  bool inflater_open;
  bool inside;           // a member
  bool spilled;          // its first text was handed out before its end
  bool start_gone;       // its first bytes are no longer in `in`
  size_t member;         // in `in`: its first byte
  int64_t member_offset; // in the file
  size_t text_start;     // in the chunk's text: its first byte
  int64_t whole_end;
  bool whole_end_in_line;
  bool in_line; // the chunk before ended in the middle of one

  bool broken; // no whole member has been found since broken_offset
  bool broken_by_end;
  int64_t broken_offset;
  int64_t vain_bytes; // inflated in members that turned out to be none
  bool tell_damage;   // the next chunk comes after damage
  struct gzline_damage damage;
  enum status late_status; // a failure that is returned after the text before it
  struct error late_error;
};

static enum status fail_io(const struct gzline_source *source, struct error *error) {
  return status_fail(error, STATUS_IO, "%s: %s", source->path, strerror(errno));
}

static enum status read_more(struct gzline_source *source, struct buf *into, struct error *error) {
  if (buf_reserve(into, READ_BYTES)) return status_fail(error, STATUS_MEMORY, "%s: no memory", source->path);
  ssize_t got;
  do {
    got = read(source->fd, into->data + into->len, READ_BYTES);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return fail_io(source, error);
  into->len += (size_t)got;
  source->at_end = got == 0;
  return STATUS_OK;
}

// Reads on, and keeps what a search after damage would need.
static enum status fill(struct gzline_source *source, struct error *error) {
  size_t keep = source->next;
  if (source->inside && !source->start_gone) {
    if (source->next - source->member > HELD_INPUT) {
      source->start_gone = true;
    } else {
      keep = source->member;
    }
  }
  buf_consume(&source->in, keep);
  source->in_offset += (int64_t)keep;
  source->next -= keep;
  source->member -= source->inside && !source->start_gone ? keep : source->member;
  return read_more(source, &source->in, error);
}

static bool name_ends_in_gz(const char *path) {
  size_t len = strlen(path);
  return len > 3 && strcmp(path + len - 3, ".gz") == 0;
}

// By the first bytes. A .gz file whose first bytes were hit still has the NULs of its header, which text has
// not.
static bool looks_gzip(const struct gzline_source *source) {
  const unsigned char *at = (const unsigned char *)source->in.data;
  size_t len = source->in.len;
  if (len > 0 && at[0] == 0x1f && (len == 1 || at[1] == 0x8b)) return true;
  return len > 0 && name_ends_in_gz(source->path) && memchr(at, '\0', len < 16 ? len : 16);
}

static enum status sniff(struct gzline_source *source, struct error *error) {
  enum status status = STATUS_OK;
  while (status == STATUS_OK && source->in.len < 16 && !source->at_end)
    status = read_more(source, &source->in, error);
  if (status) return status;
  source->gzip = looks_gzip(source);
  if (!source->gzip) return STATUS_OK;
  if (inflateInit2(&source->inflater, 15 + 16) != Z_OK)
    return status_fail(error, STATUS_MEMORY, "%s: no memory", source->path);
  source->inflater_open = true;
  return STATUS_OK;
}

static enum status open_file(struct gzline_source *source, struct error *error) {
  bool standard = strcmp(source->path, "-") == 0;
  if (standard && !stdio_fds_input_is_open())
    return status_fail(error, STATUS_IO, "standard input is not open for reading");
  source->fd = standard ? STDIN_FILENO : open(source->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (source->fd < 0) {
    enum status status = errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
    return status_fail(error, status, "%s: %s", source->path, strerror(errno));
  }
  struct stat about;
  if (fstat(source->fd, &about) != 0) return fail_io(source, error);
  if (S_ISDIR(about.st_mode)) return status_fail(error, STATUS_IO, "%s: is a directory", source->path);
  source->is_file = S_ISREG(about.st_mode);
  return STATUS_OK;
}

enum status gzline_source_open(const char *path, struct gzline_source **out, struct error *error) {
  struct gzline_source *source = calloc(1, sizeof *source);
  if (!source) return status_fail(error, STATUS_MEMORY, "%s: no memory", path);
  source->fd = -1;
  source->damage.first_offset = -1;
  source->path = strdup(path);
  enum status status =
      source->path ? open_file(source, error) : status_fail(error, STATUS_MEMORY, "%s: no memory", path);
  if (status == STATUS_OK) status = sniff(source, error);
  if (status) {
    gzline_source_close(source);
    return status;
  }
  *out = source;
  return STATUS_OK;
}

enum status gzline_source_seek(struct gzline_source *source, int64_t offset, struct error *error) {
  if (lseek(source->fd, (off_t)offset, SEEK_SET) < 0) return fail_io(source, error);
  buf_clear(&source->in);
  source->next = 0;
  source->at_end = false;
  source->in_offset = source->broken_offset = offset;
  source->broken = true; // but not counted
  return STATUS_OK;
}

static void begin_member(struct gzline_source *source, const struct gzline_chunk *chunk) {
  inflateReset(&source->inflater);
  source->inside = true;
  source->spilled = source->start_gone = false;
  source->member = source->next;
  source->member_offset = source->in_offset + (int64_t)source->next;
  source->text_start = chunk->text.len;
}

static void begin_damage(struct gzline_source *source, struct gzline_chunk *chunk, int64_t offset,
                         bool by_end) {
  if (source->broken) return; // the same spot goes on
  source->broken = true;
  source->broken_by_end = by_end;
  source->broken_offset = offset;
  if (source->damage.places++ == 0) source->damage.first_offset = offset;
  if (chunk->text.len > 0) {
    source->tell_damage = true;
  } else {
    chunk->after_damage = true;
  }
}

static void end_damage(struct gzline_source *source, int64_t offset) {
  if (!source->broken) return;
  source->broken = false;
  source->damage.skipped_bytes += offset - source->broken_offset;
}

static bool ends_in_line(const struct gzline_source *source, const struct gzline_chunk *chunk) {
  size_t len = chunk->text.len;
  return len > 0 ? chunk->text.data[len - 1] != '\n' : source->in_line;
}

static void end_member(struct gzline_source *source, const struct gzline_chunk *chunk) {
  end_damage(source, source->member_offset);
  source->inside = false;
  source->whole_end = source->in_offset + (int64_t)source->next;
  source->whole_end_in_line = ends_in_line(source, chunk);
}

static void give_up_member(struct gzline_source *source, struct gzline_chunk *chunk, bool by_end) {
  if (source->broken) source->vain_bytes += (int64_t)(chunk->text.len - source->text_start);
  if (!source->spilled) chunk->text.len = source->text_start;
  source->inside = false;
  int64_t offset = source->spilled ? source->in_offset + (int64_t)source->next : source->member_offset;
  source->next = source->start_gone ? 0 : source->member + 1;
  begin_damage(source, chunk, offset, by_end);
}

static enum status inflate_some(struct gzline_source *source, struct gzline_chunk *chunk,
                                struct error *error) {
  if (source->next == source->in.len && !source->at_end) {
    enum status status = fill(source, error);
    if (status) return status;
  }
  struct buf *text = &chunk->text;
  if (text->capacity - text->len < CHUNK_BYTES / 8 && buf_reserve(text, CHUNK_BYTES))
    return status_fail(error, STATUS_MEMORY, "%s: no memory", source->path);
  z_stream *z = &source->inflater;
  size_t room = text->capacity - text->len;
  z->next_in = (Bytef *)source->in.data + source->next;
  z->avail_in = (uInt)(source->in.len - source->next);
  z->next_out = (Bytef *)text->data + text->len;
  z->avail_out = (uInt)room;
  int result = inflate(z, Z_NO_FLUSH);
  source->next = source->in.len - z->avail_in;
  text->len += room - z->avail_out;
  if (result == Z_STREAM_END) {
    end_member(source, chunk);
  } else if (result != Z_OK && result != Z_BUF_ERROR) {
    give_up_member(source, chunk, false);
  } else if (source->at_end && z->avail_in == 0 && z->avail_out > 0) {
    give_up_member(source, chunk, true);
  } else if (text->len - source->text_start > HELD_TEXT) {
    source->spilled = true;
    end_damage(source, source->member_offset); // that much valid deflate data is no accident
  }
  return STATUS_OK;
}

static bool is_member_start(const unsigned char *at) {
  return at[0] == 0x1f && at[1] == 0x8b && at[2] == 8 && (at[3] & 0xe0) == 0;
}

static bool is_hopeless(const struct gzline_source *source) {
  return source->vain_bytes > SEARCH_BYTES && source->vain_bytes / SEARCH_FACTOR > source->in_offset;
}

// Moves `next` to the next place that may start a member. STATUS_END: there is none.
static enum status search(struct gzline_source *source, struct error *error) {
  while (!is_hopeless(source)) {
    while (source->in.len - source->next >= MAGIC_BYTES) {
      const unsigned char *at = (const unsigned char *)source->in.data + source->next;
      const unsigned char *found = memchr(at, 0x1f, source->in.len - source->next - (MAGIC_BYTES - 1));
      if (!found) {
        source->next = source->in.len - (MAGIC_BYTES - 1);
        break;
      }
      source->next += (size_t)(found - at);
      if (is_member_start(found)) return STATUS_OK;
      source->next++;
    }
    if (source->at_end) return STATUS_END;
    enum status status = fill(source, error);
    if (status) return status;
  }
  source->at_end = true;
  return STATUS_END;
}

static enum status find_member(struct gzline_source *source, struct gzline_chunk *chunk,
                               struct error *error) {
  enum status status = STATUS_OK;
  while (status == STATUS_OK && source->in.len - source->next < 2 && !source->at_end)
    status = fill(source, error);
  if (status) return status;
  size_t left = source->in.len - source->next;
  const unsigned char *at = (const unsigned char *)source->in.data + source->next;
  if (!source->broken) {
    if (left == 0) return STATUS_END;
    if (at[0] != 0x1f || (left > 1 && at[1] != 0x8b)) {
      begin_damage(source, chunk, source->in_offset + (int64_t)source->next, false);
      return STATUS_OK;
    }
  } else {
    status = search(source, error);
    if (status == STATUS_END) {
      source->damage.torn_end = source->broken_by_end;
      source->next = source->in.len;
      end_damage(source, source->in_offset + (int64_t)source->in.len);
    }
    if (status) return status;
  }
  begin_member(source, chunk);
  return STATUS_OK;
}

static enum status next_plain(struct gzline_source *source, struct gzline_chunk *chunk, struct error *error) {
  size_t left = source->in.len - source->next;
  if (left > 0) { // what sniff read
    buf_append(&chunk->text, source->in.data + source->next, left);
    source->next = source->in.len;
    if (!chunk->text.status) return STATUS_OK;
    return status_fail(error, chunk->text.status, "%s: no memory", source->path);
  }
  if (source->at_end) return STATUS_END;
  enum status status = read_more(source, &chunk->text, error);
  if (status) return status;
  return chunk->text.len ? STATUS_OK : STATUS_END;
}

enum status gzline_source_next(struct gzline_source *source, struct gzline_chunk *chunk,
                               struct error *error) {
  buf_clear(&chunk->text);
  chunk->after_damage = source->tell_damage;
  source->tell_damage = false;
  if (!source->gzip) {
    chunk->damage = source->damage;
    return next_plain(source, chunk, error);
  }
  if (source->late_status) return status_fail(error, source->late_status, "%s", source->late_error.text);
  source->text_start = 0;
  enum status status = STATUS_OK;
  while (status == STATUS_OK) {
    if (source->inside) {
      status = inflate_some(source, chunk, error);
      if (source->inside && source->spilled && chunk->text.len > 0) break;
    } else {
      if (chunk->text.len >= CHUNK_BYTES || source->tell_damage) break;
      status = find_member(source, chunk, error);
    }
  }
  if (status && source->inside && !source->spilled) chunk->text.len = source->text_start;
  if (status && chunk->text.len > 0) {
    source->late_status = status == STATUS_END ? STATUS_OK : status;
    if (error && source->late_status) source->late_error = *error;
    status = STATUS_OK;
  }
  chunk->damage = source->damage;
  source->in_line = ends_in_line(source, chunk);
  return status;
}

bool gzline_source_is_gzip(const struct gzline_source *source) {
  return source->gzip;
}

bool gzline_source_is_file(const struct gzline_source *source) {
  return source->is_file;
}

int64_t gzline_source_whole_end(const struct gzline_source *source) {
  return source->whole_end;
}

bool gzline_source_whole_end_in_line(const struct gzline_source *source) {
  return source->whole_end_in_line;
}

void gzline_source_close(struct gzline_source *source) {
  if (!source) return;
  if (source->fd > STDIN_FILENO) close(source->fd);
  if (source->inflater_open) inflateEnd(&source->inflater);
  buf_free(&source->in);
  free(source->path);
  free(source);
}
