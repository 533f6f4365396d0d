// SPDX-License-Identifier: GPL-3.0-or-later
//
// Closed loop: batches whose requests wait for a free worker. At most W are in flight on all lanes together;
// a worker that gets free sends the next one at once.
#ifndef REPLAY_CLOSED_LOOP_H
#define REPLAY_CLOSED_LOOP_H

#include "replay/send/measurement.h"

// Borrows what the setup points to. STATUS_IO, STATUS_MEMORY.
enum status closed_loop_open(const struct measurement_setup *setup, measurement_over *over, void *context,
                             struct measurement **out, struct error *error) MUST_USE;

// Sends batch->batch requests from `offset` of the draw, or for the settings' duration where that is 0.
// `port` stands for {port}. Ready is the batch's start for the first W, then the instant at which a worker
// got free.
void closed_loop_start(struct measurement *measurement, const struct recorder_batch *batch, int64_t offset,
                       uint16_t port);

#endif
