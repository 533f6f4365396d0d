// SPDX-License-Identifier: GPL-3.0-or-later
//
// When the requests of an open loop come: the schedules that the options ask for.
#ifndef REPLAY_ARRIVALS_H
#define REPLAY_ARRIVALS_H

#include "replay/opts.h"
#include "replay/plan/schedule.h"
#include "replay/workload/work.h"

// The schedules of the rates, `count` requests long where no duration is given. `round` of --next: each draws
// anew, since repetitions of a rate are to be independent in all of them; the first is 0. STATUS_LIMIT,
// STATUS_MEMORY.
enum status arrivals_at_rates(const struct opts *opts, int64_t round, int64_t count,
                              struct schedules *schedules, struct error *error) MUST_USE;

// The one schedule of the recorded times; with --scale that of all copies, and the draw is theirs then.
// STATUS_LIMIT, STATUS_MEMORY.
enum status arrivals_as_recorded(const struct opts *opts, struct work *work, struct schedules *schedules,
                                 struct error *error) MUST_USE;

#endif
