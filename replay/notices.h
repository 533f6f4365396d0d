// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a user may not expect of a run, as notices before and after it.
#ifndef REPLAY_NOTICES_H
#define REPLAY_NOTICES_H

#include <stdbool.h>

#include "lib/base/log.h"
#include "replay/opts.h"
#include "replay/plan/plan.h"
#include "replay/plan/schedule.h"
#include "replay/summary.h"
#include "replay/workload/work.h"

// Requests left out, made up or sent more than once, and options that some requests do not heed.
void notices_before(const struct opts *opts, const struct plan *plan, const struct work *work,
                    struct log *log);

// An open loop's schedule that lasts for more than a day; when shards and their repetitions begin.
void notices_schedule(const struct opts *opts, const struct schedules *schedules, struct log *log);

// The batch of a run without -B, and what it costs; nothing with -B.
void notices_default_batch(const struct opts *opts, const struct plan *plan, const struct work *work,
                           struct log *log);

// After a sweep: cells that are not comparable, rates of conversations that were not reached, batches
// measured again, a token budget that is used up.
void notices_after(const struct opts *opts, const struct summary *summary, const struct work *work,
                   struct log *log);

// Appends what a user may have got wrong in -u, as the rest of a line, where not one request succeeded. Asks
// the server (2 s at most each way) whether it expects TLS, unless it is one of --server.
void notices_why_none(const struct opts *opts, const struct work *work, const struct summary *summary,
                      struct buf *out);

#endif
