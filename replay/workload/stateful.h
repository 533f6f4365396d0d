// SPDX-License-Identifier: GPL-3.0-or-later
//
// Requests that continue what the server keeps (`previous_response_id`, `conversation`): which turn's answer
// each one continues. The identifiers of the recorded server are unknown to any other server. For work.c.
#ifndef REPLAY_STATEFUL_H
#define REPLAY_STATEFUL_H

#include "replay/workload/work.h"

// Notes in `request` what its recorded JSON body continues, and takes those members out of the body.
// `answers` numbers the identifiers of the trace. STATUS_MEMORY.
enum status stateful_read(struct conversations *answers, struct work_request *request) MUST_USE;

// Sets `continues` of every request, by the turns of the work: the earlier turn of its conversation that got
// the answer it names. Where the trace does not say who got it, and of a `conversation`, the turn before;
// the first turn of a `conversation` starts anew. Requests whose earlier turn is not in the work are freed
// and leave NULL; returns how many.
size_t stateful_link(struct work *work, const struct conversations *conversations);

// Finds the place of the identifier in the body that is sent. A body that names one itself (--extra-body)
// continues nothing.
void stateful_place(struct work_request *request);

#endif
