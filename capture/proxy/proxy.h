// SPDX-License-Identifier: GPL-3.0-or-later
//
// The proxy as a whole: clients on one side, the upstream's connections on the other, exchanges between them,
// and an orderly end.
#ifndef CAPTURE_PROXY_H
#define CAPTURE_PROXY_H

#include "capture/proxy/exchange.h"
#include "capture/record/recorder.h"
#include "lib/base/log.h"
#include "lib/http/address.h"
#include "lib/net/loop.h"

struct proxy;

struct proxy_options {
  const struct endpoint *upstream;
  struct address listen;
  const char *unix_socket;            // a path to listen on instead; NULL: none
  bool passed;                        // listen on the socket that systemd has opened instead of either
  bool handover;                      // listen although another capture does (see listener_open)
  const char *tls_cert, *tls_key;     // PEM files; both NULL: plain HTTP
  const char *ca_file;                // what an https upstream is checked against; NULL: the system's
  bool insecure;                      // the upstream's certificate is not checked
  size_t max_header_bytes;            // of a request's or response's head
  int64_t max_connections;            // of clients, 1 to 500000
  int64_t max_connections_per_client; // of one address; 0: all
  int64_t header_timeout_ns;          // from a head's first byte to its last; 0: no limit
  int64_t body_timeout_ns;            // between two reads of a request's body; 0: no limit
  int64_t idle_timeout_ns;            // without a byte moved; 0: never
};

// Listens and, once the loop runs, forwards. `upstream` and `log` are borrowed until proxy_close,
// the files' names until the return.
// STATUS_IO ("cannot listen on ..."), STATUS_MEMORY; error is set.
enum status proxy_open(struct loop *loop, const struct proxy_options *options, struct log *log,
                       struct proxy **out, struct error *error) MUST_USE;

// Where exchanges are recorded; to be set before the loop runs. (Apart from proxy_open, so that a port that
// is taken is found out before the file is touched.)
void proxy_record(struct proxy *proxy, struct recorder *recorder);

// "http://HOST:PORT" (https:// with TLS) or "unix:PATH"
const char *proxy_address(const struct proxy *proxy);

struct exchange_counts proxy_counts(const struct proxy *proxy);

// Takes the connections that wait to be accepted, and no more. Closes a connection when it has carried no
// request for 0.25 s. Calls `drained` from the loop (never from within) when that is true of all, or
// `grace_ns` is over. A second call ends the grace.
void proxy_drain(struct proxy *proxy, int64_t grace_ns, void (*drained)(void *context), void *context);

// Cuts what is still under way, closes everything and frees. Not from a callback of the proxy's own. Takes
// NULL.
void proxy_close(struct proxy *proxy);

#endif
