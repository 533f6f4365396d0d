// SPDX-License-Identifier: GPL-3.0-or-later
//
// A growing byte buffer with a cap.
#ifndef LIB_BASE_BUF_H
#define LIB_BASE_BUF_H

#include <stddef.h>

#include "lib/base/status.h"

// All zero is a valid empty buffer without a cap; BUF_LIMIT(n) is one capped at n bytes.
// `data` is NULL until the first append and not NUL-terminated, except after buf_text.
// A failed append changes nothing but `status`, and then every later one fails too: a long run of appends may
// be checked once, at its end.
struct buf {
  char *data;
  size_t len;
  size_t capacity;
  size_t limit;       // bytes; 0: none
  enum status status; // of the first append that failed, until buf_clear
};

#define BUF_LIMIT(bytes) ((struct buf){.limit = (bytes)})

// Makes room for `more` bytes after len. STATUS_LIMIT over the cap, STATUS_MEMORY; the contents stay as they
// are.
enum status buf_reserve(struct buf *buf, size_t more);

// Append; on error nothing is appended. The result is buf->status. The text `buf_no_text` (below) has no
// memory either.
enum status buf_append(struct buf *buf, const void *data, size_t len);
enum status buf_append_text(struct buf *buf, const char *text);
enum status buf_append_char(struct buf *buf, char c);
enum status buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

// The contents as a NUL-terminated string that lives until the next change. Without memory for it, or for an
// append before it: `buf_no_text`, an empty text with an address of its own, and the status is
// STATUS_MEMORY.
const char *buf_text(struct buf *buf);
extern const char buf_no_text[];

// Drops the first `len` bytes (at most all of them).
void buf_consume(struct buf *buf, size_t len);

// Empties it and keeps the memory; buf_free gives that back too. Both take an empty buffer; buf_free takes
// NULL.
void buf_clear(struct buf *buf);
void buf_free(struct buf *buf);

// Appends the whole file (`-`: standard input). STATUS_NOT_FOUND, STATUS_IO, STATUS_LIMIT, STATUS_MEMORY;
// error is set.
enum status buf_read_file(struct buf *buf, const char *path, struct error *error) MUST_USE;

#endif
