// SPDX-License-Identifier: GPL-3.0-or-later
//
// HTTP transfers on the event loop: libcurl's multi interface, driven by sockets and timers of
// lib/net/loop.h. The only place that uses libcurl. Proxy environment variables are ignored, redirects are
// not followed, TLS is verified unless switched off, nothing is decoded.
#ifndef LIB_NET_XFER_H
#define LIB_NET_XFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/net/loop.h"

struct xfer_pool; // connections that are kept, and the transfers on them
struct xfer;      // one transfer

struct xfer_pool_options {
  int64_t connect_timeout_ns; // 0: 10 s
  long max_connections;       // open at once; 0: no cap. More transfers than that wait
  long kept_connections;      // idle ones that are kept; 0: as many as were ever in flight
  // 1 or 2: prior knowledge on http://, ALPN on https:// (a server that then chooses 1.1 is XFER_PROTOCOL).
  // With 2 transfers share a connection as far as the server allows streams on it; what is more than that
  // goes over another one.
  int http_version;
  const char *ca_file;     // NULL: the system's
  bool insecure;           // do not verify TLS
  const char *unix_socket; // NULL: TCP
};

enum status xfer_pool_open(struct loop *loop, const struct xfer_pool_options *options, struct xfer_pool **out,
                           struct error *error) MUST_USE;
// Cancels what is under way (each `done` is called with XFER_CANCELLED). Takes NULL.
void xfer_pool_close(struct xfer_pool *pool);

enum xfer_flow {
  XFER_GO,
  XFER_PAUSE, // the data was not taken: it is offered again after xfer_resume
  XFER_ABORT, // end the transfer now, as xfer_cancel does
};

enum xfer_outcome {
  XFER_OK, // the HTTP exchange is complete, whatever its status
  XFER_CONNECT,
  XFER_TLS,
  XFER_TIMEOUT,
  XFER_RESET,     // the connection broke before the response was complete, or before it began
  XFER_TRUNCATED, // the body ended before its length or last chunk
  XFER_PROTOCOL,  // what came is no HTTP
  XFER_CANCELLED,
  XFER_UPLOAD, // the request body could not be sent again, or its source failed
};

// Instants of clock_now_ns; -1: did not happen.
struct xfer_result {
  enum xfer_outcome outcome;
  int status;         // HTTP; 0: none came
  int64_t started_ns; // handed to the transport ("sent" in records)
  int64_t first_byte_ns;
  int64_t done_ns;
  int64_t connect_ns; // time that connecting (DNS, TCP, TLS) took; 0: a kept connection
  int64_t body_bytes; // received
  int attempts;       // 1; 2: sent again on a fresh connection after a kept one had died without a byte
  const char *words;  // libcurl's, valid in the callback
};

// All run on the loop's thread, never inside xfer_start. Any but `done` may be NULL. A transfer may be
// started, cancelled or resumed in a callback, also the one that calls.
struct xfer_callbacks {
  // The final response's status and header fields (1xx are dropped), in order; then `head` once they are
  // complete. A field without a name goes on with the value of the one before it (obs-fold, RFC 9112 5.2).
  void (*status)(void *context, int status);
  void (*header)(void *context, const char *name, size_t name_len, const char *value, size_t value_len);
  enum xfer_flow (*head)(void *context); // only XFER_GO or XFER_ABORT
  // Body bytes as they come off the socket, without chunk framing; now_ns is when they were read.
  enum xfer_flow (*body)(void *context, const char *data, size_t len, int64_t now_ns);
  // Fills `into` with the next bytes of the request body and returns their number; 0 with *flow = XFER_GO is
  // its end, XFER_PAUSE: none yet, XFER_ABORT: its source failed. Used when the request has no `body`.
  size_t (*upload)(void *context, char *into, size_t room, enum xfer_flow *flow);
  // The end, exactly once; `xfer` is gone after it.
  void (*done)(void *context, const struct xfer_result *result);
};

struct xfer_request {
  const char *method;         // "POST"
  const char *url;            // http:// or https://, sent byte for byte (no path squashing)
  const char *const *headers; // "Name: value", "Name;" for an empty one; ends with NULL; or NULL. libcurl's
                              // own Accept, Expect, User-Agent and Content-Type are never added.
  const char *body;           // borrowed until `done`; NULL: none, or `upload`
  size_t body_len;
  bool upload;        // the body comes from callbacks->upload
  int64_t upload_len; // its length; -1: unknown (chunked)
  bool alone;         // on a connection made for it and closed after it: what cannot be sent again must
                      // not meet a kept one that the server is closing
  int64_t timeout_ns; // for the whole transfer; 0: none
  int64_t connect_timeout_ns; // 0: the pool's
};

// `callbacks` and `context` are borrowed until `done`; the request's strings are copied but for `body`.
// STATUS_USAGE (an unusable URL), STATUS_MEMORY, STATUS_CANCELLED (the pool closes); error is set; then
// `done` is not called.
enum status xfer_start(struct xfer_pool *pool, const struct xfer_request *request,
                       const struct xfer_callbacks *callbacks, void *context, struct xfer **out,
                       struct error *error) MUST_USE;

// Goes on after XFER_PAUSE of body or upload (deferred to the loop: the callbacks are not entered from
// within).
void xfer_resume(struct xfer *xfer);

// Ends it: the connection is closed at once and `done` comes with XFER_CANCELLED, from the loop, soon.
void xfer_cancel(struct xfer *xfer);

// Does now, and not when the caller has returned to the loop, what was started, resumed or cancelled;
// callbacks of any transfer may run meanwhile. Within one of them it does nothing: it is what comes next
// anyway.
void xfer_pool_push(struct xfer_pool *pool);

// False where this libcurl cannot use an HTTP/2 connection without TLS twice (7.88, curl issue 10634: the
// second request on it fails): each such transfer then has a connection of its own.
bool xfer_shares_plain_http2(void);

const char *xfer_outcome_name(enum xfer_outcome outcome);

#endif
