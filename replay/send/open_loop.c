// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/send/open_loop.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/net/loop.h"
#include "replay/send/batch.h"
#include "replay/send/request_call.h"

enum { MOST_AT_ONCE = 64 }; // late requests sent in a row before the loop gets its turn

// One request's URL and body while it is in flight; used again.
struct arrival {
  struct batch batch;
  struct arrival *next;
  bool told; // the turns know that it is over
};

struct open_loop {
  struct open_loop_setup setup;
  void (*over)(void *context);
  void *context;
  struct request_call_pool *streams;
  struct send_order *turns;
  struct loop_timer *send_timer, *over_timer;
  struct arrival *idle;
  struct recorder_batch record;
  int64_t offset, number;
  int64_t window_end_ns;
  bool running, cancelled;
  struct open_loop_sums sums;
  _Atomic int64_t sent, in_flight, ended, failed; // written by this thread alone
};

static void set(_Atomic int64_t *count, int64_t value) {
  atomic_store_explicit(count, value, memory_order_relaxed);
}

static int64_t get(_Atomic int64_t *count) {
  return atomic_load_explicit(count, memory_order_relaxed);
}

struct open_loop_counts open_loop_counts(struct open_loop *flow) {
  return (struct open_loop_counts){get(&flow->sent), get(&flow->in_flight), get(&flow->ended),
                                   get(&flow->failed)};
}

const struct open_loop_sums *open_loop_sums(const struct open_loop *flow) {
  return &flow->sums;
}

static void check_over(struct open_loop *flow) {
  struct send_order_next next;
  if (request_call_in_flight(flow->streams) > 0) return;
  if (flow->cancelled || !send_order_peek(flow->turns, &next)) loop_timer_set(flow->over_timer, 0);
}

static struct arrival *take_idle(struct open_loop *flow) {
  struct arrival *arrival = flow->idle;
  if (!arrival) return calloc(1, sizeof *arrival);
  flow->idle = arrival->next;
  return arrival;
}

static void give_back(struct open_loop *flow, struct arrival *arrival) {
  arrival->next = flow->idle;
  flow->idle = arrival;
}

// A new nonce whenever the draw begins again, and for every repetition.
static uint64_t nonce_of(const struct open_loop *flow, int64_t place) {
  uint64_t pass = (uint64_t)(place / (int64_t)flow->setup.work->count);
  return flow->setup.nonce_base + ((uint64_t)flow->number << 40) + pass;
}

static enum status send_one(struct open_loop *flow, const struct send_order_next *next) {
  struct arrival *arrival = take_idle(flow);
  if (!arrival) return STATUS_MEMORY;
  struct batch_source source = {
      .work = flow->setup.work,
      .endpoint = &flow->setup.opts->endpoint,
      .offset = flow->offset + next->index,
      .count = 1,
      .cache_bust = flow->setup.cache_bust,
      .nonce = nonce_of(flow, flow->offset + next->index),
  };
  enum status status = batch_prepare(&arrival->batch, &source, NULL);
  if (status == STATUS_OK) {
    arrival->batch.requests[0].owner = arrival;
    arrival->told = false;
    send_order_take(flow->turns);
    set(&flow->sent, get(&flow->sent) + 1);
    status = request_call_send(flow->streams, &arrival->batch.requests[0], next->index, next->intended_ns,
                               next->ready_ns, NULL);
  }
  if (status) give_back(flow, arrival);
  return status;
}

// Sends what is due, and sets the timer for what is not.
static void send_due(void *context) {
  struct open_loop *flow = context;
  struct send_order_next next;
  for (int sent = 0; !flow->cancelled && send_order_peek(flow->turns, &next); sent++) {
    if (request_call_in_flight(flow->streams) >= flow->setup.most_in_flight)
      return; // the next that ends goes on
    if (sent == MOST_AT_ONCE || clock_now_ns() < next.ready_ns) {
      loop_timer_set(flow->send_timer, next.ready_ns);
      return;
    }
    if (send_one(flow, &next)) open_loop_cancel(flow); // no memory: over without an outcome
  }
}

// True when it let a turn go that may be due.
static bool tell_turns(struct open_loop *flow, const struct request_result *result) {
  struct arrival *arrival = result->request->owner;
  if (arrival->told || !flow->setup.work->turns) return false;
  arrival->told = true;
  if (send_order_done(flow->turns, result->index, result->freed_ns)) open_loop_cancel(flow);
  return true;
}

static void on_freed(void *context, const struct request_result *result) {
  struct open_loop *flow = context;
  bool had_no_room = request_call_in_flight(flow->streams) == flow->setup.most_in_flight - 1;
  if (tell_turns(flow, result) || had_no_room) send_due(flow);
}

static double clamp(double value) {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}

// Adds what the request did within the window.
static void add_to_window(struct open_loop *flow, const struct request_result *result) {
  struct open_loop_sums *sums = &flow->sums;
  int64_t end_ns = flow->window_end_ns;
  int64_t until_ns = result->done_ns < end_ns ? result->done_ns : end_ns;
  if (until_ns > result->sent_ns) sums->in_flight_ns += (double)(until_ns - result->sent_ns);
  const struct response *response = result->response;
  if (response->failure != FAILURE_NONE || response->output_tokens < 0) return;
  int64_t first_ns = result->sent_ns, last_ns = result->done_ns;
  if (response->streamed && result->last_text_ns > result->ttft_ns) {
    first_ns = result->sent_ns + result->ttft_ns;
    last_ns = result->sent_ns + result->last_text_ns;
  }
  double inside = last_ns <= end_ns ? 1 : clamp((double)(end_ns - first_ns) / (double)(last_ns - first_ns));
  sums->tokens_known = true;
  sums->tokens += inside * (double)response->output_tokens;
}

static void on_done(void *context, const struct request_result *result) {
  struct open_loop *flow = context;
  bool success = result->response->failure == FAILURE_NONE;
  int64_t lag_from_ns = result->ready_ns > result->intended_ns ? result->ready_ns : result->intended_ns;
  audit_request(&flow->sums.audit, result->sent_ns - lag_from_ns,
                success ? result->done_ns - result->sent_ns : -1);
  if (success) audit_first_token(&flow->sums.audit, result->ttft_ns);
  add_to_window(flow, result);
  recorder_request(flow->setup.recorder, flow->setup.lane->number, &flow->record, result);
  struct work_place place = {flow->offset, result->index, false};
  work_observe(flow->setup.work, &place, success ? result->response->input_tokens : -1);
  if (result->done_ns > flow->sums.last_done_ns) flow->sums.last_done_ns = result->done_ns;
  set(&flow->ended, get(&flow->ended) + 1);
  set(&flow->in_flight, request_call_in_flight(flow->streams));
  if (!success && result->response->failure != FAILURE_CANCELLED) set(&flow->failed, get(&flow->failed) + 1);
  (void)tell_turns(flow, result); // one that could not even be started was not freed
  give_back(flow, result->request->owner);
  check_over(flow);
}

static void over_due(void *context) {
  struct open_loop *flow = context;
  if (!flow->running) return;
  flow->running = false;
  flow->sums.complete = !flow->cancelled;
  flow->over(flow->context);
}

void open_loop_start(struct open_loop *flow, const struct open_loop_repetition *repetition) {
  struct send_order_next next;
  const struct recorder_batch *batch = &repetition->batch;
  flow->record = *batch;
  flow->offset = repetition->offset;
  flow->number = repetition->number;
  flow->running = true;
  flow->cancelled = false;
  flow->window_end_ns = repetition->window_ns > 0 ? batch->start_ns + repetition->window_ns : INT64_MAX;
  flow->sums.in_flight_ns = flow->sums.tokens = 0;
  flow->sums.tokens_known = false;
  flow->sums.last_done_ns = batch->start_ns;
  set(&flow->sent, 0);
  audit_start(&flow->sums.audit, batch->start_ns);
  send_order_start(flow->turns, batch->start_ns, repetition->offset);
  if (send_order_peek(flow->turns, &next)) {
    loop_timer_set(flow->send_timer, next.ready_ns);
  } else {
    loop_timer_set(flow->over_timer, 0); // a share of nothing
  }
}

void open_loop_cancel(struct open_loop *flow) {
  if (!flow->running) return;
  flow->cancelled = true;
  loop_timer_cancel(flow->send_timer);
  request_call_cancel_all(flow->streams);
  check_over(flow);
}

static const struct request_call_handlers request_call_handlers = {.freed = on_freed, .done = on_done};

static struct send_order_options send_order_options(const struct open_loop_setup *setup) {
  const struct opts *opts = setup->opts;
  return (struct send_order_options){
      .pace = setup->pace,
      .draw = setup->work->turns,
      .draw_count = setup->work->count,
      .think = opts->think,
      .think_ns = opts->think_ns,
      .speed = opts->speed,
      .max_idle_ns = opts->max_idle_ns,
      .until_ns = opts->duration_ns,
      // A duration cuts the recorded schedule short, where turns stand that think times bring forward. At a
      // rate the places behind it are the next repetition's.
      .most = opts->timing == OPTS_TIMING_ORIGINAL ? (int64_t)setup->work->count : 0,
      .share = setup->lane->number,
      .shares = setup->shares,
  };
}

enum status open_loop_open(const struct open_loop_setup *setup, void (*over)(void *context), void *context,
                           struct open_loop **out, struct error *error) {
  struct open_loop *flow = calloc(1, sizeof *flow);
  if (!flow) return status_fail(error, STATUS_MEMORY, "%s", status_name(STATUS_MEMORY));
  flow->setup = *setup;
  flow->over = over;
  flow->context = context;
  struct send_order_options options = send_order_options(setup);
  enum status status = send_order_open(&options, &flow->turns, error);
  if (!status) status = loop_timer_open(setup->lane->loop, send_due, flow, &flow->send_timer, error);
  if (!status) status = loop_timer_open(setup->lane->loop, over_due, flow, &flow->over_timer, error);
  if (!status) {
    status = request_call_pool_open(setup->lane->loop, setup->lane->transfers, setup->opts->timeout_ns,
                                    &request_call_handlers, flow, &flow->streams, error);
  }
  if (!status && setup->opts->chunks) request_call_keep_chunks(flow->streams);
  if (status) {
    open_loop_close(flow);
    return status;
  }
  *out = flow;
  return STATUS_OK;
}

void open_loop_close(struct open_loop *flow) {
  if (!flow) return;
  request_call_pool_close(flow->streams);
  send_order_close(flow->turns);
  loop_timer_close(flow->send_timer);
  loop_timer_close(flow->over_timer);
  while (flow->idle) {
    struct arrival *arrival = flow->idle;
    flow->idle = arrival->next;
    batch_free(&arrival->batch);
    free(arrival);
  }
  free(flow);
}
