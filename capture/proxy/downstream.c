// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/downstream.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "capture/proxy/client.h"
#include "capture/proxy/raw_head.h"
#include "capture/proxy/upstream.h"
#include "lib/base/clock.h"

#define BLOCK_MAX 16384 // bytes handed out at once, of an answer of known length

static void suspend(struct exchange *exchange) {
  if (exchange->suspended) return;
  exchange->suspended = true;
  MHD_suspend_connection(exchange->connection);
}

// A growing list of the request's fields; they point into libmicrohttpd's memory, which keeps them.
struct field_list {
  struct request_check_field *items;
  size_t count, room;
  bool failed;
};

static enum MHD_Result add_field(void *context, enum MHD_ValueKind kind, const char *name, size_t name_len,
                                 const char *value, size_t value_len) {
  struct field_list *list = context;
  (void)kind;
  if (list->count == list->room) {
    size_t room = list->room ? 2 * list->room : 16;
    struct request_check_field *items = realloc(list->items, room * sizeof *items);
    if (!items) {
      list->failed = true;
      return MHD_NO;
    }
    list->items = items;
    list->room = room;
  }
  list->items[list->count++] = (struct request_check_field){
      .name = name, .name_len = name_len, .value = value ? value : "", .value_len = value ? value_len : 0};
  return MHD_YES;
}

// An answer that only the end of the connection delimits, and that is cut: a reset is all that can tell the
// client. (A close would not do: libmicrohttpd ends its sending in the orderly way first. A Unix socket has
// no reset.)
static void reset_connection(const struct exchange *exchange) {
  struct sockaddr nobody = {.sa_family = AF_UNSPEC};
  if (exchange->is_old && exchange->length < 0) (void)connect(exchange->client->fd, &nobody, sizeof nobody);
}

static ssize_t give_body(void *context, uint64_t position, char *into, size_t room) {
  (void)position;
  struct exchange *exchange = context;
  struct buf *download = &exchange->download;
  size_t waiting = download->len - exchange->download_taken;
  httpd_did_something(exchange->house->httpd);
  if (exchange->client->gone) return MHD_CONTENT_READER_END_WITH_ERROR;
  if (waiting > 0) {
    size_t len = waiting < room ? waiting : room;
    memcpy(into, download->data + exchange->download_taken, len);
    exchange->download_taken += len;
    exchange->moved_ns = clock_now_ns();
    upstream_taken(exchange);
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
  bool bodyless = strcmp(exchange->method, "HEAD") == 0 || exchange->status == 304;
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
  // Without this libmicrohttpd would say `chunked` and send a last chunk where no body may be.
  if (response && bodyless && length == MHD_SIZE_UNKNOWN)
    MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
  return response;
}

static void add_fields(struct MHD_Response *response, const struct buf *fields) {
  const char *end = fields->data + fields->len;
  for (const char *name = fields->data; name && name < end;) {
    const char *value = name + strlen(name) + 1;
    // libmicrohttpd refuses an empty value; a blank is the same to every reader (RFC 9110 5.5).
    MHD_add_response_header(response, name, value[0] ? value : " ");
    name = value + strlen(value) + 1;
  }
}

static enum MHD_Result queue_answer(struct exchange *exchange) {
  struct MHD_Response *response = make_response(exchange);
  if (!response) return MHD_NO;
  add_fields(response, &exchange->fields);
  buf_free(&exchange->fields);
  if (exchange->house->draining) MHD_add_response_header(response, "Connection", "close");
  enum MHD_Result queued = MHD_queue_response(exchange->connection, (unsigned)exchange->status, response);
  MHD_destroy_response(response); // the connection holds it now
  return queued;
}

static enum MHD_Result refuse(struct exchange *exchange, int status, const char *words) {
  exchange->house->counts.refused++;
  log_detail(exchange->house->log, "refused with %d: %s", status, words);
  exchange_answer(exchange, status, words);
  return queue_answer(exchange); // before the body is read: libmicrohttpd closes the connection after it
}

static size_t header_size(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info ? info->header_size : 0;
}

static const char *refusal_of(struct exchange *exchange, const struct request_check_request *request,
                              const char *url) {
  struct raw_head head = {.method = request->method,
                          .url = url,
                          .version = request->version,
                          .target_len = strlen(exchange->target),
                          .fields = request->fields,
                          .field_count = request->field_count,
                          .bytes = header_size(exchange->connection)};
  const char *refusal = request_check_refusal(request, &exchange->framing);
  if (!refusal && !raw_head_is_whole(&head)) refusal = "the header has a folded line or a NUL";
  return refusal;
}

// Looks at the head and decides: forward (nothing is sent yet), refuse, or close.
static enum MHD_Result begin(struct exchange *exchange, const char *url, const char *method,
                             const char *version) {
  struct field_list list = {0};
  enum MHD_Result result = MHD_NO;
  MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, add_field, &list);
  struct request_check_request request = {.method = method,
                                          .target = exchange->target,
                                          .version = version,
                                          .fields = list.items,
                                          .field_count = list.count};
  exchange->begun = true;
  exchange->body_start = (char *)(intptr_t)method + header_size(exchange->connection);
  exchange->is_old = strcmp(version, "HTTP/1.1") != 0;
  exchange->method = strdup(method);
  if (list.failed || !exchange->method || exchange->client->gone) goto cleanup;
  const char *refusal = refusal_of(exchange, &request, url);
  if (refusal) {
    result = refuse(exchange, 400, refusal);
  } else if (header_size(exchange->connection) > exchange->house->max_header_bytes) {
    result = refuse(exchange, 431, "the request's header is too large");
  } else if (upstream_take_fields(exchange, &request) == STATUS_OK) {
    exchange->entry = recorder_begin(exchange->house->recorder, &request, exchange->arrived_ns);
    result = MHD_YES;
  }

cleanup:
  free(list.items);
  return result;
}

// Takes as much of the body as there is room for; the rest is offered again once the upstream has taken some.
static void take_body(struct exchange *exchange, const char *data, size_t *len) {
  struct buf *upload = &exchange->upload;
  bool is_all = !exchange->framing.chunked && (int64_t)*len == exchange->framing.length;
  bool is_first = !exchange->xfer && exchange->state == EXCHANGE_OPEN;
  size_t waiting = upload->len - exchange->upload_taken;
  size_t room = is_all && is_first ? *len : EXCHANGE_UPLOAD_MAX - waiting;
  size_t taken = *len < room ? *len : room;
  exchange->moved_ns = clock_now_ns();
  if ((is_first || exchange->xfer) && !upstream_is_refusal(exchange)) {
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
  exchange->house->counts.bytes_up += (int64_t)taken;
  *len -= taken;
  if (is_first && !is_all) {
    upstream_start(exchange, false);
    if (!exchange->xfer) *len = 0; // it could not be: nobody wants the rest, or would wake us for it
  }
  upstream_more(exchange);
  if (*len > 0) suspend(exchange);
}

static void finish_body(struct exchange *exchange) {
  exchange->upload_complete = true;
  recorder_request_complete(exchange->entry);
  if (!exchange->xfer && exchange->state == EXCHANGE_OPEN) {
    upstream_start(exchange, true);
    xfer_pool_push(exchange->house->pool); // before libmicrohttpd is busy with the connection that waits
  }
  upstream_more(exchange);
}

enum MHD_Result downstream_handle(struct exchange *exchange, struct MHD_Connection *connection,
                                  const char *url, const char *method, const char *version, const char *data,
                                  size_t *len) {
  exchange->connection = connection;
  if (!exchange->begun) return begin(exchange, url, method, version);
  if (exchange->client->gone) return MHD_NO;
  if (exchange->early_ns > 0) return early_response_discard(exchange, len);
  if (*len > 0) {
    take_body(exchange, data, len);
    return MHD_YES;
  }
  if (!exchange->upload_complete) finish_body(exchange);
  if (exchange->head_ready && !exchange->early.begun) return queue_answer(exchange);
  suspend(exchange);
  return MHD_YES;
}

void downstream_completed(struct exchange *exchange, bool well) {
  bool whole = well && exchange->upload_complete;
  if (!whole && exchange->begun && !exchange->is_ours && exchange->early_ns == 0) {
    exchange_note_leaving(exchange);
    exchange->house->counts.abandoned += exchange->state != EXCHANGE_CUT && !exchange->answered;
  }
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
