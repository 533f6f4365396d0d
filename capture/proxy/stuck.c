// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/stuck.h"

#include <ctype.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "capture/proxy/client.h"

#define LINE_SHARE 8 // the longest line is such a part of the connection's memory

static int unread(const struct exchange *exchange) {
  int bytes = 0;
  return ioctl(exchange->client->fd, FIONREAD, &bytes) ? 0 : bytes;
}

void stuck_mark(struct exchange *exchange) {
  exchange->unread = unread(exchange);
  exchange->read_bytes = client_bytes_received(exchange->client) - (uint64_t)exchange->unread;
}

static bool is_suspect(const struct exchange *exchange) {
  return exchange->begun && exchange->framing.chunked && exchange->client && !exchange->upload_complete &&
         !exchange->suspended && !exchange->stuck;
}

static bool is_stuck(struct exchange *exchange) {
  int unread_before = exchange->unread;
  uint64_t received = client_bytes_received(exchange->client);
  exchange->unread = unread(exchange);
  if (received == 0) return exchange->unread > 0 && exchange->unread == unread_before;
  uint64_t line = received - (uint64_t)exchange->unread - exchange->read_bytes;
  return line >= exchange->proxy->connection_memory / LINE_SHARE;
}

// What the library has of the body begins behind the head, with the line's first digit. Should it be kept
// elsewhere, there is no digit; then the connection is cut, and ends with its timeout, of which a second is
// the least.
static void end(struct exchange *exchange) {
  exchange_note_rejection(exchange->proxy, 400, "the line with a chunk's size is too long");
  if (!exchange->aborted_by) exchange->aborted_by = "client";
  exchange->stuck = true;
  if (isxdigit((unsigned char)*exchange->body_start)) {
    *exchange->body_start = '-';
  } else {
    shutdown(exchange->client->fd, SHUT_RDWR);
    MHD_set_connection_option(exchange->connection, MHD_CONNECTION_OPTION_TIMEOUT, 1U);
  }
}

void stuck_end(struct proxy_context *proxy) {
  for (struct exchange *exchange = proxy->first; exchange; exchange = exchange->next) {
    if (is_suspect(exchange) && is_stuck(exchange)) end(exchange);
  }
}
