// SPDX-License-Identifier: GPL-3.0-or-later
//
// A thread that works through what it is handed, in order, so that the thread that serves traffic only hands
// over. It takes up work a moment after it has come, several pieces at once. To wake a thread takes longer
// than all else that recording does to a small request, so while work keeps coming it looks by itself, every
// 10 ms, and is woken only when there was none for a while.
#ifndef CAPTURE_SCRIBE_H
#define CAPTURE_SCRIBE_H

#include "lib/base/status.h"

struct scribe;

// A piece of work. It belongs to the scribe from scribe_post until `run` begins.
struct scribe_job {
  void (*run)(void *context); // on the scribe's thread
  void *context;
  struct scribe_job *next; // the scribe's
};

// STATUS_MEMORY: no thread, with words.
enum status scribe_open(struct scribe **out, struct error *error) MUST_USE;

// Never waits for a job that is being worked on.
void scribe_post(struct scribe *scribe, struct scribe_job *job);

// Works through what is left, ends the thread and frees. Takes NULL.
void scribe_close(struct scribe *scribe);

#endif
