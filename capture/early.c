// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/early.h"

#include <string.h>
#include <sys/socket.h>

static bool can_answer(const struct exchange *exchange) {
  return exchange->client && !exchange->client->gone && exchange->begun && !exchange->upload_complete &&
         exchange->early_ns == 0 && !exchange->house->tls && exchange->head_ready &&
         exchange->state == EXCHANGE_WHOLE && exchange->download_taken == 0 &&
         exchange->fields.len + exchange->download.len <= EARLY_MOST;
}

static void write_answer(const struct exchange *exchange, struct buf *out) {
  const char *end = exchange->fields.data + exchange->fields.len;
  const char *reason = MHD_get_reason_phrase_for((unsigned)exchange->status);
  bool bodyless = strcmp(exchange->method, "HEAD") == 0 || exchange->status == 204 || exchange->status == 304;
  buf_printf(out, "HTTP/1.1 %d %s\r\nConnection: close\r\n", exchange->status, reason);
  for (const char *name = exchange->fields.data; name && name < end;) {
    const char *value = name + strlen(name) + 1;
    // What libmicrohttpd would refuse to add.
    if (!strpbrk(name, " \t\r\n") && !strpbrk(value, "\r\n")) buf_printf(out, "%s: %s\r\n", name, value);
    name = value + strlen(value) + 1;
  }
  if (!bodyless) buf_printf(out, "Content-Length: %zu\r\n", exchange->download.len);
  buf_append_text(out, "\r\n");
  if (!bodyless) buf_append(out, exchange->download.data, exchange->download.len);
}

bool early_answer(struct exchange *exchange) {
  struct buf answer = {0};
  bool sent = false;
  if (!can_answer(exchange)) return false;
  write_answer(exchange, &answer);
  int fd = exchange->client->fd;
  ssize_t len = answer.status ? -1 : send(fd, answer.data, answer.len, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (len > 0) {
    sent = true;
    exchange->early_ns = clock_now_ns();
    exchange->download_taken = exchange->download.len;
    if ((size_t)len < answer.len) shutdown(fd, SHUT_RDWR); // half an answer must not look like one
  }
  buf_free(&answer);
  return sent;
}

enum MHD_Result early_discard(const struct exchange *exchange, size_t *len) {
  bool is_over = *len == 0 || clock_now_ns() - exchange->early_ns > EARLY_LINGER_NS;
  *len = 0;
  return is_over ? MHD_NO : MHD_YES;
}
