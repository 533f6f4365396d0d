// SPDX-License-Identifier: GPL-3.0-or-later
//
// A client's connection, from its first to its last byte, and the request whose head is arriving on it: that
// one belongs to the connection until it is handed to downstream.c or dropped.
#ifndef CAPTURE_CLIENT_H
#define CAPTURE_CLIENT_H

#include "capture/proxy/exchange.h"
#include "capture/proxy/hangup.h"

// False: the client has its share of connections, and enough have got a 429 since the last client_end_slow.
// One more is to be closed at once, which costs far less. After many of those the kernel drops what the
// address begins, for 5 s.
bool client_is_let_in(struct proxy_context *proxy, const struct sockaddr *address);

// A connection that libmicrohttpd has accepted. One too many of its address is rejected with 429 and closed.
// NULL: no memory; nothing is served on it then.
struct exchange_client *client_open(struct proxy_context *proxy, struct hangup *hangup,
                                    struct MHD_Connection *connection);

// Before its socket is closed. libmicrohttpd silently drops a request whose query or cookies have more parts
// than the connection's memory holds; such a client gets 431 here.
void client_close(struct exchange_client *client, struct hangup *hangup);

// A request's first line has come. NULL: no memory.
struct exchange *client_arriving(struct exchange_client *client, const char *target);

// Its head is complete, or libmicrohttpd has rejected it: it is the caller's.
struct exchange *client_arrived(struct exchange_client *client);

// Closes a connection on which nothing has come. False: a request is there, or on its way.
bool client_end_idle(struct exchange_client *client);

// The client has closed its side: nothing upstream may go on for it.
void client_gone(struct exchange_client *client);

// The request that it carried is over.
void client_served(struct exchange_client *client);

// To be called at the start, then now and then. Ends the connections whose head has been coming for longer
// than the header timeout, however slowly; a client that has sent a part of one gets 408. A new connection's
// head begins with it. When as many clients are there as may be, 2 s are enough. Also
// ends a request, with 408, of whose body nothing has come for the body's timeout.
void client_end_slow(struct proxy_context *proxy, int64_t now_ns);

// Bytes that have come on its socket; 0: the kernel does not count them (Unix sockets).
uint64_t client_bytes_received(const struct exchange_client *client);

// To be called after each turn of libmicrohttpd. Finds the requests that it dropped in it.
void client_find_dropped(struct proxy_context *proxy);

#endif
