// SPDX-License-Identifier: GPL-3.0-or-later
//
// --next: a command of the user's that names the cells of the next round after each round.
#ifndef REPLAY_NEXT_H
#define REPLAY_NEXT_H

#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/status.h"

#define NEXT_COMMAND_NS INT64_C(600000000000) // time limit of the command; then it gets KILL
#define NEXT_OUTPUT_MAX ((size_t)16 << 20)

// Runs the command through `sh -c`, with an empty standard input and our standard error; appends what it
// prints to `out`, a buffer with a limit of NEXT_OUTPUT_MAX. A command that neither prints nor fails ends the
// search. STATUS_IO: it failed, or took too long; STATUS_CANCELLED: SIGINT, SIGTERM or SIGHUP ended it;
// STATUS_LIMIT: it printed more; STATUS_MEMORY.
enum status next_run(const char *command, struct buf *out, struct error *error) MUST_USE;

#endif
