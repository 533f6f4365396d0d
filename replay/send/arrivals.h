// SPDX-License-Identifier: GPL-3.0-or-later
//
// One repetition of an open loop under audit: every request goes at its scheduled instant, whether or not
// earlier ones have been answered; only a turn of a conversation waits for the turn before it (turns.h).
//
// A request that is late is sent late, and its lateness is recorded. Only file descriptors bound what is in
// flight. The repetition ends when the last request has; what happens after the schedule's window (the drain)
// is recorded, but the batch record counts only the window: its tokens are those that came in it (of a
// response that lasts beyond it, the part of its text time that lies inside), its mean in flight is over it.
// With a think time the schedule says no more when the last is sent: without a duration the window then lasts
// until the last response ends.
#ifndef REPLAY_ARRIVALS_H
#define REPLAY_ARRIVALS_H

#include <stdbool.h>
#include <stdint.h>

#include "replay/plan/schedule.h"
#include "replay/send/closed_loop.h"

struct arrivals;

// As closed_loop_open. `most_in_flight`: requests beyond it wait, and are late.
enum status arrivals_open(const struct closed_loop_setup *setup, int64_t most_in_flight,
                          closed_loop_over *over, void *context, struct arrivals **out,
                          struct error *error) MUST_USE;
// Takes NULL. Stop the lanes before it.
void arrivals_close(struct arrivals *arrivals);

// Sends the schedule, which is borrowed until it is over, from `offset` of the draw; batch->workers and
// batch->batch are -1.
void arrivals_start(struct arrivals *arrivals, const struct schedule *pace,
                    const struct recorder_batch *batch, int64_t offset);

// As their namesakes in measure.h.
void arrivals_cancel(struct arrivals *arrivals);
bool arrivals_running(const struct arrivals *arrivals);
void arrivals_progress(struct arrivals *arrivals, int64_t now_ns, struct progress_state *state);

#endif
