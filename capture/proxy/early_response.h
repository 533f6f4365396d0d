// SPDX-License-Identifier: GPL-3.0-or-later
//
// An answer that comes while its request is still being sent (a 413, or a stream of what was said so far),
// given to the client as it comes. libmicrohttpd sends no answer before it has read the whole request; until
// then it writes nothing on the connection, so that the answer can be written there past it.
#ifndef CAPTURE_EARLY_RESPONSE_H
#define CAPTURE_EARLY_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/net/loop.h"

struct exchange;

// An exchange's own; zeros: none.
struct early_response {
  bool begun;               // the answer goes this way; never by libmicrohttpd then
  bool chunked;             // its length is not known
  bool ended;               // its last byte is in `out`
  struct buf out;           // framed bytes
  size_t sent;              // of these
  struct loop_watch *watch; // the client takes no more for now; NULL: it does
};

// To be called when something of the answer has come. Begins, with `Connection: close`, when the answer's
// head is there and the request not whole, and the connection is not TLS; a client of HTTP/1.0 gets only an
// answer of known length. Writes what the client takes. When all is written exchange->early_ns is set, and
// the rest of the request is nobody's.
void early_response_answer(struct exchange *exchange);

// Called with each piece of the request after that. Throws it away, so that the client can read its answer
// before the connection ends (RFC 9112 9.6), for EARLY_LINGER_NS at most; MHD_NO ends the connection.
#define EARLY_LINGER_NS (30 * CLOCK_NS_PER_S)
enum MHD_Result early_response_discard(const struct exchange *exchange, size_t *len);

// Before the client's connection is given up.
void early_response_end(struct exchange *exchange);

#endif
