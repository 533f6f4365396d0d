// SPDX-License-Identifier: GPL-3.0-or-later
//
// The schedule of an open loop: when each request goes, counted from one start, laid out before the first is
// sent. So a late request moves no later one, and the schedule cannot drift.
#ifndef REPLAY_SCHEDULE_H
#define REPLAY_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "replay/plan/rate_series.h"

#define SCHEDULE_REQUESTS_MAX ((size_t)50000000) // of one schedule
// Nor does one last as long as this: traces that lie years apart are no schedule.
#define SCHEDULE_LONGEST_NS (INT64_C(366) * 86400 * 1000000000)

enum schedule_arrival {
  SCHEDULE_ARRIVAL_CONSTANT, // request i at i / rate; of a series, when i are due
  SCHEDULE_ARRIVAL_POISSON,  // independent exponential intervals
  SCHEDULE_ARRIVAL_GAMMA, // independent gamma intervals of shape `burstiness` (1: poisson, below: burstier)
};

extern const char
    *const schedule_arrival_names[]; // by value, as --arrival and records have them; NULL at the end

struct schedule {
  int64_t *offsets_ns; // since the start, ascending
  size_t count;
  int64_t window_ns; // the time that is measured: the duration, or up to the last request
};

struct schedule_rate {
  double per_s; // requests per second, over 0; 1 with a series
  // A rate that changes with time: arrivals at a rate of 1 are mapped through the inverse of its integral
  // (time rescaling; Brown et al. 2002). Borrowed; NULL: the rate does not change. Needs a duration.
  const struct rate_series *series;
  enum schedule_arrival arrival;
  double burstiness;   // over 0
  int64_t duration_ns; // requests before this; 0: `count` of them
  size_t count;
  int64_t seed;
};

// A schedule at a rate. STATUS_USAGE over SCHEDULE_REQUESTS_MAX, from SCHEDULE_LONGEST_NS on or for no
// request at all, STATUS_MEMORY.
enum status schedule_at_rate(const struct schedule_rate *rate, struct schedule *out,
                             struct error *error) MUST_USE;

// The schedules of an open loop's rates, repetition after repetition; one alone for the original times.
struct schedules {
  struct schedule *of;
  size_t count, rows; // rows: rates
};

// Schedules for each of `count` rates (at least one), all else as in `common`. Repetitions have intervals of
// their own, since one draw of them may hold more or less than the rate; constant ones are alike, and those
// beyond SCHEDULE_REQUESTS_MAX requests in all begin with the first again, and one without any is the first.
// The rates of a repetition share theirs: at twice the rate each is half as long. Errors of schedule_at_rate.
enum status schedules_at_rates(const struct schedule_rate *common, const double *rates, size_t count,
                               int64_t repeat, struct schedules *out, struct error *error) MUST_USE;

// That of one repetition.
const struct schedule *schedules_at(const struct schedules *schedules, size_t row, int64_t rep);

// Requests of the longest; 0: there is none.
size_t schedules_most(const struct schedules *schedules);

// Mean of their windows.
double schedules_mean_window_s(const struct schedules *schedules);

void schedules_free(struct schedules *schedules); // takes an all-zero one

// The schedule of recorded instants, ascending: gaps over max_idle_ns (0: none is) are cut to it, then all is
// `speed` times as fast, and what is at or after duration_ns (0: no end) is left out. Same errors.
enum status schedule_as_recorded(const int64_t *at_ns, size_t count, double speed, int64_t max_idle_ns,
                                 int64_t duration_ns, struct schedule *out, struct error *error) MUST_USE;

// A time of at least 0 at so many times the speed (over 0); SCHEDULE_LONGEST_NS at most.
int64_t schedule_faster(int64_t ns, double speed);

void schedule_free(struct schedule *schedule); // takes an all-zero one

#endif
