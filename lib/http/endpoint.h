// SPDX-License-Identifier: GPL-3.0-or-later
//
// The server that is measured: the URL of -u, and the URLs of requests made from it.
#ifndef REPLAY_ENDPOINT_H
#define REPLAY_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/status.h"

#define ENDPOINT_PORT "{port}"

struct endpoint {
  char *text;      // as given, without slashes at its end: scheme, userinfo, host, port, base path
  char *host;      // without brackets
  bool port_open;  // the port is {port}: chosen when a server is started
  uint16_t port;   // 0: port_open
  int public_from; // where the userinfo begins in `text`; -1: none
  int public_to;   // behind its '@'
};

// Takes http:// and https:// URLs; {port} may stand for the port. STATUS_USAGE (error is set): another
// scheme, no host, a bad port, a query or fragment, white space or control characters.
enum status endpoint_parse(const char *url, struct endpoint *out, struct error *error) MUST_USE;
void endpoint_free(struct endpoint *endpoint); // takes an all-zero endpoint

// Appends the URL for a path that begins with '/' (the base path stays before it). `port` replaces {port}.
void endpoint_print(const struct endpoint *endpoint, uint16_t port, const char *path, struct buf *out);

// Appends the URL as given, but for its userinfo: what may be recorded and shown.
void endpoint_print_public(const struct endpoint *endpoint, struct buf *out);

// The end of the URL's base path ("/v1") with which the path begins too, a pointer into `url`, so that a
// request goes to /v1/v1/...; NULL: there is none.
const char *endpoint_repeated_base(const char *url, const char *path);

// True when something takes a TCP connection there (it is closed at once). `port` as above, 0: the URL's own.
// Otherwise STATUS_NETWORK (error is set). Waits at most `timeout_ns` per address.
enum status endpoint_probe(const struct endpoint *endpoint, uint16_t port, int64_t timeout_ns,
                           struct error *error) MUST_USE;

// A TCP port of 127.0.0.1 that is free now. STATUS_IO (error is set).
enum status endpoint_free_port(uint16_t *out, struct error *error) MUST_USE;

#endif
