// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/early_response.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "capture/proxy/upstream.h"
#include "lib/base/clock.h"
#include "lib/net/loop.h"

struct early_response {
  bool chunked;             // its length is not known
  bool ended;               // its last byte is in `out`
  struct buf out;           // framed bytes
  size_t sent;              // of these
  struct loop_watch *watch; // the client takes no more for now; NULL: it does
};

static bool can_begin(const struct exchange *exchange) {
  bool is_known = exchange->length >= 0 || exchange->state == EXCHANGE_WHOLE;
  return !exchange->client->gone && !exchange->upload_complete && !exchange->proxy->tls &&
         exchange->head_ready && exchange->download_taken == 0 && exchange->state != EXCHANGE_CUT &&
         (is_known || !exchange->is_old);
}

static void write_head(struct exchange *exchange) {
  struct buf *out = &exchange->early->out;
  const struct head *answer = &exchange->answer;
  const char *reason = MHD_get_reason_phrase_for((unsigned)exchange->status);
  bool bodyless = exchange_is_bodyless(exchange);
  int64_t length = exchange->length;
  if (length < 0 && exchange->state == EXCHANGE_WHOLE) length = (int64_t)exchange->download.len;
  exchange->early->chunked = !bodyless && length < 0;
  buf_printf(out, "HTTP/1.1 %d %s\r\nConnection: close\r\n", exchange->status, reason);
  for (size_t i = 0; i < answer->count; i++) {
    const struct head_field *field = &answer->fields[i];
    // What libmicrohttpd would not add is left out here too.
    if (head_is_forwarded(answer, field) && !strpbrk(field->name, " \t\r\n") &&
        !strpbrk(field->value, "\r\n"))
      buf_printf(out, "%s: %s\r\n", field->name, field->value);
  }
  if (exchange->early->chunked) buf_append_text(out, "Transfer-Encoding: chunked\r\n");
  if (!bodyless && length >= 0) buf_printf(out, "Content-Length: %lld\r\n", (long long)length);
  buf_append_text(out, "\r\n");
  exchange_free_answer(exchange);
}

// Puts into `out`, which is empty, what there is to send; false: nothing.
static bool refill(struct exchange *exchange) {
  struct early_response *early = exchange->early;
  size_t waiting = exchange->download.len - exchange->download_taken;
  buf_clear(&early->out);
  early->sent = 0;
  if (waiting > 0) {
    if (early->chunked) buf_printf(&early->out, "%zx\r\n", waiting);
    buf_append(&early->out, exchange->download.data + exchange->download_taken, waiting);
    if (early->chunked) buf_append_text(&early->out, "\r\n");
    exchange->download_taken += waiting;
    upstream_drained(exchange);
  } else if (exchange->state == EXCHANGE_WHOLE && !early->ended) {
    early->ended = true;
    if (early->chunked) buf_append_text(&early->out, "0\r\n\r\n");
  }
  return early->out.len > 0;
}

static void send_answer(struct exchange *exchange);

static void on_writable(void *context, unsigned events) {
  (void)events;
  send_answer(context);
}

// False: the client's side cannot be written to any more.
static bool wait_for_room(struct exchange *exchange) {
  struct early_response *early = exchange->early;
  return early->watch || loop_watch_open(exchange->proxy->loop, exchange->client->fd, LOOP_WRITE, on_writable,
                                         exchange, &early->watch, NULL) == STATUS_OK;
}

static void stop_waiting(struct exchange *exchange) {
  loop_watch_close(exchange->early->watch);
  exchange->early->watch = NULL;
}

// Writes what the client takes.
static void send_answer(struct exchange *exchange) {
  struct early_response *early = exchange->early;
  if (exchange->early_ns > 0) return;
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
  stop_waiting(exchange);
  if (!is_fine) {
    shutdown(fd, SHUT_RDWR); // half an answer must not look like one
  } else if (early->ended) {
    exchange->early_ns = clock_now_ns();
    exchange_wake(exchange);
  }
}

static void on_changed(struct exchange *exchange) {
  send_answer(exchange);
  exchange_wake(exchange);
}

static void on_end(struct exchange *exchange) {
  stop_waiting(exchange);
  buf_free(&exchange->early->out);
}

bool early_response_begin(struct exchange *exchange) {
  static const struct exchange_writer writer = {.changed = on_changed, .end = on_end};
  if (!can_begin(exchange)) return false;
  exchange->early = calloc(1, sizeof *exchange->early);
  if (!exchange->early) return false;
  write_head(exchange);
  exchange->writer = &writer;
  return true;
}

enum MHD_Result early_response_discard(const struct exchange *exchange, size_t *len) {
  bool is_over = *len == 0 || clock_now_ns() - exchange->early_ns > EARLY_LINGER_NS;
  *len = 0;
  return is_over ? MHD_NO : MHD_YES;
}
