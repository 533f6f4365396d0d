// SPDX-License-Identifier: GPL-3.0-or-later
//
// The command line as what the rooms below take: the run's header, and settings of recorder, senders and
// server. All of them borrow from the options.
#ifndef REPLAY_COMPOSE_H
#define REPLAY_COMPOSE_H

#include "replay/opts.h"
#include "replay/plan/timetable.h"
#include "replay/record/recorder.h"
#include "replay/send/measurement.h"
#include "replay/server/settings.h"

// A run's header and the texts that it borrows.
struct compose_header {
  struct run_header header;
  struct buf url, arguments, server, host, plan, traces;
};

// All but its start and `resumes`; the arguments without secrets. STATUS_MEMORY. compose_header_free always.
enum status compose_header(const struct opts *opts, const struct plan *plan, const struct work *work,
                           bool cache_bust, int64_t ranks, int argc, char *const *argv,
                           struct compose_header *out, struct error *error) MUST_USE;
void compose_header_free(struct compose_header *header); // takes an all-zero one

struct recorder_settings compose_recorder(const struct opts *opts, const struct run_header *header,
                                          const struct work *work);

// `max_in_flight`: of an open loop.
struct send_settings compose_send(const struct opts *opts, bool cache_bust, int64_t max_in_flight);

// How connections are made.
struct xfer_pool_options compose_transfers(const struct opts *opts);

struct timetable compose_timetable(const struct opts *opts, const struct plan *plan,
                                   const struct schedules *schedules);

struct server_settings compose_server(const struct opts *opts);

#endif
