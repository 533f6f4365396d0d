// SPDX-License-Identifier: GPL-3.0-or-later
//
// The pool: transfers in and out of libcurl's multi handle, sockets and timers on the loop.
#include "lib/net/xfer.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/net/xfer_pool.h"

// Rounds of settle before the loop gets its turn: a server that refuses at once must not keep it.
enum { MOST_ROUNDS = 32 };

// Transfers that start before the loop gets its turn: each takes up to 0.1 ms, and while many start, what
// comes on others must be seen in time.
enum { MOST_STARTS = 16 };

enum { MOST_KEPT = 1000000 }; // connections: more than there are descriptors

const char *xfer_outcome_name(enum xfer_outcome outcome) {
  static const char *const names[] = {
      [XFER_OK] = "ok",
      [XFER_CONNECT] = "connect",
      [XFER_TLS] = "tls",
      [XFER_TIMEOUT] = "timeout",
      [XFER_RESET] = "reset",
      [XFER_TRUNCATED] = "truncated",
      [XFER_PROTOCOL] = "protocol",
      [XFER_CANCELLED] = "cancelled",
      [XFER_UPLOAD] = "upload",
  };
  return names[outcome];
}

static void unlink_xfer(struct xfer *xfer) {
  struct xfer_pool *pool = xfer->pool;
  if (xfer->previous) xfer->previous->next = xfer->next;
  if (pool->first == xfer) pool->first = xfer->next;
  if (xfer->next) xfer->next->previous = xfer->previous;
  xfer->previous = xfer->next = NULL;
}

// Tells the caller of the end and keeps the transfer for the next one.
static void finish(struct xfer *xfer, CURLcode code) {
  struct xfer_pool *pool = xfer->pool;
  xfer_easy_result(xfer, code);
  if (xfer->state == XFER_STATE_ADDED) curl_multi_remove_handle(pool->multi, xfer->easy);
  unlink_xfer(xfer);
  xfer->callbacks->done(xfer->context, &xfer->result);
  xfer->state = XFER_STATE_FREE;
  if (!xfer->marked) { // else settle, which still holds it, gives it back
    xfer->next = pool->free;
    pool->free = xfer;
  }
}

static void mark(struct xfer *xfer) {
  struct xfer_pool *pool = xfer->pool;
  if (xfer->marked) return;
  xfer->marked = true;
  xfer->next_marked = NULL;
  if (pool->last_marked) {
    pool->last_marked->next_marked = xfer;
  } else {
    pool->marked = xfer;
  }
  pool->last_marked = xfer;
  if (!pool->settling && !pool->inside) loop_timer_set_now(pool->settle_timer); // else settle is next
}

// Does what the transfer wants; true when libcurl has got a new one.
static bool act_on(struct xfer *xfer) {
  struct xfer_pool *pool = xfer->pool;
  if (xfer->state == XFER_STATE_FREE) { // ended after it was marked
    xfer->next = pool->free;
    pool->free = xfer;
    return false;
  }
  if (xfer->wants_cancel) {
    finish(xfer, CURLE_ABORTED_BY_CALLBACK);
    return false;
  }
  if (xfer->state == XFER_STATE_PENDING) {
    xfer->result.started_ns = clock_now_ns();
    if (curl_multi_add_handle(pool->multi, xfer->easy) != CURLM_OK) {
      finish(xfer, CURLE_OUT_OF_MEMORY);
      return false;
    }
    xfer->state = XFER_STATE_ADDED;
    xfer->wants_resume = false;
    return true;
  }
  if (xfer->wants_resume) {
    xfer->wants_resume = false;
    pool->inside = true;
    curl_easy_pause(xfer->easy, CURLPAUSE_CONT);
    pool->inside = false;
  }
  return false;
}

// Acts on the marks there are, first come, first served, until a slice of transfers has been started; what is
// marked meanwhile is for the next time. True when libcurl has got new ones.
static bool act_on_marks(struct xfer_pool *pool) {
  struct xfer *last = pool->last_marked;
  int added = 0;
  for (struct xfer *xfer = NULL; pool->marked && xfer != last && added < MOST_STARTS;) {
    xfer = pool->marked;
    pool->marked = xfer->next_marked;
    if (!pool->marked) pool->last_marked = NULL;
    xfer->marked = false;
    added += act_on(xfer);
  }
  return added > 0;
}

static void collect_finished(struct xfer_pool *pool) {
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(pool->multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    struct xfer *xfer = NULL;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &xfer);
    finish(xfer, message->data.result);
  }
}

static void enter_curl(struct xfer_pool *pool, curl_socket_t socket, int events) {
  int running;
  pool->inside = true;
  curl_multi_socket_action(pool->multi, socket, events, &running);
  pool->inside = false;
}

static void settle(struct xfer_pool *pool) {
  if (pool->settling) return;
  pool->settling = true;
  collect_finished(pool);
  bool started = false;
  for (int round = 0; pool->marked && !started && round < MOST_ROUNDS; round++) {
    started = act_on_marks(pool);
    if (started) enter_curl(pool, CURL_SOCKET_TIMEOUT, 0); // connect or send at once
    collect_finished(pool);
  }
  pool->settling = false;
  if (pool->marked) loop_timer_set(pool->settle_timer, 0);
}

static void settle_due(void *context) {
  settle(context);
}

void xfer_pool_act(struct xfer_pool *pool, curl_socket_t socket, int events) {
  enter_curl(pool, socket, events);
  settle(pool);
}

static void curl_timer_due(void *context) {
  xfer_pool_act(context, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer(CURLM *multi, long timeout_ms, void *context) {
  (void)multi;
  struct xfer_pool *pool = context;
  if (timeout_ms < 0) {
    loop_timer_cancel(pool->curl_timer);
  } else {
    loop_timer_set(pool->curl_timer, clock_now_ns() + timeout_ms * CLOCK_NS_PER_MS);
  }
  return 0;
}

enum status xfer_pool_open(struct loop *loop, const struct xfer_pool_options *options, struct xfer_pool **out,
                           struct error *error) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT))
    return status_fail(error, STATUS_MEMORY, "libcurl does not start");
  struct xfer_pool *pool = calloc(1, sizeof *pool);
  enum status status = STATUS_MEMORY;
  if (!pool) goto cleanup;
  pool->loop = loop;
  pool->options = *options;
  if (pool->options.connect_timeout_ns == 0) pool->options.connect_timeout_ns = 10 * CLOCK_NS_PER_S;
  if (options->ca_file && !(pool->ca_file = strdup(options->ca_file))) goto cleanup;
  if (options->unix_socket && !(pool->unix_socket = strdup(options->unix_socket))) goto cleanup;
  status = loop_timer_open(loop, curl_timer_due, pool, &pool->curl_timer, error);
  if (status == STATUS_OK) status = loop_timer_open(loop, settle_due, pool, &pool->settle_timer, error);
  if (status) goto cleanup;
  status = STATUS_MEMORY;
  pool->multi = curl_multi_init();
  if (!pool->multi) goto cleanup;
  xfer_sockets_of_multi(pool);
  curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool);
  curl_multi_setopt(pool->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, options->max_connections);
  // Left to itself libcurl keeps four for each transfer that is under way now: those of a burst would be
  // closed when its last transfers end.
  long kept = options->kept_connections ? options->kept_connections : MOST_KEPT;
  curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS, kept);
  // Left to itself libcurl puts at most 100 streams on a connection, whatever the server allows.
  curl_multi_setopt(pool->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)INT32_MAX);
  *out = pool;
  return STATUS_OK;

cleanup:
  xfer_pool_close(pool);
  if (!pool) curl_global_cleanup();
  return status_fail(error, status, "transfers: %s", status_name(status));
}

void xfer_pool_close(struct xfer_pool *pool) {
  if (!pool) return;
  pool->settling = pool->closing = true;
  while (pool->first) {
    pool->first->wants_cancel = true;
    finish(pool->first, CURLE_ABORTED_BY_CALLBACK);
  }
  while (pool->marked) { // given back by nobody else
    struct xfer *xfer = pool->marked;
    pool->marked = xfer->next_marked;
    xfer->next = pool->free;
    pool->free = xfer;
  }
  while (pool->free) {
    struct xfer *xfer = pool->free;
    pool->free = xfer->next;
    curl_easy_cleanup(xfer->easy);
    buf_free(&xfer->text);
    free(xfer->headers);
    free(xfer);
  }
  if (pool->multi) curl_multi_cleanup(pool->multi);
  xfer_sockets_free(pool);
  loop_timer_close(pool->curl_timer);
  loop_timer_close(pool->settle_timer);
  free(pool->ca_file);
  free(pool->unix_socket);
  free(pool);
  curl_global_cleanup();
}

static struct xfer *pop_free(struct xfer_pool *pool) {
  struct xfer *xfer = pool->free;
  if (xfer) {
    pool->free = xfer->next;
    xfer->next = NULL;
    return xfer;
  }
  xfer = calloc(1, sizeof *xfer);
  if (!xfer) return NULL;
  xfer->pool = pool;
  if (xfer_easy_open(xfer)) {
    free(xfer);
    return NULL;
  }
  return xfer;
}

enum status xfer_start(struct xfer_pool *pool, const struct xfer_request *request,
                       const struct xfer_callbacks *callbacks, void *context, struct xfer **out,
                       struct error *error) {
  if (pool->closing) return status_fail(error, STATUS_CANCELLED, "%s", status_name(STATUS_CANCELLED));
  struct xfer *xfer = pop_free(pool);
  if (!xfer) return status_memory(error);
  xfer->callbacks = callbacks;
  xfer->context = context;
  xfer->trailer_bytes = 0;
  xfer->wants_cancel = xfer->wants_resume = xfer->aborted = xfer->head_done = xfer->ignoring =
      xfer->wrong_version = false;
  xfer->words[0] = '\0';
  xfer->result = (struct xfer_result){.first_byte_ns = -1, .done_ns = -1, .connect_ns = -1};
  enum status status = xfer_easy_prepare(xfer, request, error);
  if (status) {
    xfer->next = pool->free;
    pool->free = xfer;
    return status;
  }
  xfer->state = XFER_STATE_PENDING;
  xfer->next = pool->first;
  if (pool->first) pool->first->previous = xfer;
  pool->first = xfer;
  xfer->result.started_ns = clock_now_ns();
  mark(xfer);
  *out = xfer;
  return STATUS_OK;
}

void xfer_resume(struct xfer *xfer) {
  xfer->wants_resume = true;
  mark(xfer);
}

void xfer_cancel(struct xfer *xfer) {
  xfer->wants_cancel = true;
  mark(xfer);
}

void xfer_pool_push(struct xfer_pool *pool) {
  if (!pool->inside) settle(pool);
}
