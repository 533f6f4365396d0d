// SPDX-License-Identifier: GPL-3.0-or-later
//
// The requests of the traces that were answered with an error status when they were recorded: what failed
// then says nothing of a server's speed when it fails again.
#ifndef REPLAY_RECORDED_FAILURES_H
#define REPLAY_RECORDED_FAILURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

#define RECORDED_FAILURES_STATUS_MIN 400

// All zero is valid and empty.
struct recorded_failures {
  struct recorded_failure *requests;
  size_t room, count;
};
void recorded_failures_free(struct recorded_failures *failures);

// Request `seq` of trace file number `trace`. STATUS_MEMORY.
enum status recorded_failures_add(struct recorded_failures *failures, int64_t trace, int64_t seq) MUST_USE;

// Once after all are added, before recorded_failures_has.
void recorded_failures_sort(struct recorded_failures *failures);
bool recorded_failures_has(const struct recorded_failures *failures, int64_t trace, int64_t seq);

#endif
