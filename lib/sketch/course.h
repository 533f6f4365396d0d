// SPDX-License-Identifier: GPL-3.0-or-later
//
// The course of an open-loop repetition over its schedule: what came, what ended and what was in flight, in
// equal blocks. Which part of it is steady, whether a queue grows in it and how alike neighbours are follows
// from these; so a sketch of any number of requests has them, and those of several shards add up.
#ifndef LIB_SKETCH_COURSE_H
#define LIB_SKETCH_COURSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The last block is what lies behind the schedule. A block's mean in flight is that of its spans.
enum { COURSE_BLOCKS = 100, COURSE_ALL = COURSE_BLOCKS + 1, COURSE_SPANS = 5 * COURSE_BLOCKS };

// Counts of requests by the block that they came in, but for `served`.
struct course {
  double start_s, block_s;        // on the clock of the run's instants
  double came[COURSE_ALL];        // by the instant at which they were ready to be sent
  double answered[COURSE_ALL];    // those that were not cancelled
  double ended[COURSE_ALL];       // those that have an end
  double stay_s[COURSE_ALL];      // sum of their times from ready to end
  double served[COURSE_ALL];      // successes, by the block that they ended in
  double in_flight[COURSE_ALL];   // where blocks begin, and at the schedule's end
  double mean[COURSE_BLOCKS];     // in flight, over each block
  double span_mean[COURSE_SPANS]; // until course_finish: sums that in_flight and mean are made of
  double span_edge[COURSE_SPANS + 1];
};

// Empty; a schedule of `total_ns`, above 0.
void course_start(struct course *course, int64_t start_ns, int64_t total_ns);

// One request, in any order; done_ns -1: it has no end.
void course_add(struct course *course, int64_t ready_ns, int64_t done_ns, bool success, bool cancelled);

// After the last request: `in_flight` and `mean`.
void course_finish(struct course *course);

// Adds one of another shard, over the same schedule; both are finished.
void course_merge(struct course *course, const struct course *other);

// Blocks from the start to this instant, with fraction; and the block that it lies in: COURSE_BLOCKS behind
// the schedule.
double course_place(const struct course *course, int64_t at_ns);
size_t course_block(const struct course *course, int64_t at_ns);

#endif
