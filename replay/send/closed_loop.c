// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/send/closed_loop.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "lib/base/clock.h"
#include "replay/send/batch.h"
#include "replay/send/pool.h"

// Between the preparation of a batch and its start: longer than a heartbeat of the loop, so that a stall by
// preparing it is seen before the batch begins and not blamed on it.
#define START_DELAY_NS (2 * LOOP_HEARTBEAT_NS)
#define TIMED_ROOM 3       // times the requests that the fastest batch so far would have taken
#define TIMED_WAVES_MIN 64 // and no fewer than so many for each worker

// What one lane does of the batches. Its members are its thread's while it sends, but for the counts.
struct share {
  struct closed_loop *measure;
  struct lane *lane;
  struct pool *pool;
  struct loop_timer *timer; // the start
  struct loop_letter arm, cancel, over;
  struct pool_batch batch;
  bool waiting, running; // for the start; since then
  struct audit audit;
  int64_t cpu_ns, stall_max_ns; // cpu_ns: at the start, then since it
  int64_t done_ns;
  _Atomic int64_t requests, failed; // of all batches
  _Atomic int64_t in_flight;
};

struct closed_loop {
  struct closed_loop_setup setup;
  closed_loop_over *over;
  void *context;
  struct share *shares;     // one for each lane
  int64_t open_shares;      // of the batch under way, that are not over
  struct loop_timer *timer; // the end of a batch that never began
  bool running, cancelled;
  struct batch batch;
  _Atomic int64_t next; // of the batch, that no lane has taken
  struct recorder_batch record;
  int64_t offset;     // of the batch in the draw
  struct audit audit; // of all lanes
  uint64_t next_nonce;
  double rate_most; // requests/s of the fastest batch so far
  char label[96];
};

static void add(_Atomic int64_t *count, int64_t more) { // written by one thread alone
  int64_t value = atomic_load_explicit(count, memory_order_relaxed);
  atomic_store_explicit(count, value + more, memory_order_relaxed);
}

bool closed_loop_running(const struct closed_loop *measure) {
  return measure->running;
}

static int64_t later(int64_t a_ns, int64_t b_ns) {
  return a_ns > b_ns ? a_ns : b_ns;
}

static void on_result(void *context, const struct request_result *result) {
  struct share *share = context;
  struct closed_loop *measure = share->measure;
  bool success = result->response->failure == FAILURE_NONE;
  audit_request(&share->audit, result->sent_ns - later(result->intended_ns, result->ready_ns),
                success ? result->done_ns - result->sent_ns : -1);
  if (success) audit_first_token(&share->audit, result->ttft_ns);
  recorder_request(measure->setup.recorder, share->lane->number, &measure->record, result);
  struct work_place place = {measure->offset, result->index, measure->record.warmup};
  work_observe(measure->setup.work, &place, success ? result->response->input_tokens : -1);
  add(&share->requests, 1);
  if (!success && result->response->failure != FAILURE_CANCELLED) add(&share->failed, 1);
  atomic_store_explicit(&share->in_flight, pool_in_flight(share->pool), memory_order_relaxed);
}

static void end_without_outcome(struct closed_loop *measure) {
  measure->running = false;
  measure->over(measure->context, NULL);
}

// What the lanes saw, put together.
static void judge(struct closed_loop *measure, int64_t done_ns, struct audit_verdict *out) {
  int64_t cpu_ns = 0, stall_max_ns = 0;
  audit_start(&measure->audit, measure->record.start_ns);
  for (int64_t i = 0; i < lanes_count(measure->setup.lanes); i++) {
    const struct share *share = &measure->shares[i];
    if (share->batch.most == 0) continue;
    audit_merge(&measure->audit, &share->audit);
    cpu_ns = later(cpu_ns, share->cpu_ns);
    stall_max_ns = later(stall_max_ns, share->stall_max_ns);
  }
  audit_finish(&measure->audit, done_ns, cpu_ns, stall_max_ns, out);
}

// A timed batch of which nothing was left before its time was up has been shorter than it should be.
static void note_rate(struct closed_loop *measure, int64_t requests, int64_t total_ns) {
  double rate = (double)requests / clock_seconds(total_ns);
  if (total_ns > 0 && rate > measure->rate_most) measure->rate_most = rate;
  if (measure->record.batch > 0 || requests < measure->batch.count) return;
  log_notice(measure->setup.log,
             "workers %lld rep %lld ended early: the %lld requests made ready were used up",
             (long long)measure->record.workers, (long long)measure->record.rep, (long long)requests);
}

static int64_t taken(struct closed_loop *measure) {
  int64_t next = atomic_load_explicit(&measure->next, memory_order_relaxed);
  return next < measure->batch.count ? next : measure->batch.count;
}

static void conclude(struct closed_loop *measure) {
  const struct recorder_sums *sums = recorder_sums(measure->setup.recorder);
  bool timed = measure->record.batch == 0;
  if (measure->cancelled || sums->requests < (timed ? taken(measure) : measure->batch.count)) {
    end_without_outcome(measure); // unfinished: its requests are recorded, the batch is none
    return;
  }
  int64_t done_ns = measure->record.start_ns;
  for (int64_t i = 0; i < lanes_count(measure->setup.lanes); i++) {
    if (measure->shares[i].batch.most > 0) done_ns = later(done_ns, measure->shares[i].done_ns);
  }
  struct audit_verdict verdict;
  struct closed_loop_outcome outcome = {
      .batch = &measure->record,
      .total_ns = done_ns - measure->record.start_ns,
      .sums = sums,
      .verdict = &verdict,
  };
  measure->running = false;
  note_rate(measure, sums->requests, outcome.total_ns);
  judge(measure, done_ns, &verdict);
  if (!verdict.valid) {
    char reason[AUDIT_REASON_BYTES];
    audit_print_reason(&verdict, reason);
    log_detail(measure->setup.log, "workers %lld batch %lld rep %lld is not valid: %s",
               (long long)measure->record.workers, (long long)measure->record.batch,
               (long long)measure->record.rep, reason);
  }
  measure->over(measure->context, &outcome);
}

// On the main thread: a lane is through.
static void share_is_over(void *context) {
  struct share *share = context;
  if (--share->measure->open_shares == 0) conclude(share->measure);
}

static void on_over(void *context, int64_t done_ns) {
  struct share *share = context;
  share->running = false;
  share->done_ns = done_ns;
  share->cpu_ns = lanes_cpu_ns(share->lane) - share->cpu_ns;
  share->stall_max_ns = loop_take_stall_ns(share->lane->loop);
  lanes_report(share->lane, &share->over);
}

static void start_due(void *context) {
  struct share *share = context;
  if (!share->waiting) { // cancelled
    lanes_report(share->lane, &share->over);
    return;
  }
  share->waiting = false;
  share->running = true;
  (void)loop_take_stall_ns(share->lane->loop); // what was before does not count
  audit_start(&share->audit, share->batch.start_ns);
  share->cpu_ns = lanes_cpu_ns(share->lane);
  pool_start(share->pool, &share->batch);
  atomic_store_explicit(&share->in_flight, pool_in_flight(share->pool), memory_order_relaxed);
}

static void arm(void *context) {
  struct share *share = context;
  share->waiting = true;
  loop_timer_set(share->timer, share->batch.start_ns);
}

// May come twice, and after all is over.
static void cancel(void *context) {
  struct share *share = context;
  if (share->waiting) {
    share->waiting = false;
    loop_timer_set(share->timer, 0);
  } else if (share->running) {
    pool_cancel(share->pool);
  }
}

static void nothing_due(void *context) {
  end_without_outcome(context);
}

// Divides the batch among the lanes: W workers, and in a burst the requests too.
static void divide(struct closed_loop *measure) {
  int64_t lanes = lanes_count(measure->setup.lanes), count = measure->batch.count;
  bool burst = measure->setup.opts->dispatch == OPTS_DISPATCH_BURST;
  atomic_store_explicit(&measure->next, 0, memory_order_relaxed);
  measure->open_shares = 0;
  for (int64_t i = 0; i < lanes; i++) {
    int64_t workers = lanes_part(burst ? count : measure->record.workers, i, lanes);
    measure->shares[i].batch = (struct pool_batch){
        .requests = measure->batch.requests,
        .count = count,
        .next = &measure->next,
        .most = burst || workers == 0 ? workers : count,
        .workers = workers,
        .start_ns = measure->record.start_ns,
        .end_ns = measure->record.batch > 0 ? 0 : measure->record.start_ns + measure->setup.opts->duration_ns,
    };
    measure->open_shares += workers > 0;
  }
}

// How many requests are made ready for a batch. A timed one may be faster than all before it.
static int64_t count_of(const struct closed_loop *measure, const struct recorder_batch *batch) {
  if (batch->batch > 0) return batch->batch;
  double expected = measure->rate_most * clock_seconds(measure->setup.opts->duration_ns);
  int64_t least = TIMED_WAVES_MIN * batch->workers;
  if (expected >= (double)PLAN_BATCH_MAX / TIMED_ROOM) return PLAN_BATCH_MAX;
  int64_t count = (int64_t)(TIMED_ROOM * expected) + batch->workers;
  if (count < least) count = least;
  return count < PLAN_BATCH_MAX ? count : PLAN_BATCH_MAX;
}

void closed_loop_start(struct closed_loop *measure, const struct recorder_batch *batch, int64_t offset,
                       uint16_t port) {
  struct batch_source source = {
      .work = measure->setup.work,
      .endpoint = &measure->setup.opts->endpoint,
      .port = port,
      .offset = offset,
      .count = count_of(measure, batch),
      .warmup = batch->warmup,
      .cache_bust = measure->setup.cache_bust,
      .nonce = measure->next_nonce,
  };
  measure->next_nonce += (uint64_t)batch_passes(source.work, source.count);
  measure->record = *batch;
  measure->offset = offset;
  measure->running = true;
  measure->cancelled = false;
  if (batch_prepare(&measure->batch, &source, NULL)) {
    loop_timer_set(measure->timer, 0);
    return;
  }
  measure->record.start_ns = clock_now_ns() + START_DELAY_NS;
  recorder_start_batch(measure->setup.recorder);
  divide(measure);
  for (int64_t i = 0; i < lanes_count(measure->setup.lanes); i++) {
    struct share *share = &measure->shares[i];
    if (share->batch.most > 0) lanes_tell(share->lane, &share->arm);
  }
}

void closed_loop_cancel(struct closed_loop *measure) {
  if (!measure->running) return;
  measure->cancelled = true;
  for (int64_t i = 0; i < lanes_count(measure->setup.lanes); i++) {
    struct share *share = &measure->shares[i];
    if (share->batch.most > 0) lanes_tell(share->lane, &share->cancel);
  }
}

void closed_loop_progress(struct closed_loop *measure, int64_t now_ns, struct progress_state *state) {
  struct recorder_sums sums = recorder_sums_now(measure->setup.recorder);
  double elapsed_s = clock_seconds(now_ns - measure->record.start_ns);
  for (int64_t i = 0; i < lanes_count(measure->setup.lanes); i++) {
    struct share *share = &measure->shares[i];
    state->requests += atomic_load_explicit(&share->requests, memory_order_relaxed);
    state->failed += atomic_load_explicit(&share->failed, memory_order_relaxed);
    state->in_flight += atomic_load_explicit(&share->in_flight, memory_order_relaxed);
  }
  if (!measure->running) return;
  state->output_tokens = sums.output_tokens > 0 ? sums.output_tokens : 0;
  if (elapsed_s > 0) {
    state->requests_per_s = (double)sums.requests / elapsed_s;
    state->tokens_per_s = (double)state->output_tokens / elapsed_s;
  }
  char size[32] = "timed";
  if (measure->record.batch > 0) snprintf(size, sizeof size, "B=%lld", (long long)measure->record.batch);
  snprintf(measure->label, sizeof measure->label, "W=%lld %s %s %lld", (long long)measure->record.workers,
           size, measure->record.warmup ? "warm-up" : "rep", (long long)measure->record.rep + 1);
  state->label = measure->label;
}

static const struct pool_handlers pool_handlers = {.result = on_result, .over = on_over};

static enum status open_share(struct closed_loop *measure, int64_t number, struct error *error) {
  struct share *share = &measure->shares[number];
  struct lane *lane = lanes_at(measure->setup.lanes, number);
  share->measure = measure;
  share->lane = lane;
  share->arm = (struct loop_letter){.call = arm, .context = share};
  share->cancel = (struct loop_letter){.call = cancel, .context = share};
  share->over = (struct loop_letter){.call = share_is_over, .context = share};
  enum status status = loop_timer_open(lane->loop, start_due, share, &share->timer, error);
  if (!status)
    status = pool_open(lane->loop, lane->transfers, measure->setup.opts->timeout_ns, &pool_handlers, share,
                       &share->pool, error);
  if (!status && measure->setup.opts->chunks) pool_keep_chunks(share->pool);
  return status;
}

enum status closed_loop_open(const struct closed_loop_setup *setup, closed_loop_over *over, void *context,
                             struct closed_loop **out, struct error *error) {
  struct closed_loop *measure = calloc(1, sizeof *measure);
  if (!measure) return status_fail(error, STATUS_MEMORY, "%s", status_name(STATUS_MEMORY));
  measure->setup = *setup;
  measure->over = over;
  measure->context = context;
  // Not from the seed: a second run with the same seed must not meet the first one's prompts in a cache.
  if (getrandom(&measure->next_nonce, sizeof measure->next_nonce, 0) != sizeof measure->next_nonce)
    measure->next_nonce = (uint64_t)clock_now_ns();
  int64_t lanes = lanes_count(setup->lanes);
  enum status status =
      loop_timer_open(lanes_at(setup->lanes, 0)->loop, nothing_due, measure, &measure->timer, error);
  measure->shares = calloc((size_t)lanes, sizeof *measure->shares);
  if (!status && !measure->shares)
    status = status_fail(error, STATUS_MEMORY, "%s", status_name(STATUS_MEMORY));
  for (int64_t i = 0; status == STATUS_OK && i < lanes; i++)
    status = open_share(measure, i, error);
  if (status) {
    closed_loop_close(measure);
    return status;
  }
  *out = measure;
  return STATUS_OK;
}

void closed_loop_close(struct closed_loop *measure) {
  if (!measure) return;
  for (int64_t i = 0; measure->shares && i < lanes_count(measure->setup.lanes); i++) {
    pool_close(measure->shares[i].pool);
    loop_timer_close(measure->shares[i].timer);
  }
  loop_timer_close(measure->timer);
  batch_free(&measure->batch);
  free(measure->shares);
  free(measure);
}
