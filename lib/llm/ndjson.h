// SPDX-License-Identifier: GPL-3.0-or-later
//
// Cuts a stream of newline-delimited JSON into lines, as bytes come. The meaning of a line is the handler's
// business.
#ifndef LIB_LLM_NDJSON_H
#define LIB_LLM_NDJSON_H

#include <stddef.h>

#include "lib/base/buf.h"

#define NDJSON_LINE_BYTES ((size_t)16 << 20)

// One line without its end. The bytes live until the handler returns.
typedef void ndjson_handler(void *context, const char *line, size_t len);

// One per stream; nothing is allocated while lines do not span two feeds. All members are ndjson.c's own.
struct ndjson {
  ndjson_handler *handler;
  void *context;
  struct buf line; // a line that began in an earlier feed
  enum status status;
};

// `limit`: most bytes of one line (0: NDJSON_LINE_BYTES).
void ndjson_open(struct ndjson *ndjson, size_t limit, ndjson_handler *handler, void *context);

// Takes the next bytes, cut anywhere, and hands every line that they complete to the handler; a line of white
// space is none. Lines end with LF or CRLF. STATUS_LIMIT for a line over the limit, STATUS_MEMORY; nothing is
// read after that.
enum status ndjson_feed(struct ndjson *ndjson, const char *data, size_t len) MUST_USE;

// The body is complete: a last line needs no line end. Same errors.
enum status ndjson_finish(struct ndjson *ndjson) MUST_USE;

// Gives memory back; takes an all-zero ndjson.
void ndjson_close(struct ndjson *ndjson);

#endif
