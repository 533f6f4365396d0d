// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/downstream.h"

#include <string.h>
#include <sys/socket.h>

#include "capture/proxy/client.h"
#include "capture/proxy/early_response.h"
#include "capture/proxy/raw_head.h"
#include "capture/proxy/stuck.h"
#include "capture/proxy/upstream.h"
#include "lib/base/clock.h"

#define BLOCK_MAX 16384 // bytes handed out at once, of an answer of known length
#define FIELD_BYTES 64  // that libmicrohttpd keeps of a field, query key or cookie
#define OWN_FIELDS 512  // bytes of the status line and the fields that it adds

static void suspend(struct exchange *exchange) {
  if (exchange->suspended) return;
  exchange->suspended = true;
  MHD_suspend_connection(exchange->connection);
}

static enum MHD_Result add_field(void *context, enum MHD_ValueKind kind, const char *name, size_t name_len,
                                 const char *value, size_t value_len) {
  struct exchange *exchange = context;
  (void)kind;
  if (head_add(&exchange->head, name, name_len, value ? value : "", value ? value_len : 0) == STATUS_OK)
    return MHD_YES;
  exchange->head.method = NULL;
  return MHD_NO;
}

// Cuts an answer that only the end of the connection delimits: the client sees the cut by a reset alone. (A
// close would not do: libmicrohttpd ends its sending in the orderly way first. A Unix socket has no reset.)
static void reset_connection(const struct exchange *exchange) {
  struct sockaddr nobody = {.sa_family = AF_UNSPEC};
  if (exchange->is_old && exchange->length < 0) (void)connect(exchange->client->fd, &nobody, sizeof nobody);
}

static ssize_t give_body(void *context, uint64_t position, char *into, size_t room) {
  (void)position;
  struct exchange *exchange = context;
  struct buf *download = &exchange->download;
  size_t waiting = download->len - exchange->download_taken;
  httpd_did_something(exchange->proxy->httpd);
  if (exchange->client->gone) return MHD_CONTENT_READER_END_WITH_ERROR;
  if (waiting > 0) {
    size_t len = waiting < room ? waiting : room;
    memcpy(into, download->data + exchange->download_taken, len);
    exchange->download_taken += len;
    exchange->moved_ns = clock_now_ns();
    upstream_drained(exchange);
    return (ssize_t)len;
  }
  if (exchange->state == EXCHANGE_WHOLE) return MHD_CONTENT_READER_END_OF_STREAM;
  if (exchange->state == EXCHANGE_CUT) {
    reset_connection(exchange);
    return MHD_CONTENT_READER_END_WITH_ERROR;
  }
  suspend(exchange);
  return 0;
}

static struct MHD_Response *make_response(struct exchange *exchange) {
  bool bodyless = exchange_is_bodyless(exchange);
  if (exchange->status == 204) return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
  // An answer that is here already leaves in one piece with its header. The exchange outlives the response.
  if (!bodyless && exchange->state == EXCHANGE_WHOLE && exchange->download_taken == 0 &&
      exchange->length == (int64_t)exchange->download.len && exchange->length > 0) {
    return MHD_create_response_from_buffer(exchange->download.len, exchange->download.data,
                                           MHD_RESPMEM_PERSISTENT);
  }
  uint64_t length = exchange->length < 0 ? MHD_SIZE_UNKNOWN : (uint64_t)exchange->length;
  size_t block = length < BLOCK_MAX ? (size_t)length + 1 : BLOCK_MAX;
  struct MHD_Response *response = MHD_create_response_from_callback(length, block, give_body, exchange, NULL);
  // Without this libmicrohttpd would add `chunked` and send a last chunk where no body may be.
  if (response && bodyless && length == MHD_SIZE_UNKNOWN)
    MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
  return response;
}

static void add_fields(struct MHD_Response *response, const struct head *answer) {
  for (size_t i = 0; i < answer->count; i++) {
    const struct head_field *field = &answer->fields[i];
    // libmicrohttpd refuses an empty value; a blank is the same to every reader (RFC 9110 5.5).
    if (head_is_forwarded(answer, field))
      MHD_add_response_header(response, field->name, field->value[0] ? field->value : " ");
  }
}

static enum MHD_Result add_part(void *context, enum MHD_ValueKind kind, const char *name, size_t name_len,
                                const char *value, size_t value_len) {
  size_t *used = context;
  (void)name, (void)value;
  *used += FIELD_BYTES + (kind == MHD_COOKIE_KIND ? name_len + value_len : 0); // of cookies it has a copy
  return MHD_YES;
}

// Without room for both headers libmicrohttpd would close the connection without an answer.
static bool has_room(const struct exchange *exchange) {
  const struct head *answer = &exchange->answer;
  size_t used = exchange->head_bytes;
  MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND | MHD_GET_ARGUMENT_KIND | MHD_COOKIE_KIND,
                              add_part, &used);
  for (size_t i = 0; i < answer->count; i++)
    used += answer->fields[i].name_len + answer->fields[i].value_len + 4;
  return used + OWN_FIELDS <= exchange->proxy->connection_memory;
}

static enum MHD_Result queue_answer(struct exchange *exchange) {
  if (!exchange->is_ours && !has_room(exchange)) {
    if (exchange->xfer) xfer_cancel(exchange->xfer);
    exchange->proxy->counts.failed++;
    exchange_answer(exchange, 502, "the headers of the request and of the answer are too large together");
  }
  struct MHD_Response *response = make_response(exchange);
  if (!response) return MHD_NO;
  add_fields(response, &exchange->answer);
  exchange_free_answer(exchange);
  if (exchange->proxy->draining) MHD_add_response_header(response, "Connection", "close");
  enum MHD_Result queued = MHD_queue_response(exchange->connection, (unsigned)exchange->status, response);
  MHD_destroy_response(response); // the connection holds it now
  return queued;
}

static enum MHD_Result reject(struct exchange *exchange, int status, const char *message) {
  exchange_note_rejection(exchange->proxy, status, message);
  exchange_answer(exchange, status, message);
  return queue_answer(exchange); // before the body is read: libmicrohttpd closes the connection after it
}

// Something of the answer has changed: it may go to the client before the request is whole.
static void on_changed(struct exchange *exchange) {
  if (early_response_begin(exchange)) {
    exchange_changed(exchange);
  } else {
    exchange_wake(exchange);
  }
}

static void on_end(struct exchange *exchange) {
  (void)exchange;
}

static size_t header_size(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info ? info->header_size : 0;
}

// Parses the head and decides: forward (nothing is sent yet), reject, or close.
static enum MHD_Result begin(struct exchange *exchange, const char *url, const char *method,
                             const char *version) {
  static const struct exchange_writer ordinary = {.changed = on_changed, .end = on_end};
  struct proxy_context *proxy = exchange->proxy;
  struct head *head = &exchange->head;
  size_t bytes = header_size(exchange->connection);
  head->method = method, head->target = exchange->target, head->version = version;
  MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, add_field, exchange);
  exchange->begun = true;
  exchange->writer = &ordinary;
  exchange->head_bytes = bytes;
  exchange->body_start = (char *)(intptr_t)method + bytes;
  exchange->is_old = strcmp(version, "HTTP/1.1") != 0;
  if (!head->method || exchange->client->gone) return MHD_NO; // no memory, or nobody to answer
  const char *message = request_check_reject(head, &exchange->framing);
  if (!message && !raw_head_is_whole(head, url, bytes)) message = "the header has a folded line or a NUL";
  if (message) return reject(exchange, 400, message);
  if (bytes > proxy->max_header_bytes) return reject(exchange, 431, "the request's header is too large");
  if (exchange->framing.chunked) stuck_mark(exchange);
  exchange->entry = recorder_begin(proxy->recorder, head, exchange->arrived_ns);
  return MHD_YES;
}

// Adds as much of the body as there is room for; the rest is offered again once the upstream has taken some.
static void add_body(struct exchange *exchange, const char *data, size_t *len) {
  struct buf *upload = &exchange->upload;
  bool is_all = !exchange->framing.chunked && (int64_t)*len == exchange->framing.length;
  bool is_first = !exchange->xfer && exchange->state == EXCHANGE_OPEN;
  size_t waiting = upload->len - exchange->upload_taken;
  size_t room = is_all && is_first ? *len : EXCHANGE_UPLOAD_MAX - waiting;
  size_t taken = *len < room ? *len : room;
  exchange->moved_ns = clock_now_ns();
  if ((is_first || exchange->xfer) && !upstream_stops_upload(exchange)) {
    buf_consume(upload, exchange->upload_taken);
    exchange->upload_taken = 0;
    if (buf_append(upload, data, taken)) {
      exchange_fail(exchange, 502, "no memory");
      if (exchange->xfer) xfer_cancel(exchange->xfer);
    }
  } else {
    taken = *len; // it is thrown away, so that the client can come to its end and read the answer
  }
  recorder_body(exchange->entry, data, taken);
  exchange->proxy->counts.bytes_up += (int64_t)taken;
  *len -= taken;
  if (is_first && !is_all) {
    upstream_start(exchange, false);
    if (!exchange->xfer) *len = 0; // not started: the rest is discarded, since nothing would resume us for it
  }
  upstream_more(exchange);
  if (*len > 0) suspend(exchange);
}

static void finish_body(struct exchange *exchange) {
  exchange->upload_complete = true;
  recorder_request_complete(exchange->entry);
  if (!exchange->xfer && exchange->state == EXCHANGE_OPEN) {
    upstream_start(exchange, true);
    xfer_pool_push(exchange->proxy->pool); // before libmicrohttpd is busy with the connection that waits
  }
  upstream_more(exchange);
}

enum MHD_Result downstream_handle(struct exchange *exchange, struct MHD_Connection *connection,
                                  const char *url, const char *method, const char *version, const char *data,
                                  size_t *len) {
  exchange->connection = connection;
  if (!exchange->begun) return begin(exchange, url, method, version);
  if (exchange->client->gone) return MHD_NO;
  if (exchange->framing.chunked && *len > 0) stuck_mark(exchange);
  if (exchange->early_ns > 0) return early_response_discard(exchange, len);
  if (*len > 0) {
    add_body(exchange, data, len);
    return MHD_YES;
  }
  if (!exchange->upload_complete) finish_body(exchange);
  if (exchange->head_ready && !exchange->early) return queue_answer(exchange);
  suspend(exchange);
  return MHD_YES;
}

void downstream_completed(struct exchange *exchange, bool well) {
  bool whole = well && exchange->upload_complete;
  if (!whole && exchange->begun && !exchange->is_ours && exchange->early_ns == 0) {
    exchange_note_leaving(exchange);
    exchange->proxy->counts.abandoned += exchange->state != EXCHANGE_CUT && !exchange->answered;
  }
  if (exchange->writer) exchange->writer->end(exchange);
  exchange->writer = NULL;
  client_served(exchange->client);
  exchange->client = NULL;
  exchange->connection = NULL;
  exchange->suspended = false;
  if (exchange->xfer && !whole) xfer_cancel(exchange->xfer);
  if (!exchange->xfer && exchange->entry) { // never sent on
    struct recorder_ending ending = {.sent_ns = -1,
                                     .first_byte_ns = -1,
                                     .done_ns = clock_now_ns(),
                                     .transport = FAILURE_CANCELLED,
                                     .aborted_by = exchange->aborted_by};
    recorder_end(exchange->entry, &ending);
    exchange->entry = NULL;
  }
  exchange_release(exchange);
}
