// SPDX-License-Identifier: GPL-3.0-or-later
//
// One batch under audit: made ready, started at a planned instant, every request recorded as it ends, the
// batch after the last.
#ifndef REPLAY_CLOSED_LOOP_H
#define REPLAY_CLOSED_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/log.h"
#include "replay/opts.h"
#include "replay/plan/progress.h"
#include "replay/record/audit.h"
#include "replay/record/recorder.h"
#include "replay/send/lanes.h"
#include "replay/workload/work.h"

struct closed_loop;

struct closed_loop_setup {
  struct lanes *lanes; // they are sent from
  const struct opts *opts;
  const struct work *work;
  bool cache_bust;
  struct recorder *recorder;
  struct log *log;
};

// What came of it; open_loop NULL: it was a batch. NULL where a batch did not finish: it was cancelled, or
// there was no memory for it.
struct closed_loop_outcome {
  const struct recorder_batch *batch; // to be recorded by who gets this
  int64_t total_ns;
  const struct recorder_sums *sums;
  const struct audit_verdict *verdict;
  const struct recorder_open_loop *open_loop;
};

// `over` comes from the loop after each closed_loop_start, once; a new batch may be started in it.
typedef void closed_loop_over(void *context, const struct closed_loop_outcome *outcome);

// Borrows what the setup points to. STATUS_IO, STATUS_MEMORY with words.
enum status closed_loop_open(const struct closed_loop_setup *setup, closed_loop_over *over, void *context,
                             struct closed_loop **out, struct error *error) MUST_USE;
// Takes NULL. Stop the lanes before it.
void closed_loop_close(struct closed_loop *measure);

// Sends batch->batch requests from `offset` of the draw; `port` stands for {port}. `start_ns` is set here.
void closed_loop_start(struct closed_loop *measure, const struct recorder_batch *batch, int64_t offset,
                       uint16_t port);

// Cancels what is in flight; `over` comes without an outcome. Nothing when no batch is under way.
void closed_loop_cancel(struct closed_loop *measure);

// True from closed_loop_start until `over`.
bool closed_loop_running(const struct closed_loop *measure);

// Adds to a progress line: what is in flight and how fast it goes, all requests so far, which batch it is.
// state->label lives as long as the measure.
void closed_loop_progress(struct closed_loop *measure, int64_t now_ns, struct progress_state *state);

#endif
