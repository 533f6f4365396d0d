// SPDX-License-Identifier: GPL-3.0-or-later
//
// A server by its URL, and the URLs of requests made from it. Nothing that a client sends can change it.
#ifndef LIB_HTTP_ENDPOINT_H
#define LIB_HTTP_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/status.h"

#define ENDPOINT_PORT "{port}"

struct endpoint {
  char *text;     // as given, without slashes at its end: scheme, userinfo, host, port, base path
  char *shown;    // the same without the userinfo: what may be recorded and shown
  char *host;     // without brackets
  bool secure;    // https
  bool port_open; // the port is {port}: chosen when a server is started
  uint16_t port;  // 0: port_open
};

// Reads http:// and https:// URLs; {port} may stand for the port. STATUS_USAGE, with a message that does not
// repeat a userinfo: another scheme, no host, a bad port, a query or fragment, white space, a character that
// no URL has. STATUS_MEMORY.
enum status endpoint_parse(const char *url, struct endpoint *out, struct error *error) MUST_USE;
void endpoint_free(struct endpoint *endpoint); // takes an all-zero endpoint

// Appends the URL for a path that begins with '/' (the base path stays before it), with a query or without.
// `port` replaces {port}. Failure sticks in out->status.
void endpoint_print(const struct endpoint *endpoint, uint16_t port, const char *path, struct buf *out);

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
