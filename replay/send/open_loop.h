// SPDX-License-Identifier: GPL-3.0-or-later
//
// Open loop: every request goes at its scheduled instant, whether or not earlier ones have been answered;
// only a turn of a conversation waits for the turn before it (send_order.h).
//
// A request that is late is sent late, and its lateness is recorded. Only file descriptors bound what is in
// flight. The repetition ends when the last request has; what happens after the schedule's window (the drain)
// is recorded, but the batch record counts only the window: its tokens are those that came in it (of a
// response that lasts beyond it, the part of its text time that lies inside), its mean in flight is over it.
// With a think time and no duration the window lasts until the last response ends.
#ifndef REPLAY_OPEN_LOOP_H
#define REPLAY_OPEN_LOOP_H

#include "replay/plan/schedule.h"
#include "replay/send/measurement.h"

// As closed_loop_open.
enum status open_loop_open(const struct measurement_setup *setup, measurement_over *over, void *context,
                           struct measurement **out, struct error *error) MUST_USE;

// Sends the schedule, which is borrowed until it is over, from `offset` of the draw; batch->workers and
// batch->batch are -1.
void open_loop_start(struct measurement *measurement, const struct schedule *schedule,
                     const struct recorder_batch *batch, int64_t offset);

#endif
