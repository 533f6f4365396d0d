// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/plan/timetable.h"

#include "lib/base/clock.h"

int64_t timetable_after_ns(const struct timetable *timetable, size_t batch) {
  int64_t gap_ns = timetable->timeout_ns < TIMETABLE_GAP_NS ? timetable->timeout_ns : TIMETABLE_GAP_NS;
  int64_t after_ns = 0;
  for (size_t i = 0; i < batch; i++) {
    const struct plan_batch *before = &timetable->plan->batches[i];
    const struct schedule *schedule = schedules_at(timetable->schedules, before->cell, before->rep);
    after_ns += gap_ns + (timetable->window_ns > 0 ? timetable->window_ns : schedule->window_ns);
  }
  return after_ns;
}

int64_t timetable_instant_ns(const struct timetable *timetable, size_t batch) {
  if (timetable->start_unix_s <= 0) return 0;
  int64_t until_start_ns = clock_from_seconds(timetable->start_unix_s - clock_wall_s());
  return clock_now_ns() + until_start_ns + timetable_after_ns(timetable, batch);
}
