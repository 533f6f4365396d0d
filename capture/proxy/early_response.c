// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/early_response.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "capture/proxy/exchange.h"
#include "capture/proxy/upstream.h"

static bool can_begin(const struct exchange *exchange) {
  bool is_known = exchange->length >= 0 || exchange->state == EXCHANGE_WHOLE;
  return exchange->client && !exchange->client->gone && exchange->begun && !exchange->upload_complete &&
         !exchange->house->tls && exchange->head_ready && exchange->download_taken == 0 &&
         exchange->state != EXCHANGE_CUT && (is_known || !exchange->is_old);
}

static void begin(struct exchange *exchange) {
  struct early_response *early = &exchange->early;
  struct buf *out = &early->out;
  const char *end = exchange->fields.data + exchange->fields.len;
  const char *reason = MHD_get_reason_phrase_for((unsigned)exchange->status);
  bool bodyless = strcmp(exchange->method, "HEAD") == 0 || exchange->status == 204 || exchange->status == 304;
  int64_t length = exchange->length;
  if (length < 0 && exchange->state == EXCHANGE_WHOLE) length = (int64_t)exchange->download.len;
  early->begun = true;
  early->chunked = !bodyless && length < 0;
  buf_printf(out, "HTTP/1.1 %d %s\r\nConnection: close\r\n", exchange->status, reason);
  for (const char *name = exchange->fields.data; name && name < end;) {
    const char *value = name + strlen(name) + 1;
    // What libmicrohttpd would refuse to add.
    if (!strpbrk(name, " \t\r\n") && !strpbrk(value, "\r\n")) buf_printf(out, "%s: %s\r\n", name, value);
    name = value + strlen(value) + 1;
  }
  if (early->chunked) buf_append_text(out, "Transfer-Encoding: chunked\r\n");
  if (!bodyless && length >= 0) buf_printf(out, "Content-Length: %lld\r\n", (long long)length);
  buf_append_text(out, "\r\n");
  buf_free(&exchange->fields);
}

// Puts into `out`, which is empty, what there is to send; false: nothing.
static bool refill(struct exchange *exchange) {
  struct early_response *early = &exchange->early;
  size_t waiting = exchange->download.len - exchange->download_taken;
  buf_clear(&early->out);
  early->sent = 0;
  if (waiting > 0) {
    if (early->chunked) buf_printf(&early->out, "%zx\r\n", waiting);
    buf_append(&early->out, exchange->download.data + exchange->download_taken, waiting);
    if (early->chunked) buf_append_text(&early->out, "\r\n");
    exchange->download_taken += waiting;
    upstream_taken(exchange);
  } else if (exchange->state == EXCHANGE_WHOLE && !early->ended) {
    early->ended = true;
    if (early->chunked) buf_append_text(&early->out, "0\r\n\r\n");
  }
  return early->out.len > 0;
}

static void on_writable(void *context, unsigned events) {
  (void)events;
  early_response_answer(context);
}

// False: the client's side cannot be written to any more.
static bool wait_for_room(struct exchange *exchange) {
  struct early_response *early = &exchange->early;
  return early->watch || loop_watch_open(exchange->house->loop, exchange->client->fd, LOOP_WRITE, on_writable,
                                         exchange, &early->watch, NULL) == STATUS_OK;
}

void early_response_answer(struct exchange *exchange) {
  struct early_response *early = &exchange->early;
  if (!early->begun && can_begin(exchange)) begin(exchange);
  if (!early->begun || !exchange->client || exchange->early_ns > 0) return;
  int fd = exchange->client->fd;
  bool is_fine = exchange->state != EXCHANGE_CUT;
  while (is_fine && (early->sent < early->out.len || refill(exchange))) {
    ssize_t len = early->out.status ? -1
                                    : send(fd, early->out.data + early->sent, early->out.len - early->sent,
                                           MSG_NOSIGNAL | MSG_DONTWAIT);
    if (len < 0 && !early->out.status && errno == EAGAIN && wait_for_room(exchange)) return;
    is_fine = len > 0;
    if (is_fine) early->sent += (size_t)len;
    exchange->moved_ns = clock_now_ns();
  }
  loop_watch_close(early->watch);
  early->watch = NULL;
  if (!is_fine) {
    shutdown(fd, SHUT_RDWR); // half an answer must not look like one
  } else if (early->ended) {
    exchange->early_ns = clock_now_ns();
    exchange_wake(exchange);
  }
}

enum MHD_Result early_response_discard(const struct exchange *exchange, size_t *len) {
  bool is_over = *len == 0 || clock_now_ns() - exchange->early_ns > EARLY_LINGER_NS;
  *len = 0;
  return is_over ? MHD_NO : MHD_YES;
}

void early_response_end(struct exchange *exchange) {
  loop_watch_close(exchange->early.watch);
  exchange->early.watch = NULL;
  buf_free(&exchange->early.out);
}
