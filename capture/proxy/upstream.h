// SPDX-License-Identifier: GPL-3.0-or-later
//
// The server's side of an exchange: sends the request on, takes the answer in.
#ifndef CAPTURE_UPSTREAM_H
#define CAPTURE_UPSTREAM_H

#include "capture/proxy/exchange.h"

// Takes what is forwarded of the request's header: all but the fields of this connection alone
// (hopbyhop.h), Host, Content-Length and Expect. STATUS_MEMORY.
enum status upstream_take_fields(struct exchange *exchange,
                                 const struct request_check_request *request) MUST_USE;

// Starts the transfer. With a `whole` body (in exchange->upload) it may be sent again on a dead connection;
// otherwise the body streams from exchange->upload as it fills. A failure has become the exchange's answer.
void upstream_start(struct exchange *exchange, bool whole);

// Tells the transfer that the upload has more bytes, or its end.
void upstream_more(struct exchange *exchange);

// The answer has begun, and is one after which nobody wants the rest of the request.
bool upstream_is_refusal(const struct exchange *exchange);

// Tells it that the client has taken bytes.
void upstream_taken(struct exchange *exchange);

#endif
