// SPDX-License-Identifier: GPL-3.0-or-later
//
// The requests of the open-loop repetition that is being read, kept until its batch record comes: what was
// served within its window, and whether a queue grew. Memory is that of the largest repetition.
#ifndef ANALYZE_LOAD_OPEN_H
#define ANALYZE_LOAD_OPEN_H

#include "analyze/input/load.h"
#include "lib/record/run.h"

struct load_arrival {
  int64_t ready_ns, done_ns; // done -1: it has no end
  bool success;
};

struct load_arrivals {
  struct load_arrival *of;
  size_t count, room;
};

void load_arrivals_clear(struct load_arrivals *arrivals);
void load_arrivals_free(struct load_arrivals *arrivals);

// One request, failed ones included; those of a closed loop are not kept. STATUS_MEMORY, STATUS_LIMIT.
enum status load_arrivals_add(struct load_arrivals *arrivals, const struct run_request *record) MUST_USE;

// Adds the repetition that `record` closes to data->open and takes over `times`. `good` of its requests kept
// every limit (-1: there is none). STATUS_MEMORY, STATUS_LIMIT.
enum status load_open_add(struct load_data *data, const struct load_arrivals *arrivals,
                          const struct run_batch *record, int64_t good, double speed,
                          struct load_times *times) MUST_USE;

#endif
