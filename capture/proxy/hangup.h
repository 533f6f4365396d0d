// SPDX-License-Identifier: GPL-3.0-or-later
//
// Notices at once that a peer has closed its side of a connection, also while nobody reads from it.
// (libmicrohttpd does not check a connection that it has suspended.)
#ifndef CAPTURE_HANGUP_H
#define CAPTURE_HANGUP_H

#include "lib/base/status.h"
#include "lib/net/loop.h"

struct hangup;

// `gone` is called from the loop, at most a few times per descriptor, with the token it was added with. It
// must not free a token before the descriptor is removed, nor remove other descriptors.
enum status hangup_open(struct loop *loop, void (*gone)(void *token), struct hangup **out,
                        struct error *error) MUST_USE;

// Watches a socket until it is removed. A close that came before counts too.
enum status hangup_add(struct hangup *hangup, int fd, void *token) MUST_USE;
void hangup_remove(struct hangup *hangup, int fd);

void hangup_close(struct hangup *hangup); // takes NULL

#endif
