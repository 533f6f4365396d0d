// SPDX-License-Identifier: GPL-3.0-or-later
//
// Answers of our own that libmicrohttpd cannot be asked to give: it has dropped the request, or is stuck in
// it, and has written nothing.
#ifndef CAPTURE_REFUSAL_H
#define CAPTURE_REFUSAL_H

#include "lib/base/buf.h"

// Appends the body of an error answer: {"error":{"message":...,"type":...,"code":...}}. `status` is HTTP's.
// Failure sticks in out->status.
void refusal_print(int status, const char *message, struct buf *out);

// Writes the whole answer on a client's plain socket, with `Connection: close`, and ends the connection both
// ways. What the client has sent is read away first, else the answer could be lost with it. Never waits: a
// client that reads nothing gets as much as the socket holds.
void refusal_send(int fd, int status, const char *message);

#endif
