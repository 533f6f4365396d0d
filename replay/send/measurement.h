// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is measured at a time, a batch or a repetition of an open loop: started at a planned instant on every
// lane, each request recorded as it ends, the client under audit.
//
// A closed loop and an open loop are the two kinds. What differs between them is behind struct
// measurement_kind.
#ifndef REPLAY_MEASUREMENT_H
#define REPLAY_MEASUREMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/log.h"
#include "lib/http/endpoint.h"
#include "replay/plan/progress.h"
#include "replay/plan/schedule.h"
#include "replay/plan/send_order.h"
#include "replay/record/audit.h"
#include "replay/record/recorder.h"
#include "replay/send/lanes.h"
#include "replay/send/remote.h"
#include "replay/send/request_call.h"
#include "replay/workload/work.h"

// What the command line decides; borrowed.
struct send_settings {
  const struct endpoint *endpoint;
  int64_t timeout_ns;  // of one request
  int64_t duration_ns; // of a timed batch or an open loop; 0: none
  bool chunks;         // results have the times of their text events
  bool burst;          // a batch's requests go all at once
  bool cache_bust;     // a nonce goes before each prompt
  // Of an open loop:
  const char *timing;    // "original", "rate"
  bool original;         // the former
  bool several_rates;    // labels name the rate
  int64_t max_in_flight; // requests beyond it wait, and are late
  enum send_order_first first;
  enum send_order_think think;
  int64_t think_ns;
  double speed;
  int64_t max_idle_ns;
  bool stateful;         // a request continues the answer that this run got
  int64_t shard, shards; // of the schedule, this part is sent (from 0); 0, 1: all
  uint64_t nonce;        // of the first prompt; 0: any
};

struct measurement_setup {
  struct lanes *lanes;   // requests are sent from
  struct remote *remote; // other ranks; NULL: there are none
  const struct send_settings *settings;
  const struct work *work;
  struct recorder *recorder;
  struct log *log;
};

// Its result; open_loop NULL: it was a batch.
struct measurement_outcome {
  const struct recorder_batch *batch; // recorded by the receiver
  int64_t total_ns;
  const struct recorder_sums *sums;
  const struct audit_verdict *verdict;
  const struct recorder_open_loop *open_loop;
};

// Called from the loop once after each start; another measurement may be started in it. `outcome` NULL: it
// was cancelled, or there was no memory.
typedef void measurement_over(void *context, const struct measurement_outcome *outcome);

struct measurement;

void measurement_close(struct measurement *measurement); // takes NULL; stop the lanes before it

// Cancels what is in flight; `over` comes without an outcome. Nothing when none is under way. Takes NULL.
void measurement_cancel(struct measurement *measurement);

bool measurement_running(const struct measurement *measurement); // from its start until `over`; takes NULL

// Adds to a progress line: all requests so far; of one under way its rates and its label, which lives as long
// as the measurement. Takes NULL.
void measurement_progress(struct measurement *measurement, int64_t now_ns, struct progress_state *state);

// Closed loop: batches whose requests wait for a free worker. At most W are in flight on all lanes together;
// a worker that gets free sends the next one at once.

// Borrows what the setup points to. STATUS_IO, STATUS_MEMORY.
enum status closed_loop_open(const struct measurement_setup *setup, measurement_over *over, void *context,
                             struct measurement **out, struct error *error) MUST_USE;

// Sends batch->batch requests from `offset` of the draw, or for the settings' duration where that is 0.
// `port` stands for {port}. Ready is the batch's start for the first W, then the instant at which a worker
// got free.
void closed_loop_start(struct measurement *measurement, const struct recorder_batch *batch, int64_t offset,
                       uint16_t port);

// Open loop: every request goes at its scheduled instant, whether or not earlier ones have been answered;
// only a turn of a conversation waits for the turn before it (send_order.h).
//
// A request that is late is sent late, and its lateness is recorded. Only file descriptors bound what is in
// flight. The repetition ends when the last request has; what happens after the schedule's window (the drain)
// is recorded, but the batch record counts only the window: its tokens are those that came in it (of a
// response that lasts beyond it, the part of its text time that lies inside), its mean in flight is over it.
// With a think time and no duration the window lasts until the last response ends.

// As closed_loop_open.
enum status open_loop_open(const struct measurement_setup *setup, measurement_over *over, void *context,
                           struct measurement **out, struct error *error) MUST_USE;

// Sends the schedule, which is borrowed until it is over, from `offset` of the draw; batch->workers and
// batch->batch are -1. It starts at batch->start_ns, which may be past: what should be gone then is late; 0:
// soon.
void open_loop_start(struct measurement *measurement, const struct schedule *schedule,
                     const struct recorder_batch *batch, int64_t offset);

// For remote_handlers of rank 0.
void measurement_remote_record(void *measurement, const struct run_request *record);
void measurement_remote_over(void *measurement);

// The rest is for closed_loop.c and open_loop.c.

enum { MEASUREMENT_LABEL_BYTES = 96 };

// What one lane does. Its members are its thread's from `started` to `over`, but for the counts.
struct share {
  struct measurement *measurement;
  struct lane *lane;
  struct request_call_pool *calls;
  void *part;               // the kind's own
  bool active;              // it takes part; the main thread's
  struct loop_timer *timer; // the start, then the end
  struct loop_task start, cancel, over;
  bool waiting, running, cancelled; // waiting for the start
  struct audit audit;
  int64_t cpu_ns, stall_max_ns;             // cpu_ns: at the start, then since it
  int64_t done_ns;                          // last byte
  _Atomic int64_t sent;                     // counted by kinds that print it
  _Atomic int64_t ended, failed, in_flight; // ended and failed: of all measurements
};

struct measurement_kind {
  enum status (*open)(struct share *share, struct error *error); // sets `part`; STATUS_MEMORY, STATUS_IO
  void (*close)(struct share *share);                            // also after a failed `open`
  void (*begin)(struct share *share);                            // at the start, on the lane's thread
  // A place is free: send what is due. As request_call_handlers.
  void (*freed)(struct share *share, const struct request_result *result);
  void (*done)(struct share *share, const struct request_result *result);
  bool (*has_more)(struct share *share); // with nothing in flight: something is left to send
  // On the main thread: completes the outcome of one that was not cancelled.
  void (*conclude)(struct measurement *measurement, struct measurement_outcome *outcome);
  void (*print_label)(struct measurement *measurement, char label[MEASUREMENT_LABEL_BYTES]);
};

struct measurement {
  const struct measurement_kind *kind;
  struct measurement_setup setup;
  void *own; // the kind's own, freed with the measurement
  measurement_over *over;
  void *context;
  struct share *shares; // one for each lane
  int64_t open_shares;
  struct loop_timer *timer; // the end of one that never began
  bool running, cancelled;
  struct recorder_batch batch;
  int64_t offset;                      // in the draw
  uint64_t nonce;                      // of the next
  struct audit audit;                  // of all lanes
  int64_t remote_ended, remote_failed; // of all measurements, as `ended` and `failed` of a share
  char label[MEASUREMENT_LABEL_BYTES];
};

// `own` is zeroed memory of that size.
enum status measurement_open(const struct measurement_kind *kind, size_t own_size,
                             const struct measurement_setup *setup, measurement_over *over, void *context,
                             struct measurement **out, struct error *error) MUST_USE;

// Two steps: names the batch and its start, in batch.start_ns (0: soon), for which ranks meet; then hands it
// to the active shares. STATUS_NETWORK: a rank is lost.
enum status measurement_prepare(struct measurement *measurement, const struct recorder_batch *batch,
                                int64_t offset) MUST_USE;
void measurement_start(struct measurement *measurement);

// `over` comes without an outcome: it could not be made ready.
void measurement_give_up(struct measurement *measurement);

// On the lane's thread: sends no more, cancels what is in flight.
void measurement_cancel_share(struct share *share);

#endif
