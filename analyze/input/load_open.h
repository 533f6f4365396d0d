// SPDX-License-Identifier: GPL-3.0-or-later
//
// The requests of the open-loop repetition that is being read, kept until its batch record comes: which part
// of it is steady, whether a queue grows in it, and what its requests are worth, since those that follow each
// other wait alike. Time is linear in the requests; memory is that of the largest repetition, 48 bytes each.
#ifndef ANALYZE_LOAD_OPEN_H
#define ANALYZE_LOAD_OPEN_H

#include "analyze/input/load.h"
#include "lib/record/run.h"
#include "lib/sketch/sketch.h"

struct load_arrival {
  int64_t ready_ns, done_ns;       // done -1: it has no end
  int64_t values[LOAD_OPEN_TIMES]; // ns; -1: not measured
  bool success, cancelled, good;
};

struct load_arrivals {
  struct load_arrival *of;
  size_t count, room;
};

void load_arrivals_clear(struct load_arrivals *arrivals);
void load_arrivals_free(struct load_arrivals *arrivals);

// One request with its times (NULL: it failed) and whether it kept every limit; those of a closed loop are
// not kept. STATUS_MEMORY, STATUS_LIMIT.
enum status load_arrivals_add(struct load_arrivals *arrivals, const struct run_request *record,
                              const int64_t *values, bool good) MUST_USE;

// What is known of a repetition's requests.
struct load_open_source {
  const struct load_arrivals *arrivals;
  const struct sketch *sketch; // NULL: they have records
  struct load_times *times;    // of all; taken over where no steady part is known
};

// How many of the block's successes kept every limit; -1: not known, as with several limits: which requests
// met one and missed another is not in a sketch.
int64_t load_open_sketch_good(const struct sketch *sketch, size_t block, const struct load_limits *limits);

// Adds the repetition that `record` closes to data->open. The steady part is what lies behind the cut of
// MSER-5 (stat/serial.h) in the mean of requests in flight, of 500 spans of the schedule; what came after the
// schedule, its drain, is no part of it. STATUS_MEMORY, STATUS_LIMIT.
enum status load_open_add(struct load_data *data, const struct load_open_source *source,
                          const struct run_batch *record, double speed) MUST_USE;

#endif
