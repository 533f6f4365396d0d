// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the files of the transfer module share: the pool and one transfer in it. Private to lib/net/xfer*.c.
//
// A transfer goes pending -> added (libcurl has it) -> finished. libcurl refuses to be entered from its own
// callbacks, so starting, cancelling and resuming only mark the transfer, and settle (xfer.c) acts on the
// marks outside libcurl.
#ifndef LIB_NET_XFER_POOL_H
#define LIB_NET_XFER_POOL_H

#include <curl/curl.h>

#include "lib/base/buf.h"
#include "lib/net/xfer.h"

enum xfer_state { XFER_STATE_FREE, XFER_STATE_PENDING, XFER_STATE_ADDED };

struct xfer {
  struct xfer_pool *pool;
  CURL *easy; // kept over transfers
  enum xfer_state state;
  bool marked; // on the pool's list of transfers with work to do
  bool wants_cancel, wants_resume;
  bool aborted; // by a callback of ours
  bool resent;  // the transfer before may have been sent again
  struct xfer *next_marked;
  struct xfer *previous, *next; // pending or added: in the pool's list; free: singly linked
  const struct xfer_callbacks *callbacks;
  void *context;
  struct buf text;            // url, target, method and header lines, NUL-terminated each
  struct curl_slist *headers; // an array that points into text
  size_t header_room;
  bool wrong_version; // the response's, where the pool requires HTTP/2
  bool head_done;     // the final response's header is complete
  bool ignoring;      // in a 1xx
  size_t trailer_bytes;
  struct xfer_result result;
  char words[CURL_ERROR_SIZE];
};

struct xfer_socket; // xfer_sockets.c

struct xfer_pool {
  struct loop *loop;
  CURLM *multi;
  struct loop_timer *curl_timer;   // libcurl's own deadlines
  struct loop_timer *settle_timer; // marks to act on
  struct xfer_socket **sockets;    // by descriptor; NULL: it has had none there
  size_t socket_room;
  struct xfer_pool_options options;
  char *ca_file, *unix_socket;
  struct xfer *first;                // pending and added
  struct xfer *free;                 // to be used again
  struct xfer *marked, *last_marked; // with work to do, first come first
  bool inside;                       // libcurl is running: it must not be entered
  bool settling;
  bool closing; // nothing starts any more
};

// Lets libcurl act on a descriptor (CURL_CSELECT_*) or on its timers (CURL_SOCKET_TIMEOUT), then does what
// was asked for meanwhile. Not from within libcurl.
void xfer_pool_act(struct xfer_pool *pool, curl_socket_t socket, int events);

// Tells the multi handle, and each easy handle, how descriptors are watched on the loop.
void xfer_sockets_of_multi(struct xfer_pool *pool);
void xfer_sockets_of_easy(struct xfer *xfer);
void xfer_sockets_free(struct xfer_pool *pool); // after libcurl has closed them

// Makes the easy handle and sets what is the same for all transfers of the pool.
enum status xfer_easy_open(struct xfer *xfer) MUST_USE;
// Sets what differs: target, method, headers, body, timeouts. STATUS_USAGE (error is set) for an unusable
// URL.
enum status xfer_easy_prepare(struct xfer *xfer, const struct xfer_request *request,
                              struct error *error) MUST_USE;
// Fills the result once libcurl is through with it.
void xfer_easy_result(struct xfer *xfer, CURLcode code);

#endif
