// SPDX-License-Identifier: GPL-3.0-or-later
//
// --dry-run: what would be sent in which order, how many tokens that is and how long it takes, before it
// costs anything.
#ifndef REPLAY_PREVIEW_H
#define REPLAY_PREVIEW_H

#include <stdio.h>

#include "lib/base/buf.h"
#include "replay/opts.h"
#include "replay/plan/plan.h"
#include "replay/plan/schedule.h"
#include "replay/workload/work.h"

// `schedules`: of an open loop, NULL: batches. Appends the plan as text, one line per session and batch,
// after a summary. Tokens are estimated from the trace's recorded responses (or --max-tokens where that is
// less), time from their mean latency times the waves of every batch, as if the server answered at every
// level as it did when it was recorded; what is not known is said to be unknown. Failure sticks in
// out->status.
void preview_print(const struct opts *opts, const struct plan *plan, const struct schedules *schedules,
                   const struct work *work, bool cache_bust, struct buf *out);

// The line for a run without -B: the batch that every level gets, how many requests that makes and, where the
// trace has latencies, how long they take. Failure sticks in out->status.
void preview_print_default_batch(const struct opts *opts, const struct plan *plan, const struct work *work,
                                 struct buf *out);

// The same to a file. STATUS_IO, STATUS_MEMORY.
enum status preview_write(const struct opts *opts, const struct plan *plan, const struct schedules *schedules,
                          const struct work *work, bool cache_bust, FILE *file, struct error *error) MUST_USE;

#endif
