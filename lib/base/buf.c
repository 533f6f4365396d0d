// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/stdio_fds.h"

const char buf_no_text[] = "";

static enum status grow(struct buf *buf, size_t more) {
  if (buf->status) return buf->status;
  if (more > SIZE_MAX / 4 || buf->len > SIZE_MAX / 4) return buf->status = STATUS_LIMIT;
  size_t need = buf->len + more;
  if (buf->limit && need > buf->limit) return buf->status = STATUS_LIMIT;
  if (need <= buf->capacity) return STATUS_OK;
  size_t capacity = buf->capacity ? buf->capacity * 2 : 256;
  while (capacity < need)
    capacity *= 2;
  char *data = realloc(buf->data, capacity);
  if (!data) return buf->status = STATUS_MEMORY;
  buf->data = data;
  buf->capacity = capacity;
  return STATUS_OK;
}

enum status buf_reserve(struct buf *buf, size_t more) {
  size_t room = buf->capacity - buf->len;
  return !buf->status && !buf->limit && more <= room ? STATUS_OK : grow(buf, more); // the usual case first
}

enum status buf_append(struct buf *buf, const void *data, size_t len) {
  if (len == 0) return buf->status;
  enum status status = buf_reserve(buf, len);
  if (status) return status;
  memcpy(buf->data + buf->len, data, len);
  buf->len += len;
  return STATUS_OK;
}

enum status buf_append_text(struct buf *buf, const char *text) {
  if (text == buf_no_text && !buf->status) buf->status = STATUS_MEMORY;
  return buf_append(buf, text, strlen(text));
}

enum status buf_append_char(struct buf *buf, char c) {
  return buf_append(buf, &c, 1);
}

// Room for `len` bytes and the NUL that printf writes, which is not part of the contents that the cap speaks
// of.
static enum status reserve_nul(struct buf *buf, size_t len) {
  size_t limit = buf->limit;
  buf->limit = 0;
  enum status status = buf_reserve(buf, len + 1);
  buf->limit = limit;
  return status;
}

enum status buf_printf(struct buf *buf, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  va_list again;
  va_copy(again, arguments);
  int need = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  enum status status = buf_reserve(buf, need < 0 ? SIZE_MAX : (size_t)need);
  if (status == STATUS_OK) status = reserve_nul(buf, (size_t)need);
  if (status == STATUS_OK) {
    vsnprintf(buf->data + buf->len, (size_t)need + 1, format, again);
    buf->len += (size_t)need;
  }
  va_end(again);
  return status;
}

const char *buf_text(struct buf *buf) {
  struct buf open = *buf;
  open.limit = 0; // the closing NUL is not part of the contents that the cap speaks of
  open.status = STATUS_OK;
  if (buf->status == STATUS_MEMORY || buf_reserve(&open, 1)) {
    if (!buf->status) buf->status = STATUS_MEMORY;
    return buf_no_text;
  }
  buf->data = open.data;
  buf->capacity = open.capacity;
  buf->data[buf->len] = '\0';
  return buf->data;
}

void buf_consume(struct buf *buf, size_t len) {
  if (len >= buf->len) {
    buf->len = 0;
    return;
  }
  if (len == 0) return;
  memmove(buf->data, buf->data + len, buf->len - len);
  buf->len -= len;
}

void buf_clear(struct buf *buf) {
  buf->len = 0;
  buf->status = STATUS_OK;
}

void buf_free(struct buf *buf) {
  if (!buf) return;
  free(buf->data);
  buf->data = NULL;
  buf->capacity = 0;
  buf_clear(buf);
}

enum status buf_read_file(struct buf *buf, const char *path, struct error *error) {
  bool standard = strcmp(path, "-") == 0;
  if (standard && !stdio_fds_input_is_open())
    return status_fail(error, STATUS_IO, "standard input is not open for reading");
  FILE *file = standard ? stdin : fopen(path, "rb");
  if (!file) {
    enum status status = errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
    return status_fail(error, status, "%s: %s", path, strerror(errno));
  }
  enum status status = STATUS_OK;
  while (status == STATUS_OK && !feof(file)) {
    char chunk[65536];
    size_t got = fread(chunk, 1, sizeof chunk, file);
    if (ferror(file)) {
      status = status_fail(error, STATUS_IO, "%s: %s", path, strerror(errno));
      break;
    }
    status = buf_append(buf, chunk, got);
    if (status)
      status = status_fail(error, status, "%s: %s at %zu bytes", path, status_name(status), buf->len);
  }
  if (file != stdin) fclose(file);
  return status;
}
