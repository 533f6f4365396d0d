// SPDX-License-Identifier: GPL-3.0-or-later
//
// Requests on their way: each is one transfer, the reader of its response, and the times of what it did.
#ifndef REPLAY_REQUEST_CALL_H
#define REPLAY_REQUEST_CALL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/net/loop.h"
#include "lib/net/xfer.h"
#include "replay/record/request.h"

struct request_call_handlers {
  // Its place is free: the last byte came, or it failed. A stream is done at its own end event
  // (response_is_over), when its connection still has a last chunk to come: that is waited for, so that the
  // connection can be used again, but for REQUEST_CALL_LINGER_NS at most. `freed_ns` is `done_ns` where that
  // took no longer than REQUEST_CALL_AT_ONCE_NS, else when it was over. Called before the response is judged,
  // so that the next request need not wait for that; of the result only the request, its index and the
  // instants are there.
  void (*freed)(void *context, const struct request_result *result);
  // The result, valid within the call. After `freed`, once per request that was taken.
  void (*done)(void *context, const struct request_result *result);
};

#define REQUEST_CALL_LINGER_NS (25 * CLOCK_NS_PER_MS)
#define REQUEST_CALL_AT_ONCE_NS (3 * CLOCK_NS_PER_MS)

struct request_call_pool;

// `timeout_ns`: of one request. Borrows `loop`, `transfers` (which is on it), `handlers`. STATUS_MEMORY.
enum status request_call_pool_open(struct loop *loop, struct xfer_pool *transfers, int64_t timeout_ns,
                                   const struct request_call_handlers *handlers, void *context,
                                   struct request_call_pool **out, struct error *error) MUST_USE;
// From now on every result has the instants of its text events.
void request_call_keep_chunks(struct request_call_pool *pool);
// Only when nothing is in flight. Takes NULL.
void request_call_pool_close(struct request_call_pool *pool);

// Sends one. A request that cannot even be started is given to `done` before this returns, as failure
// `connect`, and `freed` is not called for it. STATUS_MEMORY: nothing was called.
enum status request_call_send(struct request_call_pool *pool, const struct request *request, int64_t index,
                              int64_t intended_ns, int64_t ready_ns, struct error *error) MUST_USE;

// Ends everything in flight: `done` comes for each, soon, as `cancelled`.
void request_call_cancel_all(struct request_call_pool *pool);

int64_t request_call_in_flight(const struct request_call_pool *pool);

#endif
