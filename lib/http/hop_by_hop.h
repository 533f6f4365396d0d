// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which header fields concern one connection only and are not forwarded (RFC 9110 7.6.1).
#ifndef LIB_HTTP_HOP_BY_HOP_H
#define LIB_HTTP_HOP_BY_HOP_H

#include <stdbool.h>
#include <stddef.h>

// True for the fields that are always a connection's own: Connection, Keep-Alive, Proxy-Connection, TE,
// Trailer, Transfer-Encoding, Upgrade, Proxy-Authenticate, Proxy-Authorization. Case does not matter.
bool hop_by_hop_is(const char *name, size_t name_len);

// True when the value of a Connection field has `name` among its options (a comma-separated list of tokens).
bool hop_by_hop_nominates(const char *connection, size_t connection_len, const char *name, size_t name_len);

#endif
