// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which requests are refused, because two parties could read them differently (request smuggling) or because
// they try to choose where bytes go. Pure decisions over what the HTTP parser found.
#ifndef CAPTURE_REQUEST_CHECK_H
#define CAPTURE_REQUEST_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A header field as the parser gives it: neither part need end with NUL.
struct request_check_field {
  const char *name, *value;
  size_t name_len, value_len;
};

struct request_check_request {
  const char *method;
  const char *target;  // as on the request line, not unescaped
  const char *version; // "HTTP/1.1"
  const struct request_check_field *fields;
  size_t field_count;
};

// How the request's body is delimited.
struct request_check_framing {
  bool chunked;
  bool has_length; // Content-Length is there
  int64_t length;  // 0 without a body; -1: chunked
};

// NULL when the request may be forwarded, and then fills `framing`; else why it is refused (with 400), in a
// few words that repeat nothing of the request. Refused are: CONNECT; a target that is not a path (RFC 9112
// 3.2.2 to 3.2.4) or has a fragment or control characters; a method or field name that is no token (a space
// before the colon); CR, LF or NUL in a value; Content-Length together with Transfer-Encoding, either one
// twice, a length that is no number; Transfer-Encoding on HTTP/1.0 or other than `chunked`; no or two Hosts
// on HTTP/1.1; an Expect other than 100-continue.
const char *request_check_refusal(const struct request_check_request *request,
                                  struct request_check_framing *framing);

// The value of the first field of that name; NULL when there is none. Case does not matter.
const struct request_check_field *request_check_find(const struct request_check_request *request,
                                                     const char *name);

// True when the field has this name. Case does not matter.
bool request_check_field_is(const struct request_check_field *field, const char *name);

#endif
