// SPDX-License-Identifier: GPL-3.0-or-later
//
// What an earlier run has left in its file, so that a run can go on where that one stopped: which batches it
// finished, how its sessions are numbered, and whether it is the same run at all.
//
// A run that was resumed is several segments of one file: the first, and after it those whose header says
// "resumes". A segment without that is another run, appended.
#ifndef REPLAY_RESUME_H
#define REPLAY_RESUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/record/run.h"
#include "replay/plan/plan.h"
#include "replay/workload/synth.h"

// What must be the same; each is kept as text, so that a difference can be named.
enum { RESUME_TRAITS = 12 };

struct resume {
  bool keep_invalid;
  bool found;                  // the file holds a run; all else is of its last one
  bool has_result;             // a request succeeded, or failed by the server's doing (5xx, 429, timeout ...)
  bool ends_at_result;         // nothing behind that is read
  struct plan_replicate *done; // its measured batches that are finished and valid, in plan_replicate's order;
                               // not those in which nothing could connect
  size_t done_count, done_room;
  int64_t sessions;         // one more than the highest session number in the file
  struct synth_scale scale; // of its synthetic prompts in measured batches
  bool has_scale;
  struct buf traits[RESUME_TRAITS];
};

// Reads a run file as far as it is whole; a file that does not exist or is empty holds no run. With
// `keep_invalid` batches that are not valid are finished too. STATUS_FORMAT
// (no run records), STATUS_IO, STATUS_MEMORY; `out` needs resume_free only after STATUS_OK.
enum status resume_read(const char *path, bool keep_invalid, struct resume *out,
                        struct error *error) MUST_USE;

// Whether `header` is of the run that was found: its plan, seed, trace and what else decides which requests
// are sent when. STATUS_EXISTS with a line that names what differs; STATUS_MEMORY.
enum status resume_check(const struct resume *resume, const struct run_header *header,
                         struct error *error) MUST_USE;

// Whether the file is a whole run, or several, without a result: every request failed by its address or by
// what it asked (connect, tls, reset, protocol, http_4xx). Nobody misses it.
bool resume_is_barren(const char *path);

void resume_free(struct resume *resume); // takes an all-zero resume

#endif
