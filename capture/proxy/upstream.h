// SPDX-License-Identifier: GPL-3.0-or-later
//
// The server's side of an exchange: sends the request on, takes the answer in.
#ifndef CAPTURE_UPSTREAM_H
#define CAPTURE_UPSTREAM_H

#include "capture/proxy/exchange.h"

// Starts the transfer with the fields of exchange->head that are forwarded. A `whole` body (in
// exchange->upload) may be sent again on a dead connection; otherwise the body streams from exchange->upload
// as it fills. A failure has become the exchange's answer.
void upstream_start(struct exchange *exchange, bool whole);

// The upload has more bytes, or its end is here.
void upstream_more(struct exchange *exchange);

// The answer has begun, and its status ends the upload: the rest of the request is discarded.
bool upstream_stops_upload(const struct exchange *exchange);

// The client has got bytes of the download.
void upstream_drained(struct exchange *exchange);

#endif
