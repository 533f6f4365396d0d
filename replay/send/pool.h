// SPDX-License-Identifier: GPL-3.0-or-later
//
// Closed-loop dispatch of one batch: at most W requests in flight, the rest wait here for a free worker; a
// worker that gets free takes the next one at once. Several pools, each on a thread of its own, may share a
// batch: each has its share of the workers, and takes the next request of all.
#ifndef REPLAY_POOL_H
#define REPLAY_POOL_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "replay/send/request_call.h"

struct pool_batch {
  const struct request *requests; // borrowed until `over`
  int64_t count;                  // of all pools that share them; at least 1
  _Atomic int64_t *next;          // the first that no pool has taken
  int64_t most;                   // this pool takes no more than so many
  int64_t workers;                // most in flight here, at least 1; as many as `most` for a burst
  int64_t start_ns;               // the intended instant of all
  int64_t end_ns;                 // none is taken from then on; 0: never
};

struct pool_handlers {
  void (*result)(void *context, const struct request_result *result); // each request, as it ends
  // This pool's last result was handed out; `done_ns` is the last byte's instant. Not called from within
  // pool_start, but from the loop; a new batch may be started in it.
  void (*over)(void *context, int64_t done_ns);
};

struct pool;

// `timeout_ns`: of one request. STATUS_MEMORY. Closing takes NULL, and wants no batch under way.
enum status pool_open(struct loop *loop, struct xfer_pool *transfers, int64_t timeout_ns,
                      const struct pool_handlers *handlers, void *context, struct pool **out,
                      struct error *error) MUST_USE;
void pool_close(struct pool *pool);

void pool_keep_chunks(struct pool *pool); // as request_call_keep_chunks

// Hands the batch over. Ready is the batch's start for the first W, then the instant at which a worker got
// free.
void pool_start(struct pool *pool, const struct pool_batch *batch);

// Sends no more and cancels what is in flight; `over` comes when that has ended.
void pool_cancel(struct pool *pool);

int64_t pool_in_flight(const struct pool *pool);
// Results handed out since pool_start.
int64_t pool_finished(const struct pool *pool);

#endif
