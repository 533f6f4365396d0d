// SPDX-License-Identifier: GPL-3.0-or-later
//
// Ends uploads that libmicrohttpd cannot go on with. A line with a chunk's size that is longer than a
// connection's memory leaves it no room to read on; it then asks for turn after turn without end, also after
// the client has left, and says nothing of it.
#ifndef CAPTURE_STUCK_H
#define CAPTURE_STUCK_H

#include "capture/proxy/exchange.h"

// To be called now and then, not from a callback of libmicrohttpd. When it has asked for turns in vain, finds
// out which chunked uploads make it do so: those without which it goes quiet, twice. The line that it waits
// for the end of is spoiled where it lies, so that it finds it malformed: it answers 400 and closes. True
// when there was one.
bool stuck_end(struct proxy_context *proxy);

#endif
