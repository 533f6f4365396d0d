// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which requests are rejected: those that two parties could read differently (request smuggling), and those
// that choose where bytes go. Pure decisions over the parsed head.
#ifndef CAPTURE_REQUEST_CHECK_H
#define CAPTURE_REQUEST_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/http/head.h"

// How the request's body is delimited.
struct request_check_framing {
  bool chunked;
  bool has_length; // Content-Length is there
  int64_t length;  // 0 without a body; -1: chunked
};

// NULL when the request may be forwarded, and then fills `framing`; else why it is rejected (with 400), in a
// few words that repeat nothing of the request. Rejected are: CONNECT; a target that is not a path (RFC 9112
// 3.2.2 to 3.2.4) or has a fragment or control characters; a method or field name that is no token (a space
// before the colon); CR, LF or NUL in a value; Content-Length together with Transfer-Encoding, either one
// twice, a length that is no number; Transfer-Encoding on HTTP/1.0 or other than `chunked`; no or two Hosts
// on HTTP/1.1; an Expect other than 100-continue.
const char *request_check_reject(const struct head *head, struct request_check_framing *framing);

#endif
