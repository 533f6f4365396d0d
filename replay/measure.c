// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "lib/base/clock.h"
#include "replay/batch.h"
#include "replay/pool.h"
#include "replay/random.h"

// Between the preparation of a batch and its start: longer than a heartbeat of the loop, so that a stall by
// preparing it is seen before the batch begins and not blamed on it.
#define START_DELAY_NS (2 * LOOP_HEARTBEAT_NS)

enum phase { PHASE_IDLE, PHASE_WAITING, PHASE_RUNNING, PHASE_CANCELLED };

struct measure {
  struct measure_setup setup;
  measure_over *over;
  void *context;
  struct pool *pool;
  struct loop_timer *timer; // the start; or the end of a batch that never began
  enum phase phase;
  struct batch batch;
  struct recorder_batch record;
  int64_t offset; // of the batch in the draw
  struct audit audit;
  uint64_t nonce_base, nonce_count;
  int64_t requests, failed; // of all batches
  char label[96];
};

bool measure_running(const struct measure *measure) {
  return measure->phase != PHASE_IDLE;
}

static int64_t later(int64_t a_ns, int64_t b_ns) {
  return a_ns > b_ns ? a_ns : b_ns;
}

static void on_result(void *context, const struct stream_result *result) {
  struct measure *measure = context;
  bool success = result->response->failure == FAILURE_NONE;
  audit_request(&measure->audit, result->sent_ns - later(result->intended_ns, result->ready_ns),
                success ? result->done_ns - result->sent_ns : -1);
  recorder_request(measure->setup.recorder, &measure->record, result);
  struct work_place place = {measure->offset, result->index, measure->record.warmup};
  work_observe(measure->setup.work, &place, success ? result->response->input_tokens : -1);
  measure->requests++;
  if (!success && result->response->failure != FAILURE_CANCELLED) measure->failed++;
}

static void end_without_outcome(struct measure *measure) {
  measure->phase = PHASE_IDLE;
  measure->over(measure->context, NULL);
}

static void on_over(void *context, int64_t done_ns) {
  struct measure *measure = context;
  const struct recorder_sums *sums = recorder_sums(measure->setup.recorder);
  if (measure->phase == PHASE_CANCELLED || sums->requests < measure->batch.count) {
    end_without_outcome(measure); // unfinished: its requests are recorded, the batch is none
    return;
  }
  struct audit_verdict verdict;
  struct measure_outcome outcome = {
      .batch = &measure->record,
      .total_ns = done_ns - measure->record.start_ns,
      .sums = sums,
      .verdict = &verdict,
  };
  measure->phase = PHASE_IDLE;
  audit_finish(&measure->audit, done_ns, clock_cpu_ns(), loop_take_stall_ns(measure->setup.loop), &verdict);
  if (!verdict.valid) {
    log_detail(measure->setup.log, "workers %lld batch %lld rep %lld is not valid: %s",
               (long long)measure->record.workers, (long long)measure->record.batch,
               (long long)measure->record.rep, verdict.reason);
  }
  measure->over(measure->context, &outcome);
}

static void start(struct measure *measure) {
  bool burst = measure->setup.opts->dispatch == OPTS_DISPATCH_BURST;
  struct pool_batch batch = {
      .requests = measure->batch.requests,
      .count = measure->batch.count,
      .workers = burst ? measure->batch.count : measure->record.workers,
      .start_ns = measure->record.start_ns,
  };
  measure->phase = PHASE_RUNNING;
  (void)loop_take_stall_ns(measure->setup.loop); // what was before does not count
  recorder_start_batch(measure->setup.recorder);
  audit_start(&measure->audit, measure->record.start_ns, clock_cpu_ns());
  pool_start(measure->pool, &batch);
}

static void timer_due(void *context) {
  struct measure *measure = context;
  if (measure->phase == PHASE_WAITING) {
    start(measure);
  } else {
    end_without_outcome(measure);
  }
}

void measure_start(struct measure *measure, const struct recorder_batch *batch, int64_t offset,
                   uint16_t port) {
  char nonce[REWRITE_NONCE_BYTES];
  rewrite_print_nonce(random_spread(measure->nonce_base + measure->nonce_count++), nonce);
  struct batch_source source = {
      .work = measure->setup.work,
      .endpoint = &measure->setup.opts->endpoint,
      .port = port,
      .offset = offset,
      .count = batch->batch,
      .warmup = batch->warmup,
      .nonce = measure->setup.cache_bust ? nonce : NULL,
  };
  measure->record = *batch;
  measure->offset = offset;
  if (batch_prepare(&measure->batch, &source, NULL)) {
    measure->phase = PHASE_CANCELLED;
    loop_timer_set(measure->timer, 0);
    return;
  }
  measure->phase = PHASE_WAITING;
  measure->record.start_ns = clock_now_ns() + START_DELAY_NS;
  loop_timer_set(measure->timer, measure->record.start_ns);
}

void measure_cancel(struct measure *measure) {
  enum phase phase = measure->phase;
  if (phase == PHASE_IDLE) return;
  measure->phase = PHASE_CANCELLED;
  if (phase == PHASE_WAITING) loop_timer_set(measure->timer, 0);
  if (phase == PHASE_RUNNING) pool_cancel(measure->pool);
}

void measure_progress(struct measure *measure, int64_t now_ns, struct progress_state *state) {
  const struct recorder_sums *sums = recorder_sums(measure->setup.recorder);
  double elapsed_s = clock_seconds(now_ns - measure->record.start_ns);
  state->requests = measure->requests;
  state->failed = measure->failed;
  state->in_flight = pool_in_flight(measure->pool);
  if (measure->phase != PHASE_RUNNING) return;
  state->output_tokens = sums->output_tokens > 0 ? sums->output_tokens : 0;
  if (elapsed_s > 0) {
    state->requests_per_s = (double)sums->requests / elapsed_s;
    state->tokens_per_s = (double)state->output_tokens / elapsed_s;
  }
  snprintf(measure->label, sizeof measure->label, "W=%lld B=%lld %s %lld", (long long)measure->record.workers,
           (long long)measure->record.batch, measure->record.warmup ? "warm-up" : "rep",
           (long long)measure->record.rep + 1);
  state->label = measure->label;
}

static const struct pool_handlers pool_handlers = {.result = on_result, .over = on_over};

enum status measure_open(const struct measure_setup *setup, measure_over *over, void *context,
                         struct measure **out, struct error *error) {
  struct measure *measure = calloc(1, sizeof *measure);
  if (!measure) return status_fail(error, STATUS_MEMORY, "%s", status_name(STATUS_MEMORY));
  measure->setup = *setup;
  measure->over = over;
  measure->context = context;
  // Not from the seed: a second run with the same seed must not meet the first one's prompts in a cache.
  if (getrandom(&measure->nonce_base, sizeof measure->nonce_base, 0) != sizeof measure->nonce_base)
    measure->nonce_base = (uint64_t)clock_now_ns();
  enum status status = loop_timer_open(setup->loop, timer_due, measure, &measure->timer, error);
  if (status == STATUS_OK) {
    status = pool_open(setup->loop, setup->transfers, setup->opts->timeout_ns, &pool_handlers, measure,
                       &measure->pool, error);
  }
  if (status == STATUS_OK && setup->opts->chunks) pool_keep_chunks(measure->pool);
  if (status) {
    measure_close(measure);
    return status;
  }
  *out = measure;
  return STATUS_OK;
}

void measure_close(struct measure *measure) {
  if (!measure) return;
  pool_close(measure->pool);
  loop_timer_close(measure->timer);
  batch_free(&measure->batch);
  free(measure);
}
