// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/stuck.h"

#include <sys/socket.h>

#include "capture/proxy/refusal.h"

#define ROUNDS 2 // other traffic may look the same once

static bool is_suspect(const struct exchange *exchange) {
  return exchange->begun && exchange->framing.chunked && exchange->client && !exchange->upload_complete &&
         !exchange->suspended && !exchange->stuck;
}

// A suspended connection; it stays so when this is true, and may be gone when not.
static bool spins(struct exchange *exchange) {
  struct httpd *httpd = exchange->house->httpd;
  for (int round = 0; round < ROUNDS; round++) {
    MHD_resume_connection(exchange->connection);
    if (httpd_goes_quiet(httpd)) return false;
    MHD_suspend_connection(exchange->connection);
    if (!httpd_goes_quiet(httpd)) {
      MHD_resume_connection(exchange->connection);
      return false;
    }
  }
  return true;
}

static void end(struct exchange *exchange) {
  struct proxy_context *house = exchange->house;
  house->counts.refused++;
  log_detail(house->log, "refused with 400: a chunk's size line is too long");
  exchange->stuck = true;
  exchange->state = EXCHANGE_CUT;
  if (!exchange->aborted_by) exchange->aborted_by = "client";
  if (!house->tls && !exchange->early.begun) {
    refusal_send(exchange->client->fd, 400, "the line with a chunk's size is too long");
  } else {
    shutdown(exchange->client->fd, SHUT_RDWR);
  }
  // The least there is: libmicrohttpd looks at nothing else of such a connection.
  MHD_set_connection_option(exchange->connection, MHD_CONNECTION_OPTION_TIMEOUT, 1U);
  MHD_resume_connection(exchange->connection);
  if (exchange->xfer) xfer_cancel(exchange->xfer);
}

void stuck_end(struct proxy_context *house) {
  struct exchange *suspects = NULL;
  if (!httpd_spun(house->httpd)) return;
  for (struct exchange *exchange = house->first; exchange; exchange = exchange->next) {
    if (!is_suspect(exchange)) continue;
    MHD_suspend_connection(exchange->connection);
    exchange->next_suspect = suspects;
    suspects = exchange;
  }
  bool is_among = httpd_goes_quiet(house->httpd);
  for (struct exchange *suspect = suspects, *next; suspect; suspect = next) {
    next = suspect->next_suspect;
    if (!is_among) {
      MHD_resume_connection(suspect->connection);
    } else if (spins(suspect)) {
      end(suspect);
    }
  }
  httpd_run_soon(house->httpd);
}
