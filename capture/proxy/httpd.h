// SPDX-License-Identifier: GPL-3.0-or-later
//
// The server side: a libmicrohttpd daemon without threads, run by the event loop through its epoll
// descriptor. What a request means is the caller's business.
#ifndef CAPTURE_HTTPD_H
#define CAPTURE_HTTPD_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/http/address.h"
#include "lib/net/loop.h"

struct httpd;

struct httpd_handlers {
  MHD_AccessHandlerCallback handle;
  void *(*target)(void *context, const char *target, struct MHD_Connection *connection); // NULL allowed
  MHD_RequestCompletedCallback completed;                                                // NULL allowed
  MHD_NotifyConnectionCallback connection;                                               // NULL allowed
  MHD_AcceptPolicyCallback accept; // before anything is allocated for a connection; NULL allowed
  // Each of its turns, when it is over; in vain: it has done nothing, and asks for the next. NULL allowed.
  void (*turned)(void *context, bool was_in_vain);
  void *context; // of all six
};

struct httpd_options {
  struct address listen;
  const char *unix_socket;        // a path; NULL: listen on the address
  bool passed;                    // listen on the socket that systemd has opened instead of either
  bool handover;                  // listen although another process does (see listener_open)
  const char *tls_cert, *tls_key; // PEM files; both NULL: plain HTTP
  size_t connection_memory;       // bytes per connection for headers and buffers
  unsigned connections;           // at once; more wait in the backlog
  unsigned idle_timeout_s;        // of a connection that is not suspended; 0: none
};

// Listens and serves from the loop. STATUS_IO ("cannot listen on ...: ...", see listener_open; a TLS file
// that cannot be read or used), STATUS_NOT_FOUND (such a file is not there), STATUS_MEMORY.
enum status httpd_open(struct loop *loop, const struct httpd_options *options,
                       const struct httpd_handlers *handlers, struct httpd **out,
                       struct error *error) MUST_USE;

// "http://HOST:PORT" (https:// with TLS) with the port that was picked, or "unix:PATH".
const char *httpd_address(const struct httpd *httpd);

// Accepts what waits to be accepted, then no more, and removes the file of a Unix socket; connections that
// are open go on. Not from a callback of the daemon.
void httpd_stop_listening(struct httpd *httpd);

// Who begins no connection from now on (see listener_block); NULL: everybody may.
void httpd_block(struct httpd *httpd, const struct sockaddr *address);

// Gives the daemon a turn soon, from the loop: connections that were resumed go on only then (without a
// thread of its own libmicrohttpd has nothing to wake it). Its other turns it takes by itself.
void httpd_run_soon(struct httpd *httpd);

// To be called from each of the daemon's callbacks. The daemon may ask for one turn after another while there
// is nothing that it can do (see stuck.h). From the third without a callback on, such turns are 1 to 32 ms
// apart.
void httpd_did_something(struct httpd *httpd);

// Closes every connection (none may be suspended) and frees. Takes NULL.
void httpd_close(struct httpd *httpd);

#endif
