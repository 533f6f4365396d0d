// SPDX-License-Identifier: GPL-3.0-or-later
//
// One batch under audit: made ready, started at a planned instant, every request recorded as it ends, the
// batch after the last.
#ifndef REPLAY_MEASURE_H
#define REPLAY_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/log.h"
#include "lib/base/progress.h"
#include "replay/opts.h"
#include "replay/record/recorder.h"
#include "replay/send/audit.h"
#include "replay/send/lanes.h"
#include "replay/workload/work.h"

struct measure;

struct measure_setup {
  struct lanes *lanes; // they are sent from
  const struct opts *opts;
  const struct work *work;
  bool cache_bust;
  struct recorder *recorder;
  struct log *log;
};

// What came of it; open_loop NULL: it was a batch. NULL where a batch did not finish: it was cancelled, or
// there was no memory for it.
struct measure_outcome {
  const struct recorder_batch *batch; // to be recorded by who gets this
  int64_t total_ns;
  const struct recorder_sums *sums;
  const struct audit_verdict *verdict;
  const struct recorder_open_loop *open_loop;
};

// `over` comes from the loop after each measure_start, once; a new batch may be started in it.
typedef void measure_over(void *context, const struct measure_outcome *outcome);

// Borrows what the setup points to. STATUS_IO, STATUS_MEMORY with words.
enum status measure_open(const struct measure_setup *setup, measure_over *over, void *context,
                         struct measure **out, struct error *error) MUST_USE;
// Takes NULL. Stop the lanes before it.
void measure_close(struct measure *measure);

// Sends batch->batch requests from `offset` of the draw; `port` stands for {port}. `start_ns` is set here.
void measure_start(struct measure *measure, const struct recorder_batch *batch, int64_t offset,
                   uint16_t port);

// Cancels what is in flight; `over` comes without an outcome. Nothing when no batch is under way.
void measure_cancel(struct measure *measure);

// True from measure_start until `over`.
bool measure_running(const struct measure *measure);

// Adds to a progress line: what is in flight and how fast it goes, all requests so far, which batch it is.
// state->label lives as long as the measure.
void measure_progress(struct measure *measure, int64_t now_ns, struct progress_state *state);

#endif
