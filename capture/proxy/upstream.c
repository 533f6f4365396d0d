// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/upstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/http/endpoint.h"

#define PIECES_MAX 512   // of an answer that wait for the client: each costs the same, however short
#define STOPS_UPLOAD 300 // the least status after which libcurl sends no more of the request

static void on_status(void *context, int status) {
  struct exchange *exchange = context;
  if (!exchange->head_ready) exchange->status = status; // else the answer is ours by now (a timeout)
}

static void on_field(void *context, const char *name, size_t name_len, const char *value, size_t value_len) {
  struct exchange *exchange = context;
  struct buf *fields = &exchange->fields;
  if (fields->len + name_len + value_len > exchange->proxy->max_header_bytes)
    exchange->objection = "the upstream server's header is too large";
  if (exchange->objection || exchange->head_ready) return;
  if (name_len > 0) {
    buf_append(fields, name, name_len);
    buf_append_char(fields, '\0');
  } else if (fields->len > 0) {
    fields->data[fields->len - 1] = ' '; // a folded line: one blank is the same (RFC 9112 5.2)
  } else {
    return; // it continues nothing
  }
  buf_append(fields, value, value_len);
  buf_append_char(fields, '\0');
}

// Parses the fields of the answer.
static void parse_fields(struct exchange *exchange) {
  const char *end = exchange->fields.data + exchange->fields.len;
  enum status status = exchange->fields.status;
  for (const char *name = exchange->fields.data; name && name < end && !status;) {
    const char *value = name + strlen(name) + 1;
    size_t value_len = strlen(value);
    status = head_add(&exchange->answer, name, strlen(name), value, value_len);
    name = value + value_len + 1;
  }
  if (status) exchange->objection = "no memory for the upstream server's header";
}

// Notes the length of the answer's body. Objects to what two readers could take for different ends (RFC 9112
// 6.3): lengths that differ or are no numbers, and codings that nobody asked for.
static void parse_framing(struct exchange *exchange) {
  const struct head *answer = &exchange->answer;
  const struct head_field *coding = head_find(answer, HEAD_TRANSFER_ENCODING);
  bool is_clear =
      !coding || (answer->counts[HEAD_TRANSFER_ENCODING] == 1 && head_value_is(coding, "chunked"));
  int64_t length = -1, other;
  for (size_t i = 0; i < answer->count && is_clear; i++) {
    if (answer->fields[i].id != HEAD_CONTENT_LENGTH) continue;
    is_clear = head_read_length(&answer->fields[i], &other) && (length < 0 || other == length);
    length = other;
  }
  if (!is_clear) {
    exchange->objection = "the length of the upstream server's answer is not clear";
  } else if (!coding) {
    exchange->length = length;
  }
}

static struct json_slice value_of(const struct exchange *exchange, enum head_name id) {
  const struct head_field *field = head_find(&exchange->answer, id);
  return field ? (struct json_slice){field->value, field->value_len} : (struct json_slice){0};
}

// libcurl sends no more of a request then: from here on, or, when the connection is to be closed, from the
// answer's last byte on. While the upload is paused it would not see that it is through.
bool upstream_stops_upload(const struct exchange *exchange) {
  return exchange->head_ready && exchange->status >= STOPS_UPLOAD;
}

// -u with the base path that clients send too, as the libraries of OpenAI take it. Said once.
static void notice_base(const struct exchange *exchange) {
  struct proxy_context *proxy = exchange->proxy;
  const char *shown = proxy->origin->shown;
  const char *base =
      proxy->said_base || exchange->status < 400 ? NULL : endpoint_repeated_base(shown, exchange->target);
  if (!base) return;
  proxy->said_base = true;
  log_notice(proxy->log,
             "-u ends in %s, with which the clients' paths begin too; the server's URL may be -u %.*s", base,
             (int)(base - shown), shown);
}

static enum xfer_flow on_head(void *context) {
  struct exchange *exchange = context;
  exchange->moved_ns = clock_now_ns();
  if (exchange->head_ready) return XFER_ABORT;
  if (!exchange->objection) parse_fields(exchange);
  if (!exchange->objection) parse_framing(exchange);
  if (exchange->objection || exchange->status < 200) return XFER_ABORT;
  recorder_head(exchange->entry, exchange->status, value_of(exchange, HEAD_CONTENT_TYPE),
                value_of(exchange, HEAD_CONTENT_ENCODING));
  exchange->head_ready = true;
  notice_base(exchange);
  if (upstream_stops_upload(exchange)) upstream_more(exchange);
  exchange_changed(exchange);
  return XFER_GO;
}

static enum xfer_flow on_body(void *context, const char *data, size_t len, int64_t now_ns) {
  struct exchange *exchange = context;
  struct buf *download = &exchange->download;
  if (!exchange->client || exchange->state != EXCHANGE_OPEN) return XFER_ABORT;
  size_t waiting = download->len - exchange->download_taken;
  if (waiting == 0) exchange->download_pieces = 0;
  if (waiting > 0 && (waiting + len > EXCHANGE_DOWNLOAD_MAX || ++exchange->download_pieces > PIECES_MAX)) {
    exchange->download_waits = true;
    return XFER_PAUSE;
  }
  buf_consume(download, exchange->download_taken);
  exchange->download_taken = 0;
  if (buf_append(download, data, len)) return XFER_ABORT;
  exchange->moved_ns = now_ns;
  exchange->proxy->counts.bytes_down += (int64_t)len;
  exchange_changed(exchange);
  if (upstream_stops_upload(exchange)) upstream_more(exchange);
  exchange->over =
      recorder_data(exchange->entry, data, len, now_ns); // after the wake: the client comes first
  return XFER_GO;
}

static size_t on_upload(void *context, char *into, size_t room, enum xfer_flow *flow) {
  struct exchange *exchange = context;
  struct buf *upload = &exchange->upload;
  size_t waiting = upload->len - exchange->upload_taken;
  *flow = XFER_GO;
  if (waiting == 0) {
    exchange->upload_waits = !exchange->upload_complete;
    if (exchange->upload_waits) *flow = exchange->client ? XFER_PAUSE : XFER_ABORT;
    return 0;
  }
  size_t len = waiting < room ? waiting : room;
  memcpy(into, upload->data + exchange->upload_taken, len);
  exchange->upload_taken += len;
  if (exchange->upload_taken == upload->len) {
    buf_clear(upload);
    exchange->upload_taken = 0;
  }
  exchange->moved_ns = clock_now_ns();
  exchange_wake(exchange);
  return len;
}

static enum failure failure_of(const struct exchange *exchange, enum xfer_outcome outcome) {
  if (exchange->timed_out) return FAILURE_TIMEOUT;
  switch (outcome) {
  case XFER_OK: return FAILURE_NONE;
  case XFER_CONNECT: return FAILURE_CONNECT;
  case XFER_TLS: return FAILURE_TLS;
  case XFER_TIMEOUT: return FAILURE_TIMEOUT;
  case XFER_TRUNCATED: return FAILURE_TRUNCATED;
  case XFER_PROTOCOL: return FAILURE_PROTOCOL;
  case XFER_CANCELLED: return exchange->objection ? FAILURE_PROTOCOL : FAILURE_CANCELLED;
  default: return FAILURE_RESET;
  }
}

static const char *message_of(const struct exchange *exchange, enum xfer_outcome outcome) {
  if (exchange->objection) return exchange->objection;
  switch (outcome) {
  case XFER_CONNECT: return "the upstream server cannot be reached";
  case XFER_TLS: return "no secure connection to the upstream server";
  case XFER_TIMEOUT: return "the upstream server did not answer in time";
  case XFER_PROTOCOL: return "the upstream server's answer is no HTTP";
  default: return "the upstream server broke the connection";
  }
}

static void record_end(struct exchange *exchange, const struct xfer_result *result) {
  // The last: a kept connection was dead, and what had come of the request could not be sent again.
  bool broke =
      result->outcome == XFER_RESET || result->outcome == XFER_TRUNCATED || result->outcome == XFER_UPLOAD;
  struct recorder_ending ending = {
      .status = exchange->is_ours ? 0 : exchange->status,
      .sent_ns = result->started_ns,
      .first_byte_ns = result->first_byte_ns,
      .done_ns = result->done_ns,
      .transport = exchange->answered ? FAILURE_NONE : failure_of(exchange, result->outcome),
      .attempts = result->attempts,
      .aborted_by = exchange->aborted_by ? exchange->aborted_by
                    : broke              ? "upstream"
                                         : NULL,
  };
  recorder_end(exchange->entry, &ending);
  exchange->entry = NULL;
}

// The server answers the handshake with an error of HTTP, or closes (libmicrohttpd 1.0); where it closes at
// once after its answer, that may be lost.
static bool is_plain_handshake(const char *words) {
  return strstr(words, "wrong version number") || strstr(words, "SSL_ERROR_SYSCALL") ||
         strstr(words, "unexpected eof");
}

// A server that expects TLS alone ends a connection without it, at once or after some bytes of its own.
static void keep_trouble(struct exchange *exchange, const struct xfer_result *result) {
  struct exchange_counts *counts = &exchange->proxy->counts;
  bool is_secure = exchange->proxy->origin->secure;
  counts->is_other_scheme = is_secure ? result->outcome == XFER_TLS && is_plain_handshake(result->words)
                                      : (result->outcome == XFER_RESET || result->outcome == XFER_PROTOCOL) &&
                                            exchange->status == 0;
  snprintf(counts->trouble, sizeof counts->trouble, "%s (%s)", message_of(exchange, result->outcome),
           result->words);
}

static void on_done(void *context, const struct xfer_result *result) {
  struct exchange *exchange = context;
  exchange->xfer = NULL;
  exchange->upload_waits = exchange->download_waits = false;
  if (result->outcome != XFER_OK) {
    log_detail(exchange->proxy->log, "upstream: %s (%s)", xfer_outcome_name(result->outcome), result->words);
  }
  exchange->proxy->counts.resent += result->attempts > 1;
  histogram_add(exchange->proxy->counts.upstream_ns, result->done_ns - result->started_ns);
  record_end(exchange, result);
  // A server that has answered may close without having read all of the request.
  bool is_whole =
      result->outcome == XFER_OK || (result->outcome == XFER_RESET && exchange->early && !exchange->is_ours &&
                                     exchange->length >= 0 && result->body_bytes == exchange->length);
  if (exchange->state == EXCHANGE_OPEN && is_whole) {
    exchange->state = EXCHANGE_WHOLE;
    exchange_changed(exchange);
  } else if (exchange->state == EXCHANGE_OPEN && (exchange->aborted_by || exchange->answered)) {
    exchange_wake(exchange); // its client's side ends it; the upstream has not failed
  } else if (exchange->state == EXCHANGE_OPEN) {
    bool late = result->outcome == XFER_TIMEOUT ||
                (result->outcome == XFER_CONNECT &&
                 result->done_ns - result->started_ns >= EXCHANGE_CONNECT_TIMEOUT_NS);
    keep_trouble(exchange, result);
    exchange_fail(exchange, late ? 504 : 502, message_of(exchange, result->outcome));
  }
  exchange_release(exchange);
}

static const struct xfer_callbacks callbacks = {.status = on_status,
                                                .header = on_field,
                                                .head = on_head,
                                                .body = on_body,
                                                .upload = on_upload,
                                                .done = on_done};

// Fills `lines` ("Name: value", each with its NUL) and `headers`, which points to them and ends with NULL.
static enum status add_headers(const struct head *head, struct buf *lines, const char **headers) {
  size_t count = 0;
  for (size_t i = 0; i < head->count; i++) {
    const struct head_field *field = &head->fields[i];
    if (!head_is_forwarded(head, field)) continue;
    buf_append(lines, field->name, field->name_len);
    buf_append_text(lines, field->value_len ? ": " : ";"); // libcurl's notation of an empty value
    buf_append(lines, field->value, field->value_len);
    buf_append_char(lines, '\0');
    count++;
  }
  const char *at = buf_text(lines);
  for (size_t i = 0; i < count && !lines->status; i++, at += strlen(at) + 1)
    headers[i] = at;
  return lines->status;
}

static enum status start_transfer(struct exchange *exchange, bool whole, struct error *error) {
  struct buf url = {0}, lines = {0};
  const char **headers = calloc(exchange->head.count + 1, sizeof *headers);
  enum status status = headers ? add_headers(&exchange->head, &lines, headers) : STATUS_MEMORY;
  if (status) {
    status_write(error, "%s", status_name(status));
    goto cleanup;
  }
  endpoint_print(exchange->proxy->origin, 0, exchange->target, &url);
  bool has_body = exchange->framing.chunked || exchange->framing.has_length;
  struct xfer_request request = {
      .method = exchange->head.method,
      .url = buf_text(&url),
      .headers = headers,
      .upload = has_body && !whole,
      .upload_len = exchange->framing.length,
      .alone = has_body && !whole && !exchange->proxy->origin->secure,
  };
  if (has_body && whole) {
    request.body = exchange->upload.data ? exchange->upload.data : "";
    request.body_len = exchange->upload.len;
  }
  status = xfer_start(exchange->proxy->pool, &request, &callbacks, exchange, &exchange->xfer, error);

cleanup:
  buf_free(&url);
  buf_free(&lines);
  free(headers);
  return status;
}

void upstream_start(struct exchange *exchange, bool whole) {
  struct error error;
  enum status status = start_transfer(exchange, whole, &error);
  if (status == STATUS_OK) {
    exchange->proxy->counts.requests++;
    return;
  }
  log_detail(exchange->proxy->log, "upstream: not started (%s)", status_name(status));
  exchange_fail(exchange, 502, "the request could not be forwarded");
}

void upstream_more(struct exchange *exchange) {
  if (!exchange->upload_waits || !exchange->xfer) return;
  exchange->upload_waits = false;
  xfer_resume(exchange->xfer);
}

void upstream_drained(struct exchange *exchange) {
  size_t waiting = exchange->download.len - exchange->download_taken;
  if (!exchange->download_waits || !exchange->xfer || waiting > EXCHANGE_DOWNLOAD_MAX / 2) return;
  exchange->download_waits = false;
  xfer_resume(exchange->xfer);
}
