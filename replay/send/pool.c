// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/send/pool.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/net/loop.h"

struct pool {
  struct request_call_pool *streams;
  struct loop_timer *over_timer; // `over` comes from the loop, never from within a transfer's end
  const struct pool_handlers *handlers;
  void *context;
  struct pool_batch batch;
  int64_t held;     // taken but not sent: there was no memory; -1: none
  int64_t taken;    // and sent
  int64_t finished; // results handed out
  int64_t last_done_ns;
  bool cancelled;
};

// The next request, if this pool may still take one; else -1.
static int64_t take(struct pool *pool) {
  int64_t index = pool->held;
  pool->held = -1;
  if (index >= 0) return index;
  if (pool->cancelled || pool->taken == pool->batch.most) return -1;
  if (pool->batch.end_ns > 0 && clock_now_ns() >= pool->batch.end_ns) return -1;
  index = atomic_fetch_add_explicit(pool->batch.next, 1, memory_order_relaxed);
  return index < pool->batch.count ? index : -1;
}

// Sends as long as workers are free; `ready_ns` is since when they are.
static void dispatch(struct pool *pool, int64_t ready_ns) {
  while (!pool->cancelled && request_call_in_flight(pool->streams) < pool->batch.workers) {
    int64_t index = take(pool);
    if (index < 0) return;
    pool->taken++;
    if (request_call_send(pool->streams, &pool->batch.requests[index], index, pool->batch.start_ns, ready_ns,
                          NULL)) {
      pool->taken--; // no memory: the next worker that gets free tries again
      pool->held = index;
      if (request_call_in_flight(pool->streams) == 0) pool->cancelled = true;
      return;
    }
  }
}

// Nothing is under way here and nothing is left to take: a worker that got free took it before this is asked.
static void check_over(struct pool *pool) {
  if (pool->finished == pool->taken) loop_timer_set(pool->over_timer, 0);
}

static void on_freed(void *context, const struct request_result *result) {
  struct pool *pool = context;
  dispatch(pool, result->freed_ns);
}

static void on_done(void *context, const struct request_result *result) {
  struct pool *pool = context;
  pool->finished++;
  if (result->done_ns > pool->last_done_ns) pool->last_done_ns = result->done_ns;
  pool->handlers->result(pool->context, result);
  check_over(pool);
}

static void over_due(void *context) {
  struct pool *pool = context;
  if (pool->finished < pool->taken) return; // the one that ended could not even be started, others could
  pool->handlers->over(pool->context, pool->last_done_ns);
}

static const struct request_call_handlers request_call_handlers = {.freed = on_freed, .done = on_done};

enum status pool_open(struct loop *loop, struct xfer_pool *transfers, int64_t timeout_ns,
                      const struct pool_handlers *handlers, void *context, struct pool **out,
                      struct error *error) {
  struct pool *pool = calloc(1, sizeof *pool);
  if (!pool) return status_fail(error, STATUS_MEMORY, "%s", status_name(STATUS_MEMORY));
  pool->handlers = handlers;
  pool->context = context;
  enum status status = request_call_pool_open(loop, transfers, timeout_ns, &request_call_handlers, pool,
                                              &pool->streams, error);
  if (status == STATUS_OK) status = loop_timer_open(loop, over_due, pool, &pool->over_timer, error);
  if (status) {
    pool_close(pool);
    return status;
  }
  *out = pool;
  return STATUS_OK;
}

void pool_keep_chunks(struct pool *pool) {
  request_call_keep_chunks(pool->streams);
}

void pool_close(struct pool *pool) {
  if (!pool) return;
  request_call_pool_close(pool->streams);
  loop_timer_close(pool->over_timer);
  free(pool);
}

void pool_start(struct pool *pool, const struct pool_batch *batch) {
  pool->batch = *batch;
  pool->held = -1;
  pool->taken = pool->finished = 0;
  pool->last_done_ns = batch->start_ns;
  pool->cancelled = false;
  dispatch(pool, batch->start_ns);
  check_over(pool);
}

void pool_cancel(struct pool *pool) {
  pool->cancelled = true;
  request_call_cancel_all(pool->streams);
  check_over(pool);
}

int64_t pool_finished(const struct pool *pool) {
  return pool->finished;
}

int64_t pool_in_flight(const struct pool *pool) {
  return request_call_in_flight(pool->streams);
}
