// SPDX-License-Identifier: GPL-3.0-or-later
//
// An answer that comes while its request is still being sent (a 413, say), given to the client at once.
// libmicrohttpd sends no answer before it has read the whole request; until then it writes nothing on the
// connection, so that a short answer can be written there past it.
#ifndef CAPTURE_EARLY_H
#define CAPTURE_EARLY_H

#include "capture/exchange.h"

// Writes the answer, with `Connection: close`, when it is whole and short (EARLY_MOST), the request is not
// whole yet, and the connection is not TLS. True when it did (exchange->early_ns is set then, and the rest of
// the request is nobody's); false: it has to wait for the end of the request.
#define EARLY_MOST ((size_t)8 * 1024)
bool early_answer(struct exchange *exchange);

// Called with each piece of the request after that. Throws it away, so that the client can read its answer
// before the connection ends (RFC 9112 9.6), for EARLY_LINGER_NS at most; MHD_NO ends the connection.
#define EARLY_LINGER_NS (30 * CLOCK_NS_PER_S)
enum MHD_Result early_discard(const struct exchange *exchange, size_t *len);

#endif
