// SPDX-License-Identifier: GPL-3.0-or-later
//
// Requests of the traces that had no success when they were recorded. Those with an error status are left out
// of a replay: they would fail again. Those that their client gave up may be given up again.
#ifndef REPLAY_RECORDED_FAILURES_H
#define REPLAY_RECORDED_FAILURES_H

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

// Request `seq` of trace file number `trace`, with a number of the caller's. STATUS_MEMORY.
enum status recorded_failures_add(struct recorded_failures *failures, int64_t trace, int64_t seq,
                                  int64_t number) MUST_USE;

// Once after all are added, before recorded_failures_find.
void recorded_failures_sort(struct recorded_failures *failures);
// The number of a request; -1: it is none of them.
int64_t recorded_failures_find(const struct recorded_failures *failures, int64_t trace, int64_t seq);

#endif
