// SPDX-License-Identifier: GPL-3.0-or-later
//
// A response that arrives before the request body is complete (a 413, or a stream of what was said so far),
// given to the client as it comes. libmicrohttpd sends no answer before it has read the whole request. Until
// then it writes nothing on the connection, so this module writes there past it.
#ifndef CAPTURE_EARLY_RESPONSE_H
#define CAPTURE_EARLY_RESPONSE_H

#include "capture/proxy/exchange.h"

// Becomes the exchange's writer when the answer's head is there, the request is not whole, and the connection
// is not TLS; a client of HTTP/1.0 gets only an answer of known length. The answer has `Connection: close`.
// Once all is written exchange->early_ns is set, and the rest of the request is read and discarded. False:
// the answer goes the ordinary way.
bool early_response_begin(struct exchange *exchange);

// Called with each piece of the request after that. Discards it, so that the client can read its answer
// before the connection ends (RFC 9112 9.6), for EARLY_LINGER_NS at most; MHD_NO ends the connection.
#define EARLY_LINGER_NS (30 * CLOCK_NS_PER_S)
enum MHD_Result early_response_discard(const struct exchange *exchange, size_t *len);

#endif
