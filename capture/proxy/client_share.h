// SPDX-License-Identifier: GPL-3.0-or-later
//
// How many connections each client address has: one step to find, however many there are.
#ifndef CAPTURE_CLIENT_SHARE_H
#define CAPTURE_CLIENT_SHARE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define CLIENT_SHARES 1024 // chains; those of 4,096 addresses are short

struct client_share {
  struct client_share *next;
  int64_t connections;       // that have joined and not left
  unsigned char address[16]; // of an IPv6 client only the network (/64)
  size_t address_len;
};

// Zeroed: none.
struct client_shares {
  struct client_share *chains[CLIENT_SHARES];
};

// Connections of this address; 0 for one that is not of the Internet (a Unix socket, NULL).
int64_t client_share_count(const struct client_shares *shares, const struct sockaddr *address);

// One connection more. NULL: no Internet address, or no memory; it is not counted then.
struct client_share *client_share_join(struct client_shares *shares, const struct sockaddr *address);

// One fewer. With its last the share is freed. NULL is allowed.
void client_share_leave(struct client_shares *shares, struct client_share *share);

#endif
