// SPDX-License-Identifier: GPL-3.0-or-later
//
// The requests of the traces that were answered with an error status when they were recorded: what failed
// then says nothing of a server's speed when it fails again.
#ifndef REPLAY_REFUSED_H
#define REPLAY_REFUSED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

#define REFUSED_STATUS_MIN 400

// All zero is valid and empty.
struct refused {
  struct refused_request *requests;
  size_t room, count;
};
void refused_free(struct refused *refused);

// Request `seq` of trace file number `trace`. STATUS_MEMORY.
enum status refused_add(struct refused *refused, int64_t trace, int64_t seq) MUST_USE;

// Once after all are added, before refused_has.
void refused_sort(struct refused *refused);
bool refused_has(const struct refused *refused, int64_t trace, int64_t seq);

#endif
