// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/send/measurement.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "replay/send/batch.h"

enum { SENT_AT_ONCE_MAX = 64 }; // late requests in a row before the loop gets its turn

// One request's URL and body while it is in flight; used again.
struct arrival {
  struct batch batch;
  struct arrival *next;
  bool is_done; // for the send order
};

// Changed by the main thread while no lane sends.
struct open_loop {
  struct schedule schedule; // of this repetition; its array is borrowed
  int64_t window_ns;        // measured from the start; 0: until the last response ends
  struct recorder_open_loop result;
};

struct part {
  struct send_order *order;
  struct loop_timer *send_timer;
  struct arrival *idle;
  int64_t max_in_flight;
  char **answers; // identifiers by place of the draw, NULL: none yet; NULL: not --stateful
  // Of this repetition, within the window:
  double in_flight_ns, tokens;
  bool tokens_known; // some response has a count
};

static struct open_loop *loop_of(const struct measurement *measurement) {
  return measurement->own;
}

static struct arrival *idle_arrival(struct part *part) {
  struct arrival *arrival = part->idle;
  if (!arrival) return calloc(1, sizeof *arrival);
  part->idle = arrival->next;
  return arrival;
}

static void give_back(struct part *part, struct arrival *arrival) {
  arrival->next = part->idle;
  part->idle = arrival;
}

// The identifier of the answer that the request at this place continues. Its own answer of an earlier pass is
// forgotten.
static const char *answer_before(const struct part *part, const struct work *work, int64_t place) {
  size_t at = (size_t)place % work->count;
  int64_t continues = work->requests[at]->continues;
  free(part->answers[at]);
  part->answers[at] = NULL;
  return continues < 0 ? NULL : part->answers[continues];
}

// STATUS_MEMORY.
static enum status keep_answer(struct share *share, const struct request_result *result) {
  const struct measurement *measurement = share->measurement;
  size_t at = (size_t)(measurement->offset + result->index) % measurement->setup.work->count;
  char **answer = &((struct part *)share->part)->answers[at];
  if (result->response->answer_id[0] == '\0') return STATUS_OK;
  free(*answer);
  *answer = strdup(result->response->answer_id);
  return *answer ? STATUS_OK : STATUS_MEMORY;
}

static enum status send_one(struct share *share, const struct send_order_next *next) {
  struct measurement *measurement = share->measurement;
  struct part *part = share->part;
  struct arrival *arrival = idle_arrival(part);
  if (!arrival) return STATUS_MEMORY;
  int64_t place = measurement->offset + next->index;
  struct batch_source source = {
      .work = measurement->setup.work,
      .endpoint = measurement->setup.settings->endpoint,
      .offset = place,
      .count = 1,
      .cache_bust = measurement->setup.settings->cache_bust,
      .nonce = measurement->nonce + work_pass(measurement->setup.work, place),
  };
  if (part->answers) source.answer_id = answer_before(part, source.work, place);
  enum status status = batch_prepare(&arrival->batch, &source, NULL);
  if (status == STATUS_OK) {
    arrival->batch.requests[0].owner = arrival;
    arrival->is_done = false;
    send_order_take(part->order);
    atomic_fetch_add_explicit(&share->sent, 1, memory_order_relaxed);
    status = request_call_send(share->calls, &arrival->batch.requests[0], next->index, next->intended_ns,
                               next->ready_ns, NULL);
  }
  if (status) give_back(part, arrival);
  return status;
}

// Sends what is due, and sets the timer for what is not.
static void send_due(void *context) {
  struct share *share = context;
  struct part *part = share->part;
  struct send_order_next next;
  if (!share->running) return;
  for (int sent = 0; !share->cancelled && send_order_peek(part->order, &next); sent++) {
    if (request_call_in_flight(share->calls) >= part->max_in_flight) return; // the next that ends goes on
    if (sent == SENT_AT_ONCE_MAX || clock_now_ns() < next.ready_ns) {
      loop_timer_set(part->send_timer, next.ready_ns);
      return;
    }
    if (send_one(share, &next)) measurement_cancel_share(share); // no memory: over without an outcome
  }
}

static void begin(struct share *share) {
  struct measurement *measurement = share->measurement;
  struct part *part = share->part;
  part->in_flight_ns = part->tokens = 0;
  part->tokens_known = false;
  atomic_store_explicit(&share->sent, 0, memory_order_relaxed);
  send_order_start(part->order, measurement->batch.start_ns, measurement->offset);
  send_due(share);
}

// True when the next turn of its conversation may be due.
static bool finish_turn(struct share *share, const struct request_result *result) {
  struct arrival *arrival = result->request->owner;
  if (arrival->is_done || !share->measurement->setup.work->turns) return false;
  arrival->is_done = true;
  if (send_order_done(((struct part *)share->part)->order, result->index, result->done_ns, result->freed_ns))
    measurement_cancel_share(share);
  return true;
}

static void on_freed(struct share *share, const struct request_result *result) {
  struct part *part = share->part;
  bool had_no_room = request_call_in_flight(share->calls) == part->max_in_flight - 1;
  // The turn after it may need the answer's identifier, which on_done has.
  if ((!part->answers && finish_turn(share, result)) || had_no_room) send_due(share);
}

static double clamp(double value) {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}

// Adds what the request did within the window.
static void add_to_window(struct share *share, const struct request_result *result) {
  struct part *part = share->part;
  int64_t window_ns = loop_of(share->measurement)->window_ns;
  int64_t end_ns = window_ns > 0 ? share->measurement->batch.start_ns + window_ns : INT64_MAX;
  int64_t until_ns = result->done_ns < end_ns ? result->done_ns : end_ns;
  if (until_ns > result->sent_ns) part->in_flight_ns += (double)(until_ns - result->sent_ns);
  const struct response *response = result->response;
  if (response->failure != FAILURE_NONE || response->output_tokens < 0) return;
  int64_t first_ns = result->sent_ns, last_ns = result->done_ns;
  if (response->streamed && result->last_text_ns > result->ttft_ns) {
    first_ns = result->sent_ns + result->ttft_ns;
    last_ns = result->sent_ns + result->last_text_ns;
  }
  double inside = last_ns <= end_ns ? 1 : clamp((double)(end_ns - first_ns) / (double)(last_ns - first_ns));
  part->tokens_known = true;
  part->tokens += inside * (double)response->output_tokens;
}

static void on_done(struct share *share, const struct request_result *result) {
  struct part *part = share->part;
  add_to_window(share, result);
  if (part->answers && keep_answer(share, result)) measurement_cancel_share(share);
  bool is_free = finish_turn(share, result); // one that could not even be started was not freed
  if (part->answers && is_free) loop_timer_set(part->send_timer, 0);
  give_back(share->part, result->request->owner);
}

static bool has_more(struct share *share) {
  struct send_order_next next;
  return send_order_peek(((struct part *)share->part)->order, &next);
}

static void conclude(struct measurement *measurement, struct measurement_outcome *outcome) {
  const struct send_settings *settings = measurement->setup.settings;
  struct open_loop *loop = loop_of(measurement);
  double in_flight_ns = 0, tokens = 0;
  bool tokens_known = false;
  for (int64_t i = 0; i < lanes_count(measurement->setup.lanes); i++) {
    const struct part *part = measurement->shares[i].part;
    in_flight_ns += part->in_flight_ns;
    tokens += part->tokens;
    tokens_known |= part->tokens_known;
  }
  if (measurement->setup.remote)
    remote_open_loop(measurement->setup.remote, &in_flight_ns, &tokens, &tokens_known);
  // With a think time conversations may end long before the duration does, unless they arrive over all of it.
  bool until_last = settings->think != SEND_ORDER_THINK_SCHEDULE && settings->first == SEND_ORDER_FIRST_OWN &&
                    outcome->total_ns < loop->window_ns;
  if (loop->window_ns > 0 && !until_last) outcome->total_ns = loop->window_ns;
  loop->result = (struct recorder_open_loop){
      .timing = settings->timing,
      .rate = measurement->batch.rate > 0 ? measurement->batch.rate : NAN,
      .in_flight_mean = in_flight_ns / (double)outcome->total_ns,
      .output_tokens = tokens_known ? (int64_t)(tokens + 0.5) : -1,
  };
  outcome->open_loop = &loop->result;
}

static void print_label(struct measurement *measurement, char label[MEASUREMENT_LABEL_BYTES]) {
  int64_t sent = 0;
  char rate[32] = "";
  for (int64_t i = 0; i < lanes_count(measurement->setup.lanes); i++)
    sent += atomic_load_explicit(&measurement->shares[i].sent, memory_order_relaxed);
  if (measurement->setup.settings->several_rates)
    snprintf(rate, sizeof rate, "%.6g/s ", measurement->batch.rate);
  snprintf(label, MEASUREMENT_LABEL_BYTES, "%srep %lld: %lld of %zu sent", rate,
           (long long)measurement->batch.rep + 1, (long long)sent, loop_of(measurement)->schedule.count);
}

static enum status open_part(struct share *share, struct error *error) {
  const struct measurement *measurement = share->measurement;
  const struct send_settings *settings = measurement->setup.settings;
  int64_t lanes = lanes_count(measurement->setup.lanes), shards = settings->shards > 0 ? settings->shards : 1;
  struct part *part = share->part = calloc(1, sizeof *part);
  if (!part) return status_memory(error);
  part->max_in_flight = lanes_part(settings->max_in_flight, share->lane->number, lanes);
  if (part->max_in_flight < 1) part->max_in_flight = 1;
  if (settings->stateful) {
    part->answers = calloc(measurement->setup.work->count, sizeof *part->answers);
    if (!part->answers) return status_memory(error);
  }
  struct send_order_options options = {
      .schedule = &loop_of(measurement)->schedule,
      .draw = measurement->setup.work->turns,
      .draw_count = measurement->setup.work->count,
      .first = settings->first,
      .think = settings->think,
      .think_ns = settings->think_ns,
      .speed = settings->speed,
      .max_idle_ns = settings->max_idle_ns,
      .until_ns = settings->duration_ns,
      // A duration cuts the recorded schedule short, where turns stand that think times bring forward. At a
      // rate the places behind it are the next repetition's.
      .most = settings->original ? (int64_t)measurement->setup.work->count : 0,
      .share = settings->shard + shards * share->lane->number,
      .shares = shards * lanes,
  };
  enum status status = send_order_open(&options, &part->order, error);
  return status ? status : loop_timer_open(share->lane->loop, send_due, share, &part->send_timer, error);
}

static void close_part(struct share *share) {
  struct part *part = share->part;
  for (size_t i = 0; part->answers && i < share->measurement->setup.work->count; i++)
    free(part->answers[i]);
  free(part->answers);
  send_order_close(part->order);
  loop_timer_close(part->send_timer);
  while (part->idle) {
    struct arrival *arrival = part->idle;
    part->idle = arrival->next;
    batch_free(&arrival->batch);
    free(arrival);
  }
  free(part);
}

static const struct measurement_kind open_loop = {
    .open = open_part,
    .close = close_part,
    .begin = begin,
    .freed = on_freed,
    .done = on_done,
    .has_more = has_more,
    .conclude = conclude,
    .print_label = print_label,
};

enum status open_loop_open(const struct measurement_setup *setup, measurement_over *over, void *context,
                           struct measurement **out, struct error *error) {
  return measurement_open(&open_loop, sizeof(struct open_loop), setup, over, context, out, error);
}

void open_loop_start(struct measurement *measurement, const struct schedule *schedule,
                     const struct recorder_batch *batch, int64_t offset) {
  const struct send_settings *settings = measurement->setup.settings;
  struct open_loop *loop = loop_of(measurement);
  loop->schedule = *schedule;
  loop->window_ns =
      settings->think == SEND_ORDER_THINK_SCHEDULE ? schedule->window_ns : settings->duration_ns;
  measurement->nonce += UINT64_C(1) << 40; // each repetition has its own
  struct remote_start start = {
      .batch = *batch, .offset = offset, .nonce = measurement->nonce, .is_open = true};
  if (measurement->setup.remote) remote_begin(measurement->setup.remote, measurement, &start);
  measurement->nonce = start.nonce;
  if (measurement_prepare(measurement, batch, offset)) {
    measurement_give_up(measurement);
    return;
  }
  measurement->batch.schedule_ns = loop->window_ns > 0 ? loop->window_ns : schedule->window_ns;
  for (int64_t i = 0; i < lanes_count(measurement->setup.lanes); i++)
    measurement->shares[i].active = true;
  measurement_start(measurement);
}
