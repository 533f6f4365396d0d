// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/send/measurement.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "replay/send/batch.h"

#define TIMED_ROOM 3       // times the requests that the fastest batch so far would have taken
#define TIMED_WAVES_MIN 64 // and no fewer than so many for each worker

// The main thread's, but for `next`.
struct closed_loop {
  struct batch batch;
  struct batch_part part; // of this rank
  _Atomic int64_t next;   // the first of the part that no lane has taken
  double rate_max;        // requests/s of the fastest batch so far
};

struct part {
  int64_t most;    // requests of this lane
  int64_t workers; // in flight on it
  int64_t end_ns;  // none is sent from then on; 0: never
  int64_t taken;   // and sent
  int64_t held;    // taken and not sent for lack of memory; -1: none
};

static struct closed_loop *loop_of(const struct measurement *measurement) {
  return measurement->own;
}

// The next request, if this lane may still send one; else -1.
static int64_t next_index(struct closed_loop *loop, struct part *part) {
  int64_t index = part->held;
  part->held = -1;
  if (index >= 0) return index;
  if (part->taken == part->most) return -1;
  if (part->end_ns > 0 && clock_now_ns() >= part->end_ns) return -1;
  index = batch_part_index(&loop->part, atomic_fetch_add_explicit(&loop->next, 1, memory_order_relaxed));
  return index < loop->batch.count ? index : -1;
}

// Sends as long as workers are free; `ready_ns` is since when they are.
static void dispatch(struct share *share, int64_t ready_ns) {
  struct measurement *measurement = share->measurement;
  struct closed_loop *loop = loop_of(measurement);
  struct part *part = share->part;
  while (!share->cancelled && request_call_in_flight(share->calls) < part->workers) {
    int64_t index = next_index(loop, part);
    if (index < 0) return;
    part->taken++;
    if (request_call_send(share->calls, &loop->batch.requests[index], index, measurement->batch.start_ns,
                          ready_ns, NULL)) {
      part->taken--; // no memory: the next worker that gets free tries again
      part->held = index;
      if (request_call_in_flight(share->calls) == 0) measurement_cancel_share(share);
      return;
    }
  }
}

static void begin(struct share *share) {
  dispatch(share, share->measurement->batch.start_ns);
}

static void on_freed(struct share *share, const struct request_result *result) {
  dispatch(share, result->freed_ns);
}

static void on_done(struct share *share, const struct request_result *result) {
  (void)share, (void)result;
}

// A worker that got free has sent what was left.
static bool has_more(struct share *share) {
  (void)share;
  return false;
}

// A timed batch that used up its requests before its time is shorter than it should be.
static void conclude(struct measurement *measurement, struct measurement_outcome *outcome) {
  struct closed_loop *loop = loop_of(measurement);
  int64_t requests = outcome->sums->requests;
  double rate = (double)requests / clock_seconds(outcome->total_ns);
  if (outcome->total_ns > 0 && rate > loop->rate_max) loop->rate_max = rate;
  if (measurement->batch.batch > 0 || requests < loop->batch.count) return;
  log_notice(measurement->setup.log,
             "workers %lld rep %lld ended early: all %lld prepared requests were sent",
             (long long)measurement->batch.workers, (long long)measurement->batch.rep, (long long)requests);
}

static void print_label(struct measurement *measurement, char label[MEASUREMENT_LABEL_BYTES]) {
  const struct recorder_batch *batch = &measurement->batch;
  char size[32] = "timed";
  if (batch->batch > 0) snprintf(size, sizeof size, "B=%lld", (long long)batch->batch);
  snprintf(label, MEASUREMENT_LABEL_BYTES, "W=%lld %s %s %lld", (long long)batch->workers, size,
           batch->warmup ? "warm-up" : "rep", (long long)batch->rep + 1);
}

static enum status open_part(struct share *share, struct error *error) {
  share->part = calloc(1, sizeof(struct part));
  return share->part ? STATUS_OK : status_memory(error);
}

static void close_part(struct share *share) {
  free(share->part);
  if (share->lane->number == 0) batch_free(&loop_of(share->measurement)->batch);
}

static const struct measurement_kind closed_loop = {
    .open = open_part,
    .close = close_part,
    .begin = begin,
    .freed = on_freed,
    .done = on_done,
    .has_more = has_more,
    .conclude = conclude,
    .print_label = print_label,
};

enum status closed_loop_open(const struct measurement_setup *setup, measurement_over *over, void *context,
                             struct measurement **out, struct error *error) {
  return measurement_open(&closed_loop, sizeof(struct closed_loop), setup, over, context, out, error);
}

// The workers of this rank, and in a burst its requests.
static struct batch_part part_of(const struct measurement *measurement, int64_t total) {
  int64_t rank = remote_number(measurement->setup.remote), ranks = remote_count(measurement->setup.remote);
  struct batch_part part = {.count = lanes_part(total, rank, ranks), .of = ranks > 1 ? total : 0};
  for (int64_t i = 0; i < rank; i++)
    part.first += lanes_part(total, i, ranks);
  return part;
}

// Divides the batch among the lanes: W workers, and in a burst the requests too.
static void divide(struct measurement *measurement) {
  const struct recorder_batch *batch = &measurement->batch;
  const struct send_settings *settings = measurement->setup.settings;
  int64_t lanes = lanes_count(measurement->setup.lanes), count = loop_of(measurement)->batch.count;
  for (int64_t i = 0; i < lanes; i++) {
    int64_t workers = lanes_part(loop_of(measurement)->part.count, i, lanes);
    measurement->shares[i].active = workers > 0;
    *(struct part *)measurement->shares[i].part = (struct part){
        .most = settings->burst ? workers : count,
        .workers = workers,
        .end_ns = batch->batch > 0 ? 0 : batch->start_ns + settings->duration_ns,
        .held = -1,
    };
  }
}

// How many requests are prepared for a batch. A timed one may be faster than all before it.
static int64_t count_of(const struct measurement *measurement, const struct recorder_batch *batch) {
  if (batch->batch > 0) return batch->batch;
  double expected = loop_of(measurement)->rate_max * clock_seconds(measurement->setup.settings->duration_ns);
  int64_t least = TIMED_WAVES_MIN * batch->workers;
  if (expected >= (double)PLAN_BATCH_MAX / TIMED_ROOM) return PLAN_BATCH_MAX;
  int64_t count = (int64_t)(TIMED_ROOM * expected) + batch->workers;
  if (count < least) count = least;
  return count < PLAN_BATCH_MAX ? count : PLAN_BATCH_MAX;
}

void closed_loop_start(struct measurement *measurement, const struct recorder_batch *batch, int64_t offset,
                       uint16_t port) {
  struct closed_loop *loop = loop_of(measurement);
  struct remote_start start = {.batch = *batch,
                               .offset = offset,
                               .count = count_of(measurement, batch),
                               .nonce = measurement->nonce,
                               .port = port};
  if (measurement->setup.remote) remote_begin(measurement->setup.remote, measurement, &start);
  loop->part = part_of(measurement, measurement->setup.settings->burst ? start.count : batch->workers);
  struct batch_source source = {
      .work = measurement->setup.work,
      .endpoint = measurement->setup.settings->endpoint,
      .port = port,
      .offset = offset,
      .count = start.count,
      .part = loop->part,
      .warmup = batch->warmup,
      .cache_bust = measurement->setup.settings->cache_bust,
      .nonce = start.nonce,
  };
  measurement->nonce = start.nonce + (uint64_t)batch_passes(source.work, source.count);
  enum status status = batch_prepare(&loop->batch, &source, NULL);
  enum status meeting = measurement_prepare(measurement, batch, offset);
  if (status || meeting) {
    measurement_give_up(measurement);
    return;
  }
  atomic_store_explicit(&loop->next, 0, memory_order_relaxed);
  divide(measurement);
  measurement_start(measurement);
}
