// SPDX-License-Identifier: GPL-3.0-or-later
//
// Cuts a stream of server-sent events into events (WHATWG HTML, "Server-sent events", 9.2.6), as bytes come.
#ifndef LIB_LLM_SSE_H
#define LIB_LLM_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"

#define SSE_EVENT_BYTES ((size_t)16 << 20)

// The data of one event (its lines joined by LF). The bytes live until the handler returns.
struct sse_event {
  const char *data;
  size_t len;
  bool error; // `event: error`; or, as some servers send them, a field `error: ...` or a bare line `{...}`
};

typedef void sse_handler(void *context, const struct sse_event *event);

// One per stream; nothing is allocated while events do not span two feeds. All members are sse.c's own.
struct sse {
  sse_handler *handler;
  void *context;
  struct buf line;  // a line that began in an earlier feed
  struct buf event; // data lines of the event so far that cannot stay where they came
  const char *data; // the event's only data line, still in the bytes being fed
  size_t data_len;
  size_t limit;
  bool has_data;
  bool is_error;
  bool after_cr; // the next LF belongs to the line that CR has ended
  bool started;  // past a byte order mark
  enum status status;
};

// `limit`: most bytes of one event or line (0: SSE_EVENT_BYTES).
void sse_open(struct sse *sse, size_t limit, sse_handler *handler, void *context);

// Takes the next bytes, cut anywhere, and hands every event that they complete to the handler. Line ends are
// LF, CRLF or CR; comments, ids, retry times and unknown fields are passed over. An event without a data line
// is none. The end mark [DONE] needs no blank line after it: clients that read by lines stop there.
// STATUS_LIMIT for an event over the limit, STATUS_MEMORY; nothing is read after that.
enum status sse_feed(struct sse *sse, const char *data, size_t len) MUST_USE;

// The body is complete: an event that lacks only its last line ends counts as sent. Same errors.
enum status sse_finish(struct sse *sse) MUST_USE;

// Gives memory back; takes an all-zero sse.
void sse_close(struct sse *sse);

#endif
