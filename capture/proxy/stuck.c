// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/stuck.h"

#include <ctype.h>
#include <sys/socket.h>

#define SETTLING_TRIES 16
#define ROUNDS 2 // other traffic may look the same once

static bool is_suspect(const struct exchange *exchange) {
  return exchange->begun && exchange->framing.chunked && exchange->client && !exchange->upload_complete &&
         !exchange->suspended && !exchange->stuck;
}

enum finding { SPINS, IS_INNOCENT, IS_GONE_PERHAPS };

// A suspended connection; it stays so unless it is perhaps gone.
static enum finding try_suspect(struct exchange *exchange) {
  struct httpd *httpd = exchange->proxy->httpd;
  for (int round = 0; round < ROUNDS; round++) {
    MHD_resume_connection(exchange->connection);
    bool is_quiet = httpd_goes_quiet(httpd);
    if (is_quiet && httpd_has_done_something(httpd)) return IS_GONE_PERHAPS;
    MHD_suspend_connection(exchange->connection);
    if (is_quiet || !httpd_goes_quiet(httpd)) return IS_INNOCENT;
  }
  return SPINS;
}

// What the library has of the body begins behind the head, with the line's first digit. Should it be kept
// elsewhere, there is no digit; then the connection is cut, and ends with its timeout, of which a second is
// the least.
static void end(struct exchange *exchange) {
  exchange_note_rejection(exchange->proxy, 400, "the line with a chunk's size is too long");
  if (!exchange->aborted_by) exchange->aborted_by = "client";
  if (isxdigit((unsigned char)*exchange->body_start)) {
    *exchange->body_start = '-';
  } else {
    exchange->stuck = true;
    shutdown(exchange->client->fd, SHUT_RDWR);
    MHD_set_connection_option(exchange->connection, MHD_CONNECTION_OPTION_TIMEOUT, 1U);
  }
  MHD_resume_connection(exchange->connection);
}

// What goes on has come to its end. False: it turns on, and the other trials wait for the next look.
static bool settles(struct httpd *httpd) {
  for (int tries = 0; tries < SETTLING_TRIES && httpd_goes_quiet(httpd); tries++) {
    if (!httpd_has_done_something(httpd)) return true;
  }
  return false;
}

bool stuck_end(struct proxy_context *proxy) {
  struct exchange *suspects = NULL, *innocents = NULL;
  bool has_ended_one = false;
  if (!httpd_spun(proxy->httpd)) return false;
  for (struct exchange *exchange = proxy->first; exchange; exchange = exchange->next) {
    if (!is_suspect(exchange)) continue;
    MHD_suspend_connection(exchange->connection);
    exchange->next_suspect = suspects;
    suspects = exchange;
  }
  if (!suspects) return false;
  bool is_among = settles(proxy->httpd);
  for (struct exchange *suspect = suspects, *next; suspect; suspect = next) {
    next = suspect->next_suspect;
    enum finding finding = is_among ? try_suspect(suspect) : IS_INNOCENT;
    has_ended_one |= finding == SPINS;
    if (finding == SPINS) end(suspect);
    if (finding != IS_INNOCENT) {
      is_among = settles(proxy->httpd);
      continue;
    }
    suspect->next_suspect = innocents; // they wait: one that begins to spin would spoil the other trials
    innocents = suspect;
  }
  for (; innocents; innocents = innocents->next_suspect)
    MHD_resume_connection(innocents->connection);
  httpd_run_soon(proxy->httpd);
  return has_ended_one;
}
