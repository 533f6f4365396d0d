// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/arrivals.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "lib/base/clock.h"
#include "replay/batch.h"
#include "replay/random.h"
#include "replay/stream.h"

#define START_DELAY_NS (2 * LOOP_HEARTBEAT_NS)

enum { MOST_AT_ONCE = 64 }; // late requests sent in a row before the loop gets its turn

// One request's URL and body while it is in flight; used again.
struct arrival {
  struct batch batch;
  struct arrival *next;
};

struct arrivals {
  struct measure_setup setup;
  const struct pace *pace;
  int64_t most_in_flight;
  measure_over *over;
  void *context;
  struct stream_pool *streams;
  struct loop_timer *send_timer, *over_timer;
  struct arrival *idle;
  struct recorder_batch record;
  struct audit audit;
  bool running, cancelled;
  int64_t offset;
  size_t next, finished; // requests sent, results handed out
  int64_t last_done_ns;
  double in_flight_ns, window_tokens; // sums over the window
  bool tokens_known;
  uint64_t nonce_base;
  int64_t requests, failed; // of all repetitions
  char label[64];
};

bool arrivals_running(const struct arrivals *arrivals) {
  return arrivals->running;
}

static int64_t window_end_ns(const struct arrivals *arrivals) {
  return arrivals->record.start_ns + arrivals->pace->window_ns;
}

static void check_over(struct arrivals *arrivals) {
  size_t all = arrivals->cancelled ? arrivals->next : arrivals->pace->count;
  if (arrivals->finished == all) loop_timer_set(arrivals->over_timer, 0);
}

static struct arrival *take_idle(struct arrivals *arrivals) {
  struct arrival *arrival = arrivals->idle;
  if (!arrival) return calloc(1, sizeof *arrival);
  arrivals->idle = arrival->next;
  return arrival;
}

static void give_back(struct arrivals *arrivals, struct arrival *arrival) {
  arrival->next = arrivals->idle;
  arrivals->idle = arrival;
}

// A new nonce whenever the draw begins again, and for every repetition.
static void print_nonce(const struct arrivals *arrivals, int64_t place, char into[REWRITE_NONCE_BYTES]) {
  uint64_t pass = (uint64_t)(place / (int64_t)arrivals->setup.work->count);
  uint64_t rep = (uint64_t)arrivals->record.rep;
  rewrite_print_nonce(random_spread(arrivals->nonce_base + (rep << 40) + pass), into);
}

static enum status send_next(struct arrivals *arrivals, int64_t intended_ns) {
  struct arrival *arrival = take_idle(arrivals);
  if (!arrival) return STATUS_MEMORY;
  char nonce[REWRITE_NONCE_BYTES];
  int64_t index = (int64_t)arrivals->next;
  struct batch_source source = {
      .work = arrivals->setup.work,
      .endpoint = &arrivals->setup.opts->endpoint,
      .offset = arrivals->offset + index,
      .count = 1,
      .nonce = arrivals->setup.cache_bust ? nonce : NULL,
  };
  print_nonce(arrivals, source.offset, nonce);
  enum status status = batch_prepare(&arrival->batch, &source, NULL);
  if (status) {
    give_back(arrivals, arrival);
    return status;
  }
  arrival->batch.requests[0].owner = arrival;
  arrivals->next++;
  status = stream_send(arrivals->streams, &arrival->batch.requests[0], index, intended_ns, intended_ns, NULL);
  if (status == STATUS_OK) return STATUS_OK;
  arrivals->next--;
  give_back(arrivals, arrival);
  return status;
}

// Sends what is due, and sets the timer for what is not.
static void send_due(void *context) {
  struct arrivals *arrivals = context;
  for (int sent = 0; !arrivals->cancelled && arrivals->next < arrivals->pace->count; sent++) {
    int64_t intended_ns = arrivals->record.start_ns + arrivals->pace->offsets_ns[arrivals->next];
    if (stream_in_flight(arrivals->streams) >= arrivals->most_in_flight) return; // the next that ends goes on
    if (sent == MOST_AT_ONCE || clock_now_ns() < intended_ns) {
      loop_timer_set(arrivals->send_timer, intended_ns);
      return;
    }
    if (send_next(arrivals, intended_ns)) arrivals_cancel(arrivals); // no memory: over without an outcome
  }
}

static void on_freed(void *context, int64_t done_ns) {
  struct arrivals *arrivals = context;
  (void)done_ns;
  if (stream_in_flight(arrivals->streams) == arrivals->most_in_flight - 1) send_due(arrivals);
}

static double clamp(double value) {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}

// Adds what the request did within the window.
static void add_to_window(struct arrivals *arrivals, const struct stream_result *result) {
  int64_t end_ns = window_end_ns(arrivals);
  int64_t until_ns = result->done_ns < end_ns ? result->done_ns : end_ns;
  if (until_ns > result->sent_ns) arrivals->in_flight_ns += (double)(until_ns - result->sent_ns);
  const struct response *response = result->response;
  if (response->failure != FAILURE_NONE || response->output_tokens < 0) return;
  int64_t first_ns = result->sent_ns, last_ns = result->done_ns;
  if (response->streamed && result->last_text_ns > result->ttft_ns) {
    first_ns = result->sent_ns + result->ttft_ns;
    last_ns = result->sent_ns + result->last_text_ns;
  }
  double inside = last_ns <= end_ns ? 1 : clamp((double)(end_ns - first_ns) / (double)(last_ns - first_ns));
  arrivals->tokens_known = true;
  arrivals->window_tokens += inside * (double)response->output_tokens;
}

static void on_done(void *context, const struct stream_result *result) {
  struct arrivals *arrivals = context;
  bool success = result->response->failure == FAILURE_NONE;
  audit_request(&arrivals->audit, result->sent_ns - result->intended_ns,
                success ? result->done_ns - result->sent_ns : -1);
  add_to_window(arrivals, result);
  recorder_request(arrivals->setup.recorder, &arrivals->record, result);
  struct work_place place = {arrivals->offset, result->index, false};
  work_observe(arrivals->setup.work, &place, success ? result->response->input_tokens : -1);
  if (result->done_ns > arrivals->last_done_ns) arrivals->last_done_ns = result->done_ns;
  arrivals->requests++;
  if (!success && result->response->failure != FAILURE_CANCELLED) arrivals->failed++;
  arrivals->finished++;
  give_back(arrivals, result->request->owner);
  check_over(arrivals);
}

static void over_due(void *context) {
  struct arrivals *arrivals = context;
  arrivals->running = false;
  if (arrivals->cancelled) {
    arrivals->over(arrivals->context, NULL);
    return;
  }
  struct audit_verdict verdict;
  int64_t now_ns = clock_now_ns();
  int64_t total_ns = arrivals->pace->window_ns;
  if (total_ns == 0)
    total_ns = arrivals->last_done_ns - arrivals->record.start_ns; // one instant is no window
  struct recorder_open_loop open = {
      .timing = opts_timing_name(arrivals->setup.opts->timing),
      .rate = arrivals->setup.opts->timing == OPTS_TIMING_RATE ? arrivals->setup.opts->request_rate : NAN,
      .in_flight_mean = arrivals->in_flight_ns / (double)total_ns,
      .output_tokens = arrivals->tokens_known ? (int64_t)(arrivals->window_tokens + 0.5) : -1,
      .total_ns = total_ns,
  };
  struct measure_outcome outcome = {.batch = &arrivals->record,
                                    .total_ns = total_ns,
                                    .sums = recorder_sums(arrivals->setup.recorder),
                                    .verdict = &verdict,
                                    .open_loop = &open};
  audit_finish(&arrivals->audit, now_ns, clock_cpu_ns(), loop_take_stall_ns(arrivals->setup.loop), &verdict);
  if (!verdict.valid)
    log_detail(arrivals->setup.log, "rep %lld is not valid: %s", (long long)arrivals->record.rep,
               verdict.reason);
  arrivals->over(arrivals->context, &outcome);
}

void arrivals_start(struct arrivals *arrivals, const struct recorder_batch *batch, int64_t offset) {
  arrivals->record = *batch;
  arrivals->record.start_ns = clock_now_ns() + START_DELAY_NS;
  arrivals->offset = offset;
  arrivals->running = true;
  arrivals->cancelled = arrivals->tokens_known = false;
  arrivals->next = arrivals->finished = 0;
  arrivals->in_flight_ns = arrivals->window_tokens = 0;
  arrivals->last_done_ns = arrivals->record.start_ns;
  recorder_start_batch(arrivals->setup.recorder);
  (void)loop_take_stall_ns(arrivals->setup.loop);
  audit_start(&arrivals->audit, arrivals->record.start_ns, clock_cpu_ns());
  loop_timer_set(arrivals->send_timer, arrivals->record.start_ns + arrivals->pace->offsets_ns[0]);
}

void arrivals_cancel(struct arrivals *arrivals) {
  if (!arrivals->running) return;
  arrivals->cancelled = true;
  loop_timer_cancel(arrivals->send_timer);
  stream_cancel_all(arrivals->streams);
  check_over(arrivals);
}

void arrivals_progress(struct arrivals *arrivals, int64_t now_ns, struct progress_state *state) {
  const struct recorder_sums *sums = recorder_sums(arrivals->setup.recorder);
  double elapsed_s = clock_seconds(now_ns - arrivals->record.start_ns);
  state->requests += arrivals->requests;
  state->failed += arrivals->failed;
  if (!arrivals->running) return;
  state->in_flight = stream_in_flight(arrivals->streams);
  state->output_tokens = sums->output_tokens > 0 ? sums->output_tokens : 0;
  if (elapsed_s > 0) {
    state->requests_per_s = (double)sums->requests / elapsed_s;
    state->tokens_per_s = (double)state->output_tokens / elapsed_s;
  }
  snprintf(arrivals->label, sizeof arrivals->label, "rep %lld: %zu of %zu sent",
           (long long)arrivals->record.rep + 1, arrivals->next, arrivals->pace->count);
  state->label = arrivals->label;
}

static const struct stream_handlers stream_handlers = {.freed = on_freed, .done = on_done};

enum status arrivals_open(const struct measure_setup *setup, const struct pace *pace, int64_t most_in_flight,
                          measure_over *over, void *context, struct arrivals **out, struct error *error) {
  struct arrivals *arrivals = calloc(1, sizeof *arrivals);
  if (!arrivals) return status_fail(error, STATUS_MEMORY, "%s", status_name(STATUS_MEMORY));
  arrivals->setup = *setup;
  arrivals->pace = pace;
  arrivals->most_in_flight = most_in_flight;
  arrivals->over = over;
  arrivals->context = context;
  if (getrandom(&arrivals->nonce_base, sizeof arrivals->nonce_base, 0) != sizeof arrivals->nonce_base)
    arrivals->nonce_base = (uint64_t)clock_now_ns();
  enum status status = loop_timer_open(setup->loop, send_due, arrivals, &arrivals->send_timer, error);
  if (!status) status = loop_timer_open(setup->loop, over_due, arrivals, &arrivals->over_timer, error);
  if (!status) {
    status = stream_pool_open(setup->transfers, setup->opts->timeout_ns, &stream_handlers, arrivals,
                              &arrivals->streams, error);
  }
  if (!status && setup->opts->chunks) stream_keep_chunks(arrivals->streams);
  if (status) {
    arrivals_close(arrivals);
    return status;
  }
  *out = arrivals;
  return STATUS_OK;
}

void arrivals_close(struct arrivals *arrivals) {
  if (!arrivals) return;
  stream_pool_close(arrivals->streams);
  loop_timer_close(arrivals->send_timer);
  loop_timer_close(arrivals->over_timer);
  while (arrivals->idle) {
    struct arrival *arrival = arrivals->idle;
    arrivals->idle = arrival->next;
    batch_free(&arrival->batch);
    free(arrival);
  }
  free(arrivals);
}
