// SPDX-License-Identifier: GPL-3.0-or-later
//
// One request on its way through: the state that its two sides share. downstream.c moves it between client
// and here, upstream.c between here and the server. Each side ends by itself; exchange_release frees the
// exchange when both have. Buffers in between are bounded: a side whose buffer is full stops reading until
// the other has drained some.
//
//   client's side (`client`, `connection`)           upstream's side (`xfer`)
//
//   arriving      client.c has the first line
//      | head complete
//   begun         head parsed --rejected--> own answer
//      | first piece of a body, or all of it ----->  started --cannot start--> 502
//   body read     `upload` fills                     `upload` drains
//      | last byte (upload_complete)                    | head_ready (status 200 or more)
//   answering     `download` drains                  `download` fills
//      | last byte, or the client leaves                | last byte, or broken off
//   ended         client NULL                        ended         xfer NULL
//
//   state:  OPEN --upstream complete--------------------> WHOLE
//           OPEN --broken off, head_ready---------------> CUT     the client's connection is cut
//           OPEN --broken off, rejected or timed out----> WHOLE   with an answer of our own
//
//   writer: ordinary (downstream.c) --head_ready before upload_complete--> early (early_response.c)
//
// Only the loop's thread touches what is here. The recorder's thread gets copies through `entry`.
//
// The modules, lowest first: exchange; upstream and client; early_response; downstream; proxy. What happens
// upstream reaches the client's side through exchange_changed and the table `writer` alone.
#ifndef CAPTURE_EXCHANGE_H
#define CAPTURE_EXCHANGE_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/content/request_check.h"
#include "capture/proxy/client_share.h"
#include "capture/proxy/httpd.h"
#include "capture/record/recorder.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/histogram.h"
#include "lib/base/log.h"
#include "lib/http/endpoint.h"
#include "lib/http/head.h"
#include "lib/net/xfer.h"

#define EXCHANGE_UPLOAD_MAX ((size_t)32 * 1024)
#define EXCHANGE_DOWNLOAD_MAX ((size_t)48 * 1024)
#define EXCHANGE_CONNECT_TIMEOUT_NS (10 * CLOCK_NS_PER_S)

struct exchange;
struct early_response;

// Why a request or a connection is rejected.
enum rejection {
  REJECTION_MALFORMED,    // 400
  REJECTION_HEADER_SLOW,  // 408
  REJECTION_CLIENT_LIMIT, // 429: one connection too many of its client
  REJECTION_HEADER_LARGE, // 431
  REJECTION_COUNT,
};

struct exchange_counts {
  int64_t connections; // open now
  int64_t in_flight;   // exchanges now
  int64_t requests;    // forwarded
  int64_t rejected[REJECTION_COUNT];
  int64_t header_timeouts;       // connections ended by the header's timeout, those without a byte too
  int64_t failed;                // answered with 502 or 504, or cut
  int64_t abandoned;             // by the client
  int64_t resent;                // sent again, since a kept connection was dead
  int64_t bytes_up, bytes_down;  // of bodies
  int64_t connections_max;       // of clients at once; more wait to be accepted
  bool draining;                 // no new connection is accepted
  struct histogram *upstream_ns; // from sending to the end, of every forwarded request
  char trouble[160];             // why the upstream failed last, in words; "": it has not
  bool is_other_scheme;          // the last failure is one of a server that does not support what -u says
};

// What all exchanges of a proxy share.
struct proxy_context {
  struct loop *loop;
  const struct endpoint *origin;
  struct xfer_pool *pool;
  struct recorder *recorder;
  struct httpd *httpd;
  struct log *log;
  size_t max_header_bytes;
  size_t connection_memory; // libmicrohttpd's, for both headers and what it knows of them
  int64_t max_connections, max_connections_per_client; // the latter 0: no limit
  struct client_shares shares;
  int64_t rejections_left;  // with a 429, until the next check; then connections are closed without one
  int64_t blocked_until_ns; // the kernel drops what one client begins; 0: it drops nothing
  int64_t header_timeout_ns, body_timeout_ns; // 0: no limit
  unsigned checks;                            // of client_end_slow so far
  bool tls;                                   // towards the clients
  bool said_base;                             // that -u and the targets have the same base
  bool draining;                              // answers close their connection
  struct exchange *first;                     // all that live
  struct exchange_client *clients;
  struct exchange_client *arrivals; // clients with an incomplete head; the latest comes first
  struct exchange_counts counts;
};

// A client's connection.
struct exchange_client {
  struct proxy_context *proxy;
  struct exchange_client *previous, *next;
  struct MHD_Connection *connection;
  int fd;
  struct client_share *share; // NULL: it counts for no client
  bool gone;                  // it has closed its side
  bool closing;               // we have cut it
  struct exchange *current;
  struct exchange *arriving; // a request whose head is incomplete; NULL: none
  bool rechecked;            // since it began to arrive
  struct exchange_client *previous_arriving, *next_arriving;
  int64_t served_ns;       // when it was accepted, or its last request was over
  int64_t head_since_ns;   // a head has been coming since then; 0: none is, the last one was served
  uint64_t bytes_received; // at the first check after the last request; 0: not checked yet
};

// Passes the answer on to the client.
struct exchange_writer {
  void (*changed)(struct exchange *exchange); // more of the answer may be there, or room in `upload`
  void (*end)(struct exchange *exchange);     // the client's connection is given up
};

enum exchange_state {
  EXCHANGE_OPEN,  // more may come from the upstream
  EXCHANGE_WHOLE, // its answer is complete
  EXCHANGE_CUT,   // it broke off, and so must ours
};

struct exchange {
  struct proxy_context *proxy;
  struct exchange *previous, *next;
  struct recorder_entry *entry; // NULL: not recorded
  char *target;                 // as the client wrote it
  int64_t arrived_ns, moved_ns; // when it came; when a byte last moved
  const char *aborted_by;
  bool over;     // the answer's own end has come, whatever the connections do after it
  bool answered; // the client had all of that and left: it has given up nothing

  // Client to upstream.
  bool begun;       // the head is parsed
  struct head head; // its texts are libmicrohttpd's, while `client` is set
  bool is_old;      // HTTP/1.0: no chunked answer
  struct request_check_framing framing;
  struct buf upload; // body bytes that the upstream has not taken
  size_t upload_taken;
  bool upload_complete; // the client's last byte is here
  bool upload_waits;    // the upstream waits for more

  // Upstream to client.
  int status;
  bool is_ours;          // the answer was made here (502, 504)
  struct buf fields;     // of the answer: name, NUL, value, NUL; a folded line joins the value before it
  struct head answer;    // the same, parsed once it is complete
  const char *objection; // why the upstream's answer is not passed on; NULL: it is
  int64_t length;        // of the answer's body; -1: unknown
  bool head_ready;       // status, answer and length are set
  struct buf download;   // body bytes that the client has not got
  size_t download_taken;
  unsigned download_pieces; // that have come since it was empty
  bool download_waits;      // the upstream's side is paused
  enum exchange_state state;
  bool timed_out;

  // The two sides.
  struct exchange_client *client; // NULL: the client's side has ended
  struct MHD_Connection *connection;
  const struct exchange_writer *writer; // NULL: before the head is parsed, and without a client
  struct early_response *early;         // NULL: the ordinary way; freed with the exchange
  int64_t early_ns;                     // when all of the early response was sent; 0: it is not
  bool suspended;
  size_t head_bytes;   // of the request
  char *body_start;    // where libmicrohttpd keeps what it has read of the body and not handed over
  uint64_t read_bytes; // by libmicrohttpd from the client's socket, at stuck_mark
  int unread;          // bytes in that socket, when stuck.c looked last
  bool stuck;          // ended by stuck.c
  struct xfer *xfer;   // NULL: not started, or ended
};

// An exchange for a request whose target has just been read. NULL: no memory.
struct exchange *exchange_new(struct proxy_context *proxy, const char *target);

// More of the answer is there, or its state is another: for the writer.
void exchange_changed(struct exchange *exchange);

// Resumes the client's connection if it is suspended.
void exchange_wake(struct exchange *exchange);

// The answer's head, as exchange->status and exchange->length state it, has no body.
bool exchange_is_bodyless(const struct exchange *exchange);

// Ends the client's answer because of what happened upstream: with an error answer of our own when the head
// has not been passed on yet, else by cutting it.
void exchange_fail(struct exchange *exchange, int status, const char *message);

// Makes an error answer of our own, a short JSON object.
void exchange_answer(struct exchange *exchange, int status, const char *message);

// Counts a rejection with 400, 408, 429 or 431, and logs it as a detail.
void exchange_note_rejection(struct proxy_context *proxy, int status, const char *why);
int64_t exchange_rejections(const struct exchange_counts *counts); // of all kinds

// No byte has moved for too long.
void exchange_time_out(struct exchange *exchange);

// The client leaves while more may come from the upstream: it has given up, unless it had a whole answer.
void exchange_note_leaving(struct exchange *exchange);

// Frees the answer's head once it is passed on.
void exchange_free_answer(struct exchange *exchange);

// Frees the exchange when both sides have ended.
void exchange_release(struct exchange *exchange);

#endif
