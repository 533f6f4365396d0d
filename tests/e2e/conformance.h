// SPDX-License-Identifier: GPL-3.0-or-later
//
// Conformance rows: what a client writes on a raw socket, what of it the upstream gets to see, what the
// upstream answers and what the client gets to see of that.
#ifndef TESTS_E2E_CONFORMANCE_H
#define TESTS_E2E_CONFORMANCE_H

#include <stdbool.h>
#include <stddef.h>

#include "harness.h"

struct conformance_row {
  const char *name;
  const char *request;
  size_t request_len;    // it may hold a NUL
  const char *forwarded; // ends what the upstream sees; NULL: it sees nothing at all
  const char *sees[3];   // the upstream, among it
  const char *misses[3]; // and not among it
  const char *then;      // what the client sends when that has come
  const char *answer;    // NULL: the upstream closes without one
  const char *gets;      // the client, at the start of what it gets; "": it gets nothing. NULL: not read
  const char *ends; // what it reads to, or what stands at the end (`to_end`); NULL: the end of the header
  const char *before_end; // what it has got before the upstream closes; NULL: it may close at once
  const char *gets_in[2]; // and in it
  const char *lacks[2];   // and not in it
  bool to_end;            // the client reads to the end of the connection, which must come
  bool leaves;            // by its half-close, or by what it sends `then`: the upstream must be left
};

// Plays the rows one after the other through one proxy, so that a row that spoils it fails those after it.
// The upstream of a row without `forwarded` must not be asked. Whatever it sees of a header must be clean:
// lines that end with CR LF and nothing else, no NUL.
void conformance_play(struct harness *harness, const struct conformance_row *rows, size_t count);

// The upstream's part of one row: reads and checks what comes, and answers. `client` sends `then`, and
// leaves.
void conformance_play_upstream(struct harness *harness, const struct conformance_row *row, int client);

#endif
