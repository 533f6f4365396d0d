// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/send/measurement.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>

#include "lib/base/clock.h"

// From the preparation to the start: longer than a heartbeat of the loop, so that a stall by the preparation
// is over before the start and not counted.
#define START_DELAY_NS (2 * LOOP_HEARTBEAT_NS)

static int64_t later(int64_t a_ns, int64_t b_ns) {
  return a_ns > b_ns ? a_ns : b_ns;
}

static int64_t get(_Atomic int64_t *count) {
  return atomic_load_explicit(count, memory_order_relaxed);
}

static void set(_Atomic int64_t *count, int64_t value) { // written by one thread alone
  atomic_store_explicit(count, value, memory_order_relaxed);
}

static void check_over(struct share *share) {
  if (request_call_in_flight(share->calls) > 0) return;
  if (share->cancelled || !share->measurement->kind->has_more(share)) loop_timer_set(share->timer, 0);
}

static void on_freed(void *context, const struct request_result *result) {
  struct share *share = context;
  share->measurement->kind->freed(share, result);
}

static void on_done(void *context, const struct request_result *result) {
  struct share *share = context;
  struct measurement *measurement = share->measurement;
  enum failure failure = result->response->failure;
  bool success = failure == FAILURE_NONE;
  audit_request(&share->audit, result->sent_ns - later(result->intended_ns, result->ready_ns),
                success ? result->done_ns - result->sent_ns : -1);
  if (success) audit_first_token(&share->audit, result->ttft_ns);
  recorder_request(measurement->setup.recorder, share->lane->number, &measurement->batch, result);
  struct work_place place = {measurement->offset, result->index, measurement->batch.warmup};
  work_observe(measurement->setup.work, &place, success ? result->response->input_tokens : -1);
  share->done_ns = later(share->done_ns, result->done_ns);
  set(&share->ended, get(&share->ended) + 1);
  if (!success && failure != FAILURE_CANCELLED) set(&share->failed, get(&share->failed) + 1);
  set(&share->in_flight, request_call_in_flight(share->calls));
  measurement->kind->done(share, result);
  check_over(share);
}

static void conclude(struct measurement *measurement) {
  bool complete = !measurement->cancelled;
  struct audit_verdict verdict;
  int64_t done_ns = measurement->batch.start_ns, cpu_ns = 0, stall_max_ns = 0;
  audit_start(&measurement->audit, measurement->batch.start_ns);
  for (int64_t i = 0; i < lanes_count(measurement->setup.lanes); i++) {
    const struct share *share = &measurement->shares[i];
    if (!share->active) continue;
    complete &= !share->cancelled;
    audit_merge(&measurement->audit, &share->audit);
    done_ns = later(done_ns, share->done_ns);
    cpu_ns = later(cpu_ns, share->cpu_ns);
    stall_max_ns = later(stall_max_ns, share->stall_max_ns);
  }
  measurement->running = false;
  audit_finish(&measurement->audit, done_ns, cpu_ns, stall_max_ns, &verdict);
  int64_t total_ns = done_ns - measurement->batch.start_ns;
  if (complete)
    complete = remote_conclude(measurement->setup.remote, &measurement->audit, &verdict, &total_ns);
  if (!complete) { // its requests are recorded, the batch is not
    measurement->over(measurement->context, NULL);
    return;
  }
  struct measurement_outcome outcome = {
      .batch = &measurement->batch,
      .total_ns = total_ns,
      .sums = recorder_sums(measurement->setup.recorder),
      .verdict = &verdict,
  };
  if (!verdict.valid) {
    char reason[AUDIT_REASON_BYTES];
    audit_print_reason(&verdict, reason);
    measurement->kind->print_label(measurement, measurement->label);
    log_detail(measurement->setup.log, "not valid (%s): %s", reason, measurement->label);
  }
  measurement->kind->conclude(measurement, &outcome);
  measurement->over(measurement->context, &outcome);
}

static void share_is_over(void *context) { // on the main thread
  struct share *share = context;
  if (--share->measurement->open_shares == 0) conclude(share->measurement);
}

static void begin(struct share *share) {
  struct measurement *measurement = share->measurement;
  share->running = true;
  share->done_ns = measurement->batch.start_ns;
  (void)loop_take_stall_ns(share->lane->loop); // a stall before the start does not count
  audit_start(&share->audit, measurement->batch.start_ns);
  share->cpu_ns = lanes_cpu_ns(share->lane);
  measurement->kind->begin(share);
  set(&share->in_flight, request_call_in_flight(share->calls));
  check_over(share);
}

static void end(struct share *share) {
  share->running = false;
  share->cpu_ns = lanes_cpu_ns(share->lane) - share->cpu_ns;
  share->stall_max_ns = loop_take_stall_ns(share->lane->loop);
  lanes_report(share->lane, &share->over);
}

static void timer_due(void *context) {
  struct share *share = context;
  if (share->waiting) {
    share->waiting = false;
    if (!share->cancelled) {
      begin(share);
    } else {
      share->cpu_ns = share->stall_max_ns = 0;
      lanes_report(share->lane, &share->over);
    }
  } else if (share->running && request_call_in_flight(share->calls) == 0) {
    end(share);
  }
}

static void start(void *context) {
  struct share *share = context;
  share->waiting = true;
  share->cancelled = false;
  loop_timer_set(share->timer, share->measurement->batch.start_ns);
}

void measurement_cancel_share(struct share *share) {
  share->cancelled = true;
  request_call_cancel_all(share->calls);
  check_over(share);
}

// May come twice, and after the end.
static void cancel(void *context) {
  struct share *share = context;
  if (share->waiting || share->running) measurement_cancel_share(share);
}

void measurement_remote_record(void *context, const struct run_request *record) {
  struct measurement *measurement = context;
  bool success = record->error == FAILURE_NONE;
  audit_request(remote_audit(measurement->setup.remote),
                record->sent_ns - later(record->intended_ns, record->ready_ns),
                success ? record->latency_ns : -1);
  if (success) audit_first_token(remote_audit(measurement->setup.remote), record->ttft_ns);
  struct work_place place = {measurement->offset, record->index, measurement->batch.warmup};
  work_observe(measurement->setup.work, &place, success ? record->input_tokens : -1);
  measurement->remote_ended++;
  measurement->remote_failed += !success && record->error != FAILURE_CANCELLED;
}

void measurement_remote_over(void *context) {
  share_is_over(&((struct measurement *)context)->shares[0]);
}

// Where ranks meet, the delay counts from there.
static enum status set_start(struct measurement *measurement, int64_t planned_ns) {
  int64_t now_ns = clock_now_ns();
  int64_t delay_ns = planned_ns > 0 ? planned_ns - now_ns : START_DELAY_NS;
  measurement->batch.start_ns = now_ns + delay_ns;
  if (!measurement->setup.remote) return STATUS_OK;
  return remote_meet(measurement->setup.remote, delay_ns, &measurement->batch.start_ns);
}

enum status measurement_prepare(struct measurement *measurement, const struct recorder_batch *batch,
                                int64_t offset) {
  measurement->batch = *batch;
  enum status status = set_start(measurement, batch->start_ns);
  measurement->offset = offset;
  measurement->running = true;
  measurement->cancelled = false;
  return status;
}

void measurement_start(struct measurement *measurement) {
  int64_t lanes = lanes_count(measurement->setup.lanes);
  recorder_start_batch(measurement->setup.recorder, &measurement->batch);
  measurement->open_shares = remote_pending(measurement->setup.remote);
  for (int64_t i = 0; i < lanes; i++)
    measurement->open_shares += measurement->shares[i].active;
  for (int64_t i = 0; i < lanes; i++) {
    struct share *share = &measurement->shares[i];
    if (share->active) lanes_post(share->lane, &share->start);
  }
  if (measurement->open_shares == 0) conclude(measurement); // a rank without a part
}

void measurement_give_up(struct measurement *measurement) {
  measurement->cancelled = true;
  loop_timer_set(measurement->timer, 0);
}

static void give_up_due(void *context) {
  struct measurement *measurement = context;
  measurement->running = false;
  measurement->over(measurement->context, NULL);
}

void measurement_cancel(struct measurement *measurement) {
  if (!measurement_running(measurement)) return;
  measurement->cancelled = true;
  for (int64_t i = 0; i < lanes_count(measurement->setup.lanes); i++) {
    struct share *share = &measurement->shares[i];
    if (share->active) lanes_post(share->lane, &share->cancel);
  }
  int64_t pending = remote_pending(measurement->setup.remote);
  remote_cancel(measurement->setup.remote);
  measurement->open_shares -= pending;
  if (pending > 0 && measurement->open_shares == 0) conclude(measurement);
}

bool measurement_running(const struct measurement *measurement) {
  return measurement && measurement->running;
}

void measurement_progress(struct measurement *measurement, int64_t now_ns, struct progress_state *state) {
  if (!measurement) return;
  for (int64_t i = 0; i < lanes_count(measurement->setup.lanes); i++) {
    struct share *share = &measurement->shares[i];
    state->requests += get(&share->ended);
    state->failed += get(&share->failed);
    state->in_flight += get(&share->in_flight);
  }
  state->requests += measurement->remote_ended;
  state->failed += measurement->remote_failed;
  if (!measurement->running) return;
  struct recorder_sums sums = recorder_sums_now(measurement->setup.recorder);
  double elapsed_s = clock_seconds(now_ns - measurement->batch.start_ns);
  state->output_tokens = sums.output_tokens > 0 ? sums.output_tokens : 0;
  if (elapsed_s > 0) {
    state->requests_per_s = (double)sums.requests / elapsed_s;
    state->tokens_per_s = (double)state->output_tokens / elapsed_s;
  }
  measurement->kind->print_label(measurement, measurement->label);
  state->label = measurement->label;
}

static enum status open_share(struct measurement *measurement, int64_t number, struct error *error) {
  static const struct request_call_handlers handlers = {.freed = on_freed, .done = on_done};
  struct share *share = &measurement->shares[number];
  struct lane *lane = lanes_at(measurement->setup.lanes, number);
  share->measurement = measurement;
  share->lane = lane;
  share->start = (struct loop_task){.call = start, .context = share};
  share->cancel = (struct loop_task){.call = cancel, .context = share};
  share->over = (struct loop_task){.call = share_is_over, .context = share};
  enum status status = loop_timer_open(lane->loop, timer_due, share, &share->timer, error);
  if (!status)
    status = request_call_pool_open(lane->loop, lane->transfers, measurement->setup.settings->timeout_ns,
                                    &handlers, share, &share->calls, error);
  if (!status) status = audit_open(&share->audit, error);
  if (status) return status;
  if (measurement->setup.settings->chunks) request_call_keep_chunks(share->calls);
  return measurement->kind->open(share, error);
}

enum status measurement_open(const struct measurement_kind *kind, size_t own_size,
                             const struct measurement_setup *setup, measurement_over *over, void *context,
                             struct measurement **out, struct error *error) {
  struct measurement *measurement = calloc(1, sizeof *measurement);
  if (!measurement) return status_memory(error);
  *measurement = (struct measurement){.kind = kind, .setup = *setup, .over = over, .context = context};
  // Not from the seed: a second run with the same seed must not meet the first one's prompts in a cache.
  measurement->nonce = setup->settings->nonce;
  if (measurement->nonce == 0 &&
      getrandom(&measurement->nonce, sizeof measurement->nonce, 0) != sizeof measurement->nonce)
    measurement->nonce = (uint64_t)clock_now_ns();
  int64_t lanes = lanes_count(setup->lanes);
  measurement->own = calloc(1, own_size);
  measurement->shares = calloc((size_t)lanes, sizeof *measurement->shares);
  enum status status = STATUS_OK;
  if (!measurement->own || !measurement->shares) status = status_memory(error);
  if (!status)
    status = loop_timer_open(lanes_at(setup->lanes, 0)->loop, give_up_due, measurement, &measurement->timer,
                             error);
  if (!status) status = audit_open(&measurement->audit, error);
  for (int64_t i = 0; status == STATUS_OK && i < lanes; i++)
    status = open_share(measurement, i, error);
  if (status) {
    measurement_close(measurement);
    return status;
  }
  *out = measurement;
  return STATUS_OK;
}

void measurement_close(struct measurement *measurement) {
  if (!measurement) return;
  for (int64_t i = 0; measurement->shares && i < lanes_count(measurement->setup.lanes); i++) {
    struct share *share = &measurement->shares[i];
    if (share->part) measurement->kind->close(share);
    request_call_pool_close(share->calls);
    loop_timer_close(share->timer);
    audit_close(&share->audit);
  }
  audit_close(&measurement->audit);
  loop_timer_close(measurement->timer);
  free(measurement->own);
  free(measurement->shares);
  free(measurement);
}
