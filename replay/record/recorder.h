// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writes the run: what was planned, every request as it ends, every batch and session, and what was lost.
//
// recorder_request may be called by several threads at once, each for a lane of its own; everything else
// belongs to the main thread, and to times when no request is on its way, but for recorder_sums_now.
#ifndef REPLAY_RECORDER_H
#define REPLAY_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/record/run.h"
#include "replay/plan/plan.h"
#include "replay/record/audit.h"
#include "replay/record/request.h"
#include "replay/workload/work.h"

struct recorder;

// What the command line decides; borrowed.
struct recorder_settings {
  const char *output; // NULL: standard output
  bool collects;      // no file: recorder_take gets the lines of requests; nothing else is written
  enum gzline_existing existing;
  const char *const *inputs; // the traces, none of which may be the output
  size_t input_count;
  int64_t lanes;                   // threads that call recorder_request
  const struct run_header *header; // all but the start
  bool batches_alone;              // a sketch in each batch record, and no request records
  const struct work *work;
};

// Opens the output and writes the header; the segment starts now. STATUS_USAGE: the output is an input;
// STATUS_EXISTS, STATUS_IO, STATUS_MEMORY.
enum status recorder_open(const struct recorder_settings *settings, struct recorder **out,
                          struct error *error) MUST_USE;

// Which batch the records that follow belong to.
struct recorder_batch {
  int64_t session, workers, batch, rep; // workers and batch -1 in open loop
  bool warmup;
  double rate;         // requests/s asked for; 0: none
  int64_t start_ns;    // instant of clock_now_ns
  int64_t schedule_ns; // of an open loop, where it has a length; 0: closed
};

// One request of it, which ended on this lane; sums it up for the batch's own record.
void recorder_request(struct recorder *recorder, int64_t lane, const struct recorder_batch *batch,
                      const struct request_result *result);

// Of a recorder that collects: moves its lines so far to `out`, in place of what that held; from now on
// instants count from `start_ns`.
void recorder_take(struct recorder *recorder, struct buf *out);
void recorder_set_start(struct recorder *recorder, int64_t start_ns);

// One request's line that another process has collected (no newline), with what it says.
void recorder_add(struct recorder *recorder, struct json_slice line, const struct run_request *record);

// From the segment's start to this instant of clock_now_ns.
int64_t recorder_since_start(const struct recorder *recorder, int64_t instant_ns);

// The first request that failed, warm-up included, for a person: "http_4xx (404) for /v1/chat/completions: no
// such model", with the path that was asked. "": none did. Valid until recorder_close.
const char *recorder_first_failure(const struct recorder *recorder);

// Sums of the batch since recorder_start_batch.
struct recorder_sums {
  int64_t requests, failed, cancelled;
  int64_t cancelled_tokens;                           // output until then
  int64_t input_tokens, output_tokens, cached_tokens; // of successes; -1: unknown
  int64_t errors[FAILURE_COUNT];
};
void recorder_start_batch(struct recorder *recorder, const struct recorder_batch *batch);
const struct recorder_sums *recorder_sums(const struct recorder *recorder);
struct recorder_sums recorder_sums_now(struct recorder *recorder); // while requests are on their way

// What the server itself counted meanwhile.
struct recorder_metrics {
  struct json_slice values; // JSON; {NULL, 0}: nobody asked
  int64_t left_out;
};

// What an open loop's repetition has beside or instead of a batch's sums.
struct recorder_open_loop {
  const char *timing; // "original", "rate"
  double rate;        // requests/s asked for; NaN: none
  double in_flight_mean;
  int64_t output_tokens; // within total_ns; -1: unknown
};

// The batch itself, after its last request; `total_ns` from its start to its last byte, in open loop its
// window. `open` NULL: closed loop.
void recorder_batch(struct recorder *recorder, const struct recorder_batch *batch, int64_t total_ns,
                    const struct recorder_open_loop *open, const struct audit_verdict *verdict,
                    const struct recorder_metrics *metrics);

// Its instants are those of clock_now_ns; the state follows from `error`.
void recorder_session(struct recorder *recorder, const struct run_session *session);

// The first error of writing so far; everything after it is lost.
enum status recorder_status(const struct recorder *recorder);

// The file was removed or cut while it was written: its records are lost, and a new one has begun.
bool recorder_lost_file(const struct recorder *recorder);

// Writes the end record, waits for the file and frees always. The first error of the recorder's life, with a
// message; STATUS_IO also where a file was lost on the way. Takes NULL.
enum status recorder_close(struct recorder *recorder, struct error *error) MUST_USE;

#endif
