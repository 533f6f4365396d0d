// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where requests are sent from: one loop, or several, each on a thread of its own with its own connections,
// when one core is not enough.
//
// Lane 0 is the loop of the main thread, which decides what is done; one lane alone needs no thread, no lock
// and no task.
#ifndef REPLAY_LANES_H
#define REPLAY_LANES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/net/loop.h"
#include "lib/net/xfer.h"

#define LANES_MAX 256

struct lane {
  struct lanes *lanes;
  int64_t number;
  struct loop *loop;
  struct xfer_pool *transfers;
};

struct lanes;

// A lane's loop failed: nothing that was posted to it is done or reported any more. Called on the main
// thread.
typedef void lanes_failed(void *context, const char *message);

// `main` is lane 0's loop, borrowed. The threads begin; signals go to the main thread only. STATUS_IO,
// STATUS_MEMORY.
enum status lanes_open(int64_t count, struct loop *main, const struct xfer_pool_options *transfers,
                       lanes_failed *failed, void *context, struct lanes **out, struct error *error) MUST_USE;
// Ends the threads: nothing of theirs may be running but what xfer_pool_close ends. What was opened on their
// loops has to be closed before lanes_close, but after lanes_stop. Both take NULL.
void lanes_stop(struct lanes *lanes);
void lanes_close(struct lanes *lanes);

int64_t lanes_count(const struct lanes *lanes);
struct lane *lanes_at(struct lanes *lanes, int64_t number);

// From the main thread: the task's call is made on the lane's thread; on lane 0 before this returns.
void lanes_post(struct lane *lane, struct loop_task *task);
// From the lane's thread: it is made on the main thread; from lane 0 before this returns.
void lanes_report(struct lane *lane, struct loop_task *task);

// The part of `total` that a lane gets when it is divided as evenly as it goes, the first lanes more.
int64_t lanes_part(int64_t total, int64_t number, int64_t count);

// CPU time that counts for a lane's load, from its thread: its thread's; with one lane that of the whole
// process.
int64_t lanes_cpu_ns(const struct lane *lane);

#endif
