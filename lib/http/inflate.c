// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/http/inflate.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <strings.h>
#include <zlib.h>

#define PIECE_BYTES 16384
// zlib's window bits: 15, and +16 for gzip's wrapper, -15 for none.
#define BITS_GZIP (15 + 16)
#define BITS_ZLIB 15
#define BITS_BARE (-15)

struct inflate {
  inflate_handler *handler;
  void *context;
  z_stream zlib;
  enum inflate_coding coding;
  bool begun;  // the wrapper of a deflate stream is known
  bool at_end; // between two gzip members, or after the last
  size_t left; // plain bytes that may still come
  enum status status;
};

static bool is_name(struct json_slice value, const char *name, size_t len) {
  return value.len == len && strncasecmp(value.data, name, len) == 0;
}

enum inflate_coding inflate_coding_of(struct json_slice content_encoding) {
  struct json_slice value = content_encoding;
  while (value.len && (value.data[0] == ' ' || value.data[0] == '\t')) {
    value.data++;
    value.len--;
  }
  while (value.len && (value.data[value.len - 1] == ' ' || value.data[value.len - 1] == '\t'))
    value.len--;
  if (value.len == 0 || is_name(value, "identity", 8)) return INFLATE_IDENTITY;
  if (is_name(value, "gzip", 4) || is_name(value, "x-gzip", 6)) return INFLATE_GZIP;
  if (is_name(value, "deflate", 7)) return INFLATE_DEFLATE;
  return INFLATE_UNKNOWN;
}

struct inflate *inflate_open(enum inflate_coding coding, inflate_handler *handler, void *context) {
  struct inflate *stream = calloc(1, sizeof *stream);
  if (!stream) return NULL;
  stream->handler = handler;
  stream->context = context;
  stream->coding = coding;
  stream->left = SIZE_MAX;
  if (inflateInit2(&stream->zlib, coding == INFLATE_GZIP ? BITS_GZIP : BITS_ZLIB) != Z_OK) {
    free(stream);
    return NULL;
  }
  return stream;
}

// "deflate" means zlib's wrapper (RFC 9110, 8.4.1.2), but some servers send the bare stream. A zlib stream
// begins with a byte whose low half is 8; a bare one could only as a stored block with odd padding, which
// nobody writes.
static enum status begin(struct inflate *stream, const char *data) {
  stream->begun = true;
  if (stream->coding != INFLATE_DEFLATE || (data[0] & 0x0F) == 8) return STATUS_OK;
  return inflateReset2(&stream->zlib, BITS_BARE) == Z_OK ? STATUS_OK : STATUS_MEMORY;
}

// One piece of output. `done` becomes true when the input is used up and nothing more can come of it.
static enum status step(struct inflate *stream, bool *done) {
  unsigned char piece[PIECE_BYTES];
  z_stream *zlib = &stream->zlib;
  if (stream->at_end) { // more bytes after the end of a member: another member
    if (stream->coding != INFLATE_GZIP || inflateReset(zlib) != Z_OK) return STATUS_FORMAT;
    stream->at_end = false;
  }
  zlib->next_out = piece;
  zlib->avail_out = sizeof piece;
  int code = inflate(zlib, Z_NO_FLUSH);
  size_t len =
      sizeof piece - zlib->avail_out; // also before an error: what is found must not depend on the cuts
  if (len > stream->left) return STATUS_LIMIT;
  stream->left -= len;
  if (len) stream->handler(stream->context, (const char *)piece, len);
  if (code == Z_MEM_ERROR) return STATUS_MEMORY;
  if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) return STATUS_FORMAT;
  if (code == Z_STREAM_END) stream->at_end = true;
  *done = zlib->avail_in == 0 && (zlib->avail_out > 0 || stream->at_end);
  return STATUS_OK;
}

enum status inflate_feed(struct inflate *stream, const char *data, size_t len) {
  if (stream->status || len == 0) return stream->status;
  if (!stream->begun) stream->status = begin(stream, data);
  while (len > 0 && stream->status == STATUS_OK) {
    uInt part = len > UINT_MAX ? UINT_MAX : (uInt)len;
    stream->zlib.next_in = (Bytef *)(uintptr_t)data;
    stream->zlib.avail_in = part;
    for (bool done = false; !done && stream->status == STATUS_OK;)
      stream->status = step(stream, &done);
    data += part;
    len -= part;
  }
  return stream->status;
}

void inflate_limit(struct inflate *stream, size_t most) {
  stream->left = most;
}

bool inflate_ended(const struct inflate *stream) {
  return stream->at_end;
}

void inflate_close(struct inflate *stream) {
  if (!stream) return;
  inflateEnd(&stream->zlib);
  free(stream);
}
