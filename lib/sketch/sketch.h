// SPDX-License-Identifier: GPL-3.0-or-later
//
// What analyze takes from the requests of one batch, in a size that does not grow with them: histograms of
// their times, the steady window of a closed loop, the course of an open one. Stands in a batch record where
// the requests have no records of their own (FORMAT.md, `sketch`).
//
// A percentile from it is off by at most 2^-(SKETCH_BITS + 1) = 0.4 % of itself; counts, sums, extremes and
// windows are exact. Sketches of several shards add up.
#ifndef LIB_SKETCH_SKETCH_H
#define LIB_SKETCH_SKETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/histogram.h"
#include "lib/json/json_scan.h"
#include "lib/record/run.h"
#include "lib/sketch/course.h"
#include "lib/sketch/request_times.h"
#include "lib/sketch/window.h"

enum { SKETCH_BITS = 7 };

// All zero is closed and empty. Large (20 kB): belongs on the heap or into static memory.
struct sketch {
  // Of successes by the block of the course that they came in; NULL: none. A closed loop has block 0 alone.
  struct histogram *times[REQUEST_TIMES][COURSE_ALL];
  bool open; // it has a course, else windows
  struct course course;
  struct steady windows[WINDOW_PARTS]; // after sketch_write or sketch_read
  int64_t answers, one_piece;          // of several tokens, and those of them that came in one event
  struct window window;                // the requests so far
};

// Empties it for a batch. Open loop: the schedule of `schedule_ns` that begins at `start_ns`; closed: 0.
void sketch_start(struct sketch *sketch, int64_t start_ns, int64_t schedule_ns);

// One request, failed ones included. STATUS_MEMORY, STATUS_LIMIT.
enum status sketch_add(struct sketch *sketch, const struct run_request *record) MUST_USE;

// Closes the batch that `record` is of, and appends the object. STATUS_MEMORY; failure to append sticks in
// out->status.
enum status sketch_write(struct sketch *sketch, const struct run_batch *record, struct buf *out) MUST_USE;

// The object of one that is closed, read or merged.
void sketch_print(const struct sketch *sketch, struct buf *out);

// Reads such an object into a started or empty one. STATUS_FORMAT, STATUS_MEMORY.
enum status sketch_read(struct sketch *sketch, struct json_slice object, struct error *error) MUST_USE;

// Adds another shard's, of the same schedule. STATUS_MEMORY.
enum status sketch_merge(struct sketch *sketch, const struct sketch *other) MUST_USE;

void sketch_free(struct sketch *sketch);

#endif
