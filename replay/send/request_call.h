// SPDX-License-Identifier: GPL-3.0-or-later
//
// Requests on their way: each is one transfer, the reader of its response, and the times of what it did.
#ifndef REPLAY_REQUEST_CALL_H
#define REPLAY_REQUEST_CALL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/llm/response.h"
#include "lib/net/xfer.h"
#include "replay/send/chunks.h"
#include "replay/send/histogram.h"

// What is sent. Everything is borrowed until `done`.
struct request_call_request {
  int64_t trace, seq; // which trace, and which request of it
  enum api api;
  const char *method;
  const char *url;
  const char *const *headers;
  const char *body; // NULL: none
  size_t body_len;
  void *owner; // the caller's own
};

// What came of it. Instants of clock_now_ns and durations in ns; -1: did not happen or is unknown.
struct request_call_result {
  const struct request_call_request *request;
  int64_t index;                                   // in the batch
  int64_t intended_ns, ready_ns, sent_ns, done_ns; // instants
  int64_t connect_ns;                              // 0: a kept connection
  int64_t ttfb_ns, ttft_ns, last_text_ns;          // since sent
  int64_t retry_after_ns;
  int attempts;
  const struct response *response;   // finished; its `failure` is the request's class
  const struct histogram *text_gaps; // between consecutive text events
  const struct chunks *chunks;       // their instants; NULL: not kept
  const char *words;                 // why it failed, "": nothing is known
};

struct request_call_handlers {
  // The last byte came, or it failed: its place is free. Called before the response is judged, so that the
  // next request need not wait for that; of the result only the request, its index and the instants are
  // there.
  void (*freed)(void *context, const struct request_call_result *result);
  // The result, valid within the call. After `freed`, once per request that was taken.
  void (*done)(void *context, const struct request_call_result *result);
};

struct request_call_pool;

// `timeout_ns`: of one request. Borrows `transfers`, `handlers`. STATUS_MEMORY.
enum status request_call_pool_open(struct xfer_pool *transfers, int64_t timeout_ns,
                                   const struct request_call_handlers *handlers, void *context,
                                   struct request_call_pool **out, struct error *error) MUST_USE;
// From now on every result has the instants of its text events.
void request_call_keep_chunks(struct request_call_pool *pool);
// Only when nothing is in flight. Takes NULL.
void request_call_pool_close(struct request_call_pool *pool);

// Sends one. A request that cannot even be started is given to `done` before this returns, as failure
// `connect`, and `freed` is not called for it. STATUS_MEMORY: nothing was called.
enum status request_call_send(struct request_call_pool *pool, const struct request_call_request *request,
                              int64_t index, int64_t intended_ns, int64_t ready_ns,
                              struct error *error) MUST_USE;

// Ends everything in flight: `done` comes for each, soon, as `cancelled`.
void request_call_cancel_all(struct request_call_pool *pool);

int64_t request_call_in_flight(const struct request_call_pool *pool);

#endif
