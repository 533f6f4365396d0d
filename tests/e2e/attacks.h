// SPDX-License-Identifier: GPL-3.0-or-later
//
// What clients send to take the proxy down, and what a server answers to that end.
#ifndef TESTS_E2E_ATTACKS_H
#define TESTS_E2E_ATTACKS_H

#include <stddef.h>
#include <sys/types.h>

#include "lib/base/buf.h"

#define BOMBS_AT_ONCE 20
#define HALF_SENT 400 // connections; --max-connections is fewer
#define HALF_SENT_THREADS 8
#define MANY_HALF_SENT 4096 // twice what one client may have

enum {
  STAYS = 1,  // half-sent: it is not ended by us
  STORMS = 2, // and sends no more, but each that is closed comes back at once
  LONG = 4,   // no part of a short test: a neighbour of one that is
};

struct attack {
  const char *name;
  void (*prepare)(struct buf *request);
  void (*prepare_ordinary)(struct buf *request); // traffic to compare with; NULL allowed
  int connections; // at once, each of its own thread; HALF_SENT_THREADS have those of one that stays
  int pause_ms;    // of each, before it attacks again: the figure is not to be that of a full queue
  unsigned kind;
};

extern const struct attack attacks[];
extern const size_t attack_count;

// Sends the answer that the last attack prepared for POST /bomb; what send returns. Of any thread.
ssize_t attacks_send_answer(int fd);

void attacks_free(void);

#endif
