// SPDX-License-Identifier: GPL-3.0-or-later
//
// A request as it is sent, and its result: what the senders fill and the recorder writes.
#ifndef REPLAY_REQUEST_H
#define REPLAY_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/histogram.h"
#include "lib/llm/response.h"
#include "replay/record/chunks.h"

// What is sent. Everything is borrowed until `done`.
struct request {
  int64_t trace, seq; // which trace, and which request of it
  enum api api;
  const char *method;
  const char *url;
  const char *const *headers;
  const char *body; // NULL: none
  size_t body_len;
  int64_t cancel_ns; // it is given up so long after it was sent; 0: never
  void *owner;       // the caller's own
};

// What came of it. Instants of clock_now_ns and durations in ns; -1: did not happen or is unknown.
struct request_result {
  const struct request *request;
  int64_t index;                                   // in the batch
  int64_t intended_ns, ready_ns, sent_ns, done_ns; // instants
  int64_t freed_ns;                                // its place was free again (request_call.h)
  int64_t connect_ns;                              // 0: a kept connection
  int64_t ttfb_ns, ttft_ns, last_text_ns;          // since sent
  int64_t retry_after_ns;
  int attempts;
  const struct response *response;   // finished; its `failure` is the request's class
  const struct histogram *text_gaps; // between consecutive text events
  const struct chunks *chunks;       // their instants; NULL: not kept
  const char *message;               // why it failed; "": unknown
};

#endif
