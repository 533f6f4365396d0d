// SPDX-License-Identifier: GPL-3.0-or-later
//
// More, or less, of a recorded schedule: several copies of it at once, each from an instant of its own.
//
// Copy 0 runs as recorded. Every other one is late by a random phase, and what it would send after the
// schedule's end it sends at its beginning instead: all copies send all the time, and each keeps its bursts.
// A conversation that the end cuts is two from there on. Of a fraction of a copy, whole conversations are
// left out at random (of requests of no conversation, single ones).
#ifndef REPLAY_SUPERPOSE_H
#define REPLAY_SUPERPOSE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "replay/plan/conversations.h"
#include "replay/plan/schedule.h"

#define SUPERPOSE_COPIES_MAX 1e6

struct superpose_options {
  double copies;       // over 0
  int64_t window_ns;   // phases are below it; 0: below the schedule's length
  int64_t duration_ns; // what comes at or after it is not scheduled; 0: all is
  int64_t seed;
};

// One request of all copies.
struct superposed_place {
  int64_t source; // place in the schedule of one copy
  int64_t copy;   // from 0
};

struct superposed {
  struct schedule schedule;
  struct superposed_place *places;  // `count`, by time; those of the schedule come first
  struct conversations_turn *turns; // of each of them; NULL: there are no conversations
  size_t count;
};

// `turns`: of each request of `once`, NULL: there are no conversations. STATUS_USAGE over
// SCHEDULE_REQUESTS_MAX or for no request at all, STATUS_MEMORY.
enum status superpose(const struct superpose_options *options, const struct schedule *once,
                      const struct conversations_turn *turns, struct superposed *out,
                      struct error *error) MUST_USE;
void superposed_free(struct superposed *superposed); // takes an all-zero one

#endif
