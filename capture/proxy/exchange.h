// SPDX-License-Identifier: GPL-3.0-or-later
//
// One request on its way through: the state that its two sides share. downstream.c moves it between client
// and here, upstream.c between here and the server; each side ends by itself, and the exchange is freed when
// both have.
//
// Bytes in between are bounded: a side that finds its buffer full stops reading until the other has taken
// some.
#ifndef CAPTURE_EXCHANGE_H
#define CAPTURE_EXCHANGE_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/content/request_check.h"
#include "capture/proxy/early_response.h"
#include "capture/proxy/httpd.h"
#include "capture/proxy/latency_histogram.h"
#include "capture/proxy/origin.h"
#include "capture/record/recorder.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/net/xfer.h"

#define EXCHANGE_UPLOAD_MAX ((size_t)32 * 1024)
#define EXCHANGE_DOWNLOAD_MAX ((size_t)48 * 1024)
#define EXCHANGE_CONNECT_TIMEOUT_NS (10 * CLOCK_NS_PER_S)

struct exchange;

struct exchange_counts {
  int64_t connections;          // open now
  int64_t in_flight;            // exchanges now
  int64_t requests;             // forwarded
  int64_t refused;              // by us: malformed, too large, too slow, one too many of its client
  int64_t failed;               // answered with 502 or 504, or cut
  int64_t abandoned;            // by the client
  int64_t resent;               // sent again, since a kept connection was dead
  int64_t bytes_up, bytes_down; // of bodies
  struct latency_histogram
      upstream; // from sending to the end, of every request that was forwarded, well or not
};

// What all exchanges of a proxy share.
struct proxy_context {
  struct loop *loop;
  const struct origin *origin;
  struct xfer_pool *pool;
  struct recorder *recorder;
  struct httpd *httpd;
  struct log *log;
  size_t max_header_bytes;
  int64_t max_connections, max_connections_per_client; // the latter 0: as many
  int64_t header_timeout_ns;                           // 0: no limit
  unsigned looks;                                      // of client_end_slow
  bool tls;                                            // towards the clients
  bool draining;                                       // answers close their connection
  struct exchange *first;                              // all that live
  struct exchange_client *clients;
  struct exchange_client *arrivals; // clients with a head that is not whole; the latest comes first
  struct exchange_counts counts;
  void (*emptied)(void *context); // the last exchange has ended while draining
  void *emptied_context;
};

// A client's connection. It is closing from the moment that we have cut it.
struct exchange_client {
  struct proxy_context *house;
  struct exchange_client *previous, *next;
  struct MHD_Connection *connection;
  int fd;
  unsigned char address[16]; // of an IPv6 client only the network (/64)
  size_t address_len;        // 0: none, a Unix socket
  bool gone;                 // it has closed its side
  bool closing;
  struct exchange *current;
  struct exchange *arriving; // a request whose head is not whole yet; NULL: none
  bool looked_again;         // since it began to arrive
  struct exchange_client *previous_arriving, *next_arriving;
  int64_t head_since_ns;   // a head has been coming since then; 0: none is, the last one was served
  uint64_t bytes_received; // that had come by the first look after that; 0: not looked yet
};

enum exchange_state {
  EXCHANGE_OPEN,  // more may come from the upstream
  EXCHANGE_WHOLE, // its answer is complete
  EXCHANGE_CUT,   // it broke off, and so must ours
};

struct exchange {
  struct proxy_context *house;
  struct exchange *previous, *next;
  struct recorder_entry *entry; // NULL: not recorded
  char *target;                 // as the client wrote it
  char *method;
  int64_t arrived_ns, moved_ns; // when it came; when a byte last moved
  const char *aborted_by;
  bool over;     // the answer's own end has come, whatever the connections do after it
  bool answered; // the client had all of that and left: it has given up nothing

  // Client to upstream.
  bool begun;  // the head has been looked at
  bool is_old; // HTTP/1.0: knows no chunks
  struct request_check_framing framing;
  struct buf lines; // header lines for the upstream, each with its NUL; empty once it has them
  size_t line_count;
  struct buf upload; // body bytes that the upstream has not taken
  size_t upload_taken;
  bool upload_complete; // the client's last byte is here
  bool upload_waits;    // the upstream waits for more

  // Upstream to client.
  int status;
  bool is_ours;          // the answer was made here (502, 504)
  struct buf fields;     // of the answer: name, NUL, value, NUL
  const char *objection; // why the upstream's header is not passed on; NULL: it is
  int64_t length;        // of the answer's body; -1: unknown
  bool head_ready;
  struct buf download; // body bytes that the client has not got
  size_t download_taken;
  bool download_waits; // the upstream's side is paused
  enum exchange_state state;
  struct early_response early; // how it goes to a client whose request is not whole yet
  int64_t early_ns;            // when all of it had gone that way; 0: it has not
  bool timed_out;

  // The two sides.
  struct exchange_client *client; // NULL: the client's side has ended
  struct MHD_Connection *connection;
  bool suspended;
  char *body_start;              // where libmicrohttpd keeps what it has read of the body and not handed over
  bool stuck;                    // cut by stuck.c
  struct exchange *next_suspect; // the list of stuck.c while it looks
  struct xfer *xfer;             // NULL: not started, or ended
};

// An exchange for a request whose target has just been read. NULL: no memory.
struct exchange *exchange_new(struct proxy_context *house, const char *target);

// The upstream's answer is complete.
void exchange_complete(struct exchange *exchange);

// Says that there is something for the client's side to do.
void exchange_wake(struct exchange *exchange);

// Ends the client's answer because of what happened upstream: with an error answer of our own when the head
// has not been passed on yet, else by cutting it.
void exchange_fail(struct exchange *exchange, int status, const char *words);

// Fills fields and download with an error answer of our own, a short JSON object.
void exchange_answer(struct exchange *exchange, int status, const char *words);

// No byte has moved for too long.
void exchange_time_out(struct exchange *exchange);

// The client leaves while more may come from the upstream: it has given up, unless it had a whole answer.
void exchange_note_leaving(struct exchange *exchange);

// The client has closed its side: nothing upstream may go on for it.
void exchange_client_gone(struct exchange_client *client);

// Has libmicrohttpd look at a connection that is not suspended. It misses an end that comes together with the
// last bytes before it, and a request that it has dropped for want of memory; it would keep such a connection
// for as long as an idle one.
void exchange_look_again(struct exchange_client *client);

// Frees the exchange when both sides have ended.
void exchange_release(struct exchange *exchange);

#endif
