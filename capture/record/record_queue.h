// SPDX-License-Identifier: GPL-3.0-or-later
//
// A thread that works through what it is handed, in order, so that the thread that serves traffic only hands
// over. It takes up work a moment after it has come, several pieces at once. To wake a thread takes longer
// than all else that recording does to a small request, so while work keeps coming it polls every 10 ms,
// and is woken only when there was none for a while.
#ifndef CAPTURE_RECORD_QUEUE_H
#define CAPTURE_RECORD_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"

struct record_queue;

// A piece of work. It belongs to the record_queue from record_queue_post until `run` begins.
struct record_task {
  void (*run)(void *context); // on the record_queue's thread
  void *context;
  struct record_task *next; // the record_queue's
};

// STATUS_MEMORY: no thread; error is set.
enum status record_queue_open(struct record_queue **out, struct error *error) MUST_USE;

// Never waits for a job that is being worked on.
void record_queue_post(struct record_queue *record_queue, struct record_task *job);

// Works through what is left, as far as it gets until `deadline_ns` (of clock_now_ns); ends the thread and
// frees. False: the thread is still at a task. It begins no other one, but goes on with what the task uses,
// which must stay where it is to the end of the process. Takes NULL.
bool record_queue_close(struct record_queue *record_queue, int64_t deadline_ns) MUST_USE;

#endif
