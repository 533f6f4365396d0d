// SPDX-License-Identifier: GPL-3.0-or-later
//
// The one server that capture forwards to, by its URL. Nothing that a client sends can change it.
#ifndef CAPTURE_ORIGIN_H
#define CAPTURE_ORIGIN_H

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/status.h"

struct origin {
  char *url;   // "http://user:pass@host:port/base" without a slash at its end; with the userinfo: never shown
  char *shown; // the same without the userinfo, for records and messages
};

// Takes an absolute http or https URL: host, optional port, userinfo and base path, no query, no fragment, no
// white space or control characters. STATUS_USAGE, with a message that does not repeat a userinfo;
// STATUS_MEMORY.
enum status origin_parse(const char *url, struct origin *out, struct error *error) MUST_USE;

// True for https.
bool origin_is_secure(const struct origin *origin);

// Appends the URL of a request target ("/path?query", as the client wrote it). Failure sticks in out->status.
void origin_target_url(const struct origin *origin, const char *target, struct buf *out);

void origin_free(struct origin *origin);

#endif
