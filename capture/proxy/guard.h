// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which requests are refused, because two parties could read them differently (request smuggling) or because
// they try to choose where bytes go. Pure decisions over what the HTTP parser found.
#ifndef CAPTURE_GUARD_H
#define CAPTURE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A header field as the parser gives it: neither part need end with NUL.
struct guard_field {
  const char *name, *value;
  size_t name_len, value_len;
};

struct guard_request {
  const char *method;
  const char *target;  // as on the request line, not unescaped
  const char *version; // "HTTP/1.1"
  const struct guard_field *fields;
  size_t field_count;
};

// How the request's body is delimited.
struct guard_framing {
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
const char *guard_refusal(const struct guard_request *request, struct guard_framing *framing);

// The value of the first field of that name; NULL when there is none. Case does not matter.
const struct guard_field *guard_find(const struct guard_request *request, const char *name);

// True when the field has this name. Case does not matter.
bool guard_field_is(const struct guard_field *field, const char *name);

#endif
