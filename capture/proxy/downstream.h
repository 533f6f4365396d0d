// SPDX-License-Identifier: GPL-3.0-or-later
//
// The client's side of an exchange: takes the request in, hands the answer out. libmicrohttpd's callbacks.
#ifndef CAPTURE_DOWNSTREAM_H
#define CAPTURE_DOWNSTREAM_H

#include "capture/proxy/exchange.h"

// Called by libmicrohttpd again and again for one request: for its head (*len 0, exchange->begun still
// false), for each piece of its body (*len > 0; what was taken is subtracted), and from its end on (*len 0)
// until an answer is queued. `url` is unescaped by it; exchange->target is what the client wrote.
enum MHD_Result downstream_handle(struct exchange *exchange, struct MHD_Connection *connection,
                                  const char *url, const char *method, const char *version, const char *data,
                                  size_t *len);

// The request is over, well or not; the exchange may be freed by this.
void downstream_completed(struct exchange *exchange, bool well);

#endif
