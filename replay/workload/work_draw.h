// SPDX-License-Identifier: GPL-3.0-or-later
//
// The draw while traces are read: which of their requests qualify, which of those are kept, and what is said
// about the rest. For work.c alone.
#ifndef REPLAY_WORK_DRAW_H
#define REPLAY_WORK_DRAW_H

#include "replay/workload/recorded_failures.h"
#include "replay/workload/work.h"

struct work_draw {
  const struct work_options *options;
  struct log *log;
  struct work *work;
  struct random_source *random;
  struct buf scratch; // the body of the request that is being read
  struct conversations conversations;
  struct conversations answers;      // numbers of the identifiers of responses, with --stateful
  int64_t kept_max;                  // requests that are kept while responses are still to come
  struct recorded_failures failures; // of the responses that were read: those with an error status
  struct recorded_failures cancels;  // and those that their client gave up, with the time until then, ns
  double latency_s, output_tokens;   // sums over what was recorded
  int64_t latencies, outputs;
  double segment_unix_s; // of the segment that is being read
  int64_t earliest_ns;   // start of the earliest segment with a wall clock; INT64_MAX: none
  int64_t undated;       // requests of segments without
};

// Reads one trace; the bodies of what it keeps are as they were recorded. What is odd is told as notices.
// STATUS_NOT_FOUND, STATUS_IO, STATUS_FORMAT, STATUS_MEMORY.
enum status work_draw_trace(struct work_draw *draw, const char *path, struct error *error) MUST_USE;

void work_request_free(struct work_request *request); // takes NULL

#endif
