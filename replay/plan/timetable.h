// SPDX-License-Identifier: GPL-3.0-or-later
//
// When the repetitions of an open loop begin that several processes send together: each process works the
// same timetable out by itself, and they need not talk.
//
// The first repetition begins at the common start, every later one a gap after the window of the one before
// it. A process that is still busy then sends late; its lateness is recorded.
#ifndef REPLAY_TIMETABLE_H
#define REPLAY_TIMETABLE_H

#include "replay/plan/plan.h"
#include "replay/plan/schedule.h"

// The gap, for what is in flight at the end of a window; the time limit of a request where that is shorter.
#define TIMETABLE_GAP_NS INT64_C(30000000000)

struct timetable {
  const struct plan *plan;
  const struct schedules *schedules;
  double start_unix_s; // of the first repetition; 0: there is no timetable, each begins when it can
  int64_t window_ns;   // of every schedule; 0: its own
  int64_t timeout_ns;  // of a request
};

// From the start to the beginning of this batch of the plan.
int64_t timetable_after_ns(const struct timetable *timetable, size_t batch);

// Its instant of clock_now_ns, by the wall clock as it is now; 0: without a timetable.
int64_t timetable_instant_ns(const struct timetable *timetable, size_t batch);

#endif
