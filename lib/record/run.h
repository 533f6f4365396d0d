// SPDX-License-Identifier: GPL-3.0-or-later
//
// Run records (traces/FORMAT.md): what replay writes and analyze reads.
//
// Instants are nanoseconds since the segment's start (its header's start_unix_s), durations nanoseconds; both
// are seconds in the file. -1 (durations, counts) is "does not exist" and becomes null. Slices as in trace.h.
#ifndef LIB_RECORD_RUN_H
#define LIB_RECORD_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/json/json_scan.h"
#include "lib/lines/gzline.h"
#include "lib/record/failure.h"

#define RUN_VERSION 1

enum run_kind { RUN_HEADER, RUN_SESSION, RUN_REQUEST, RUN_BATCH, RUN_END, RUN_OTHER };

// What made the client the bottleneck of a batch: how much of it was seen, and how much is allowed.
enum run_reason_kind {
  RUN_REASON_NONE,
  RUN_REASON_LAG,   // seconds: 99th percentile of the delay between a request's instant and its sending
  RUN_REASON_STALL, // seconds: longest standstill of an event loop
  RUN_REASON_CPU,   // cores
  RUN_REASON_OTHER, // of another program: its text
};
struct run_reason {
  enum run_reason_kind kind;
  double seen, allowed;   // 0 with RUN_REASON_NONE and RUN_REASON_OTHER
  struct json_slice text; // of RUN_REASON_OTHER alone
};

struct run_header {
  int64_t version;
  double start_unix_s;
  struct json_slice tool, url, model, api, timing; // timing: "batch", "original", "rate"
  struct json_slice trace_digest;                  // "sha256:..." of the requests that were drawn from
  struct json_slice sent_digest;                   // of them as they are sent, but for the nonce
  struct json_slice traces;    // a JSON array: name and digest of each, in order; none: there is one only
  struct json_slice host;      // name, kernel, CPUs: one line
  struct json_slice arguments; // a JSON array of strings, without secrets
  struct json_slice server;    // the --server command; none: not managed
  struct json_slice order, pick, dispatch;
  int64_t max_tokens;     // of each response; -1: as recorded
  struct json_slice plan; // JSON: {"workers":[..],"batch":[..],"repeat":3,...}, as written
  int64_t seed, repeat, warmup;
  int64_t threads; // that sent the requests; 1 (also when missing)
  bool cache_bust;
  int64_t http_version;      // 1 (also when missing) or 2
  bool resumes;              // goes on with the run before it in the file
  struct json_slice records; // "batch": requests have no records of their own; none: they have
  int64_t shard,
      shards; // the part of an open loop that it sent, 1 to `shards`; 0 and 1 (also when missing): all
  double start_at_unix_s; // when it was to begin; 0 (also when missing): at once
  int64_t ranks;          // processes that sent the requests; 1 (also when missing)
};

struct run_session {
  int64_t session, workers, block; // workers -1: not managed (all levels)
  int64_t start_ns, ready_ns;      // ready -1: never
  struct json_slice state;         // "ok", "failed"
  int64_t exit_code;               // of the server; -1: unknown or still running when it was stopped
  struct json_slice error;         // why it failed; none: ok
};

struct run_request {
  int64_t session, workers, batch, rep, index, seq;
  int64_t copy;  // of the trace, with --scale; -1: there is one only
  int64_t trace; // which of the header's traces `seq` is of; -1: there is one only
  bool warmup;
  double rate;                            // requests/s asked for, of an open loop at a rate; 0: none
  int64_t intended_ns, ready_ns, sent_ns; // instants
  int64_t connect_ns, ttfb_ns, ttft_ns, last_text_ns,
      latency_ns; // durations since sent; connect 0: reused connection
  int64_t status;
  int64_t input_tokens, output_tokens, cached_tokens, events, bytes;
  struct json_slice token_source, finish;
  int64_t itl_p50_ns, itl_p99_ns, itl_max_ns;
  int64_t load_ns, prompt_eval_ns, eval_ns; // the server's own durations (Ollama, llama.cpp)
  int64_t server_total_ns;                  // ... of the whole request, as the server saw it
  struct json_slice chunks_s; // a JSON array: since sent, each text event in seconds; none: not recorded
  int64_t attempts;           // 1 (also when missing); 2: sent again once on a fresh connection
  int64_t retry_after_ns;     // of a 429
  enum failure error;
  struct json_slice error_text;
  int64_t ttfa_ns;       // since sent, as a trace's; 0: none
  struct json_slice api; // where the run has several
};

struct run_batch {
  int64_t session, workers, batch, rep; // workers and batch -1 in open loop
  bool warmup;
  int64_t start_ns, total_ns;
  int64_t requests, failed, cancelled;
  int64_t cancelled_tokens; // output of cancelled requests until then; 0 also when missing
  int64_t input_tokens, output_tokens, cached_tokens; // sums over successes; -1: unknown
  int64_t errors[FAILURE_COUNT];
  double client_cpu; // share of one core, 0..n
  int64_t lag_p50_ns, lag_p99_ns, lag_max_ns, stall_max_ns;
  bool valid;                       // also when missing
  struct run_reason reason;         // why not
  struct json_slice ranks;          // a JSON array: the same of each rank; none: there is one only
  struct json_slice timing;         // open loop; none: batch
  double rate;                      // requests/s asked for; NaN
  double in_flight_mean;            // NaN
  struct json_slice server_metrics; // JSON: growth of the server's counters; none: not asked for
  int64_t server_metrics_left_out;  // series that are not in it
  double characters_per_token;      // of made prompts; NaN: none is made
  double fixed_tokens;              // that the server counts besides; NaN
  bool calibrated;                  // both were fitted to the server's own counts
  struct json_slice sketch;         // JSON (lib/sketch/sketch.h); none: its requests have records
};

struct run_end {
  int64_t sessions, batches, requests;
};

struct run_record {
  enum run_kind kind;
  union {
    struct run_header header;
    struct run_session session;
    struct run_request request;
    struct run_batch batch;
    struct run_end end;
  };
};

// Each appends one line (no newline) to `out`; failure sticks in out->status.
void run_format_header(struct buf *out, const struct run_header *header);
void run_format_session(struct buf *out, const struct run_session *session);
void run_format_request(struct buf *out, const struct run_request *request);
void run_format_batch(struct buf *out, const struct run_batch *batch);
void run_format_end(struct buf *out, const struct run_end *end);

// Reads one line; as trace_parse. This is analyze's hot path: one pass over the line, nothing allocated
// unless a text has escapes. Negative times and counts over 2^53 are STATUS_FORMAT, and so are a failure
// class that is not known and a missing version or start_unix_s (header), session (the other records),
// intended_s (request), total_s or requests (batch).
enum status run_parse(const char *line, size_t len, struct run_record *out, struct buf *scratch,
                      struct error *error) MUST_USE;

#endif
