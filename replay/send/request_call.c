// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/send/request_call.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/units.h"

enum { FIELD_BYTES = 128 }; // of a response header field that is read; a longer one is cut
enum { TEXT_GAP_BITS = 7 }; // of the histogram of a stream's gaps

struct field {
  char text[FIELD_BYTES];
  size_t len;
};

// One request in flight; its memory is used again.
struct request_call {
  struct request_call_pool *pool;
  struct request_call *previous, *next; // in flight: in the pool's list; else singly linked in `idle`
  struct xfer *transfer;
  struct request_result result;
  struct response response;
  bool response_opened;
  bool due; // its connection has outlived its call; what has come by now is still read
  int status;
  struct field content_type, content_encoding, retry_after;
  int64_t last_text_ns;
  struct histogram *text_gaps;
  struct chunks chunks;
};

struct request_call_pool {
  struct xfer_pool *transfers;
  struct loop_timer *linger_timer; // drops connections that outlive their calls
  bool lingers;                    // the timer is set
  int64_t timeout_ns;
  const struct request_call_handlers *handlers;
  void *context;
  response_text_handler *on_text;
  bool keeps_chunks;
  size_t chunk_bytes;
  struct request_call *first; // in flight
  struct request_call *idle;
  int64_t in_flight;
};

static struct json_slice slice_of(const struct field *field) {
  return field->len > 0 ? (struct json_slice){field->text, field->len} : (struct json_slice){NULL, 0};
}

static void on_status(void *context, int status) {
  struct request_call *call = context;
  call->status = status;
}

static void on_header(void *context, const char *name, size_t name_len, const char *value, size_t value_len) {
  struct request_call *call = context;
  struct field *field = NULL;
  switch (name_len) { // few fields matter, and their lengths differ
  case 12: field = strncasecmp(name, "content-type", 12) == 0 ? &call->content_type : NULL; break;
  case 16: field = strncasecmp(name, "content-encoding", 16) == 0 ? &call->content_encoding : NULL; break;
  case 11: field = strncasecmp(name, "retry-after", 11) == 0 ? &call->retry_after : NULL; break;
  default: break;
  }
  if (!field) return;
  field->len = value_len < sizeof field->text - 1 ? value_len : sizeof field->text - 1;
  memcpy(field->text, value, field->len);
  field->text[field->len] = '\0';
}

static void on_text(void *context, int64_t now_ns) {
  struct request_call *call = context;
  if (call->last_text_ns >= 0) histogram_add(call->text_gaps, now_ns - call->last_text_ns);
  call->last_text_ns = now_ns;
}

// A handler of its own: without --chunks there is nothing to ask on the path of every event.
static void on_text_kept(void *context, int64_t now_ns) {
  struct request_call *call = context;
  on_text(call, now_ns);
  chunks_add(&call->chunks, now_ns, &call->pool->chunk_bytes);
}

static void open_response(struct request_call *call) {
  response_open(&call->response, call->result.request->api, call->status, slice_of(&call->content_type),
                slice_of(&call->content_encoding), 0);
  call->response.asks_text = true;
  call->response.on_text = call->pool->on_text;
  call->response.on_text_context = call;
  call->response_opened = true;
}

static enum xfer_flow on_head(void *context) {
  open_response(context);
  return XFER_GO;
}

// The connection can be used again if its last chunk comes soon.
static void note_over(struct request_call *call) {
  struct request_call_pool *pool = call->pool;
  if (pool->lingers) return;
  pool->lingers = true;
  loop_timer_set(pool->linger_timer, call->response.over_ns + REQUEST_CALL_LINGER_NS);
}

static void linger_due(void *context) {
  struct request_call_pool *pool = context;
  int64_t now_ns = clock_now_ns(), next_ns = INT64_MAX;
  for (struct request_call *call = pool->first; call; call = call->next) {
    if (!call->response_opened || !response_is_over(&call->response)) continue;
    int64_t due_ns = call->response.over_ns + REQUEST_CALL_LINGER_NS;
    if (call->due) {
      xfer_cancel(call->transfer);
      continue;
    }
    // Where this loop was late, the last chunk may be there: it has one more turn.
    call->due = due_ns <= now_ns;
    if (call->due) due_ns = now_ns + CLOCK_NS_PER_MS;
    if (due_ns < next_ns) next_ns = due_ns;
  }
  pool->lingers = next_ns < INT64_MAX;
  if (pool->lingers) loop_timer_set(pool->linger_timer, next_ns);
}

static enum xfer_flow on_body(void *context, const char *data, size_t len, int64_t now_ns) {
  struct request_call *call = context;
  response_feed(&call->response, data, len, now_ns);
  if (response_is_over(&call->response)) note_over(call);
  return XFER_GO;
}

static enum failure failure_of(enum xfer_outcome outcome) {
  switch (outcome) {
  case XFER_OK: return FAILURE_NONE;
  case XFER_CONNECT: return FAILURE_CONNECT;
  case XFER_TLS: return FAILURE_TLS;
  case XFER_TIMEOUT: return FAILURE_TIMEOUT;
  case XFER_TRUNCATED: return FAILURE_TRUNCATED;
  case XFER_PROTOCOL: return FAILURE_PROTOCOL;
  case XFER_CANCELLED: return FAILURE_CANCELLED;
  case XFER_RESET:
  case XFER_UPLOAD: break; // the body could not be sent again on a connection that had died
  }
  return FAILURE_RESET;
}

static int64_t since(int64_t instant_ns, int64_t start_ns) {
  return instant_ns < 0 ? -1 : instant_ns - start_ns;
}

// Seconds only: the form with a date is not used by the servers that are measured.
static int64_t retry_after_ns(const struct field *field) {
  int64_t seconds;
  if (field->len == 0 || units_count(field->text, 0, 1000000, &seconds, NULL)) return -1;
  return seconds * CLOCK_NS_PER_S;
}

// Judges the response, hands the result out and keeps the memory.
static void finish_call(struct request_call *call, enum failure transport, const char *message) {
  struct request_call_pool *pool = call->pool;
  struct request_result *result = &call->result;
  if (!call->response_opened) open_response(call);
  response_finish(&call->response, transport);
  result->response = &call->response;
  result->ttft_ns = call->last_text_ns < 0 ? -1 : since(call->response.first_text_ns, result->sent_ns);
  result->last_text_ns = since(call->last_text_ns, result->sent_ns);
  result->retry_after_ns = retry_after_ns(&call->retry_after);
  result->text_gaps = call->text_gaps;
  result->chunks = pool->keeps_chunks ? &call->chunks : NULL;
  result->message = call->response.error_text[0] ? call->response.error_text : message ? message : "";
  pool->handlers->done(pool->context, result);
  response_close(&call->response);
  if (pool->keeps_chunks) chunks_clear(&call->chunks, &pool->chunk_bytes);
  call->next = pool->idle;
  pool->idle = call;
}

// Whether it is given up before it would be too late.
static bool gives_up(const struct request_call *call) {
  int64_t cancel_ns = call->result.request->cancel_ns;
  return cancel_ns > 0 && (call->pool->timeout_ns == 0 || cancel_ns < call->pool->timeout_ns);
}

// The transfer ended at that time, perhaps while it connected, which has no other failure then.
static bool gave_up(const struct request_call *call, const struct xfer_result *transfer) {
  bool timed_out = transfer->outcome == XFER_TIMEOUT || transfer->outcome == XFER_CONNECT;
  int64_t after_ns = call->result.done_ns - transfer->started_ns;
  return gives_up(call) && timed_out && after_ns >= call->result.request->cancel_ns - CLOCK_NS_PER_MS;
}

static void on_done(void *context, const struct xfer_result *transfer) {
  struct request_call *call = context;
  struct request_call_pool *pool = call->pool;
  struct request_result *result = &call->result;
  bool is_over = call->response_opened && response_is_over(&call->response);
  result->sent_ns = transfer->started_ns;
  int64_t end_ns = transfer->done_ns >= 0 ? transfer->done_ns : clock_now_ns();
  result->done_ns = is_over ? call->response.over_ns : end_ns;
  result->freed_ns = end_ns - result->done_ns <= REQUEST_CALL_AT_ONCE_NS ? result->done_ns : end_ns;
  result->connect_ns = transfer->connect_ns;
  result->ttfb_ns = since(transfer->first_byte_ns, transfer->started_ns);
  result->attempts = transfer->attempts;
  if (call->previous) call->previous->next = call->next;
  if (pool->first == call) pool->first = call->next;
  if (call->next) call->next->previous = call->previous;
  pool->in_flight--;
  pool->handlers->freed(pool->context, result);
  enum failure failure =
      is_over && transfer->outcome == XFER_CANCELLED ? FAILURE_NONE : failure_of(transfer->outcome);
  if (failure && !is_over && gave_up(call, transfer)) {
    finish_call(call, FAILURE_CANCELLED, "given up as recorded");
  } else {
    finish_call(call, failure, failure ? transfer->words : NULL);
  }
}

static const struct xfer_callbacks callbacks = {
    .status = on_status,
    .header = on_header,
    .head = on_head,
    .body = on_body,
    .done = on_done,
};

enum status request_call_pool_open(struct loop *loop, struct xfer_pool *transfers, int64_t timeout_ns,
                                   const struct request_call_handlers *handlers, void *context,
                                   struct request_call_pool **out, struct error *error) {
  struct request_call_pool *pool = calloc(1, sizeof *pool);
  if (!pool) return status_memory(error);
  *pool = (struct request_call_pool){
      .transfers = transfers,
      .timeout_ns = timeout_ns,
      .handlers = handlers,
      .context = context,
      .on_text = on_text,
  };
  enum status status = loop_timer_open(loop, linger_due, pool, &pool->linger_timer, error);
  if (status) {
    request_call_pool_close(pool);
    return status;
  }
  *out = pool;
  return STATUS_OK;
}

void request_call_keep_chunks(struct request_call_pool *pool) {
  pool->keeps_chunks = true;
  pool->on_text = on_text_kept;
}

void request_call_pool_close(struct request_call_pool *pool) {
  if (!pool) return;
  while (pool->idle) {
    struct request_call *call = pool->idle;
    pool->idle = call->next;
    chunks_free(&call->chunks, &pool->chunk_bytes);
    free(call->text_gaps);
    free(call);
  }
  loop_timer_close(pool->linger_timer);
  free(pool);
}

static struct request_call *idle_call(struct request_call_pool *pool) {
  struct request_call *call = pool->idle;
  if (call) {
    pool->idle = call->next;
    return call;
  }
  call = calloc(1, sizeof *call);
  if (call) call->text_gaps = histogram_new(TEXT_GAP_BITS);
  if (call && call->text_gaps) return call;
  free(call);
  return NULL;
}

static void reset(struct request_call *call, struct request_call_pool *pool) {
  call->pool = pool;
  call->previous = call->next = NULL;
  call->response_opened = call->due = false;
  call->status = 0;
  call->content_type.len = call->content_encoding.len = call->retry_after.len = 0;
  call->last_text_ns = -1;
  histogram_clear(call->text_gaps);
}

enum status request_call_send(struct request_call_pool *pool, const struct request *request, int64_t index,
                              int64_t intended_ns, int64_t ready_ns, struct error *error) {
  struct request_call *call = idle_call(pool);
  if (!call) return status_memory(error);
  reset(call, pool);
  call->result = (struct request_result){
      .request = request, .index = index, .intended_ns = intended_ns, .ready_ns = ready_ns, .attempts = 1};
  struct xfer_request transfer = {
      .method = request->method,
      .url = request->url,
      .headers = request->headers,
      .body = request->body,
      .body_len = request->body_len,
      .timeout_ns = gives_up(call) ? request->cancel_ns : pool->timeout_ns,
  };
  struct error why;
  if (xfer_start(pool->transfers, &transfer, &callbacks, call, &call->transfer, &why)) {
    call->result.sent_ns = call->result.done_ns = call->result.freed_ns = clock_now_ns();
    call->result.connect_ns = call->result.ttfb_ns = -1;
    finish_call(call, FAILURE_CONNECT, why.text);
    return STATUS_OK;
  }
  call->next = pool->first;
  if (pool->first) pool->first->previous = call;
  pool->first = call;
  pool->in_flight++;
  return STATUS_OK;
}

void request_call_cancel_all(struct request_call_pool *pool) {
  for (struct request_call *call = pool->first; call; call = call->next)
    xfer_cancel(call->transfer);
}

int64_t request_call_in_flight(const struct request_call_pool *pool) {
  return pool->in_flight;
}
