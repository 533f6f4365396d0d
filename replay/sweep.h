// SPDX-License-Identifier: GPL-3.0-or-later
//
// Carries a plan out: session after session (server up, warm-up, measured batches, server down), each batch
// under audit, everything recorded as it happens.
#ifndef REPLAY_SWEEP_H
#define REPLAY_SWEEP_H

#include <stdbool.h>

#include "lib/base/log.h"
#include "replay/opts.h"
#include "replay/plan/plan.h"
#include "replay/plan/progress.h"
#include "replay/plan/schedule.h"
#include "replay/plan/timetable.h"
#include "replay/record/recorder.h"
#include "replay/send/measurement.h"
#include "replay/server/settings.h"
#include "replay/summary.h"
#include "replay/workload/work.h"

struct sweep_setup {
  const struct opts *opts;
  const struct plan *plan;
  const struct work *work;
  const struct schedules *schedules; // of an open loop; NULL: batches
  const struct timetable *timetable; // of its repetitions
  const struct send_settings *send;
  const struct server_settings *server;
  int64_t first_session; // number of the first session; higher when a file is continued
  struct ranks *ranks;   // NULL: this process sends all
  struct recorder *recorder;
  struct summary *summary;
  struct log *log;
  struct progress *progress;
};

// Runs until the plan is through or SIGINT or SIGTERM comes (the server still gets its time to stop; a second
// signal kills it). A session whose server does not come up is recorded as failed, and the next one begins.
// A batch in which nothing could connect stops the run, with a managed server only when that was started once
// more for it; the batch has no record. STATUS_NETWORK: it stopped so,
// also: another rank is lost; STATUS_CANCELLED: stopped by a signal, everything so far is recorded;
// STATUS_IO: the run cannot be written; STATUS_MEMORY.
enum status sweep_run(const struct sweep_setup *setup, struct error *error) MUST_USE;

#endif
