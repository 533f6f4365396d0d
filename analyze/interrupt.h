// SPDX-License-Identifier: GPL-3.0-or-later
//
// Ctrl-C and its like while a report is being written: held back and polled where it suits, so that
// nothing half made stays behind.
#ifndef ANALYZE_INTERRUPT_H
#define ANALYZE_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

#include "lib/base/status.h"

// What is held back: SIGINT, SIGTERM and SIGHUP, but not those that were ignored before (nohup).
struct interrupt {
  sigset_t before; // the mask to go back to
  int fd;          // readable once one has come, above 2; -1: nothing is held back
};

// For the calling thread, which must be the only one. STATUS_IO; then nothing has changed and fd is -1.
enum status interrupt_hold(struct interrupt *interrupt, struct error *error) MUST_USE;

bool interrupt_came(const struct interrupt *interrupt);

// Back to what was before. One that has come is taken back and will not end the program: the caller does.
void interrupt_release(struct interrupt *interrupt);

#endif
