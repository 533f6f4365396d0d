// SPDX-License-Identifier: GPL-3.0-or-later
//
// Ends chunked uploads whose next line with a chunk's size does not end. libmicrohttpd searches what it has
// of such a line at each turn; once the line fills the connection's memory, it has no room to read on, asks
// for turn after turn without end, also after the client has left, and says nothing of it.
#ifndef CAPTURE_STUCK_H
#define CAPTURE_STUCK_H

#include "capture/proxy/exchange.h"

// To be called when libmicrohttpd has handed over the head or bytes of the body of a chunked upload.
void stuck_mark(struct exchange *exchange);

// To be called after a turn of libmicrohttpd that was in vain, not from one of its callbacks. An upload is
// stuck when the library has read an eighth of its memory or more since the mark; or, where the kernel does
// not count what has come (Unix sockets), when what it has not read stays the same from one call to the next.
// The line is spoiled where it lies, so that the library finds it malformed: it answers 400 and closes.
void stuck_end(struct proxy_context *proxy);

#endif
