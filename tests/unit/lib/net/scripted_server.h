// SPDX-License-Identifier: GPL-3.0-or-later
//
// A server for tests of the transfer module: a thread on 127.0.0.1 that plays a script, one step per request.
#ifndef TESTS_UNIT_NET_SCRIPTED_SERVER_H
#define TESTS_UNIT_NET_SCRIPTED_SERVER_H

#include <stdint.h>

enum scripted_after {
  SCRIPTED_KEEP,  // the connection may be used again
  SCRIPTED_CLOSE, // close it
  SCRIPTED_RESET, // close it with RST
  SCRIPTED_WAIT,  // hold it until the client closes
};

struct scripted_step {
  const char *until;    // the request is complete when it ends with this; NULL: with the empty line
  const char *response; // bytes to send; NULL: none
  enum scripted_after after;
};

struct scripted_server;

// Plays `steps` in the order in which requests come, over as many connections as it takes (8 open at once),
// then stops. Borrowed until stop.
struct scripted_server *scripted_server_start(const struct scripted_step *steps, int count, uint16_t *port);

// Waits for the script's end (or closes the listener) and frees. What was asked of step i, NUL-terminated, is
// in requests[i] (NULL: never asked), to be freed by the caller with the array of `count`.
char **scripted_server_stop(struct scripted_server *server);

#endif
