// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the simulated server was asked and what it sent: the truth that clients are judged against. Counts
// requests to the text-generating APIs only. Times are CLOCK_MONOTONIC nanoseconds, so that a client on the
// same machine can compare them with its own.
#ifndef TESTS_SIMLLM_STATS_H
#define TESTS_SIMLLM_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "tests/simllm/ask.h"
#include "tests/simllm/engine.h"
#include "tests/simllm/faults.h"

// How a request ended. requests = ok + failed + client_gone + stopped + in flight.
enum stats_outcome {
  STATS_OK,          // a whole answer went out
  STATS_CLIENT_GONE, // the client left first
  STATS_STOPPED,     // the server was stopped first
  STATS_BAD_REQUEST, // failed: status 400 or 413
  STATS_OVER_SLOTS,  // failed: more slots than --max-slots
  STATS_STARTING,    // failed: came within --startup
  STATS_FAULT,       // failed by fault: STATS_FAULT + enum fault
  STATS_OUTCOMES = STATS_FAULT + FAULT_COUNT
};

// "ok", "client_gone", ..., a fault's name.
const char *stats_outcome_name(enum stats_outcome outcome);

#define STATS_REQUEST_ID_MAX ((size_t)64)

struct stats_record {
  int64_t id;
  char request_id[STATS_REQUEST_ID_MAX]; // the client's X-Request-Id, cut to fit; "": it sent none
  enum ask_api api;
  int64_t arrival_ns;     // headers read
  int64_t slot_ns;        // took its slot; 0: never
  int64_t first_token_ns; // handed to the socket; 0: never
  int64_t last_token_ns;
  int64_t done_ns;
  int64_t input_tokens;
  int64_t output_tokens; // sent; those of an answer that is not streamed count when all of it was sent
  int64_t *event_ns;     // when each token of a stream was handed to the socket; NULL: not kept
  int64_t event_count;
  enum stats_outcome outcome;
};

struct stats;

// Keeps the last `log_requests` records. STATUS_MEMORY. stats_close takes NULL.
enum status stats_open(int64_t log_requests, int64_t now_ns, struct stats **out) MUST_USE;
void stats_close(struct stats *stats);

// A request arrived; every one ends with exactly one stats_done.
void stats_arrived(struct stats *stats, enum ask_api api);
// It was understood; `cached_tokens` of its prompt need no prefill.
void stats_prompt(struct stats *stats, int64_t prompt_tokens, int64_t cached_tokens);
void stats_tokens(struct stats *stats, int64_t tokens);   // so many more went out
void stats_step_lag(struct stats *stats, int64_t lag_ns); // a step was done so much after its time
void stats_done(struct stats *stats, const struct stats_record *record); // event_ns becomes its own

// Appends the JSON object of /stats; with_log adds "log", the requests that ended, oldest first. Failures
// show in out->status.
void stats_json(const struct stats *stats, const struct engine_config *config, struct engine_counts engine,
                bool with_log, int64_t now_ns, struct buf *out);

// Appends Prometheus text: counters and gauges under the names that vLLM and llama.cpp use.
void stats_prometheus(const struct stats *stats, struct engine_counts engine, struct buf *out);

#endif
