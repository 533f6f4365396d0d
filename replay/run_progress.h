// SPDX-License-Identifier: GPL-3.0-or-later
//
// How far a run is: what its progress lines say of the measured batches, and how long the rest takes.
#ifndef REPLAY_RUN_PROGRESS_H
#define REPLAY_RUN_PROGRESS_H

#include <stdint.h>

#include "replay/plan/progress.h"
#include "replay/plan/walk.h"
#include "replay/summary.h"

// Kept by the sweep. What is borrowed, `window_s` and `start_ns` are set before the first batch, the rest is
// zero.
struct run_progress {
  const struct summary *summary; // borrowed, as is its plan
  const struct walk *walk;       // borrowed: the sessions begun
  double window_s;               // mean of an open loop's schedules; 0: batches
  int64_t start_ns;              // of the run
  int64_t measured, measured_ns; // batches so far, and their time
  int64_t batch_start_ns;        // of a measured batch under way; 0: none is
};

// How long the rest of the plan takes, the batch under way included; 0: not known. A batch takes as long as
// the valid ones of its cell took, or as many waves of ceil(batch/workers) at the mean time of a wave. Each
// session to come takes its batches, and what the ones so far took besides (the server's start, the warm-up).
int64_t run_progress_left_ns(const struct run_progress *run, int64_t now_ns);

// Sets batches done and planned, and the time left; the rest of `state` is zero, its label "server".
void run_progress_line(const struct run_progress *run, int64_t now_ns, struct progress_state *state);

// Sets the known output tokens and the rates of all measured batches, as the last line has them.
void run_progress_totals(const struct run_progress *run, struct progress_state *state);

#endif
