// SPDX-License-Identifier: GPL-3.0-or-later
//
// What was drawn from traces in one line, so that equal runs can be told from others. For work.c alone.
#ifndef REPLAY_WORK_DIGEST_H
#define REPLAY_WORK_DIGEST_H

#include "replay/workload/work.h"

// "sha256:" and the digest over method, path and body of each request as it stands now (of a synthetic prompt
// what it is made of), a NUL after each, in the order of the draw. `trace`: only of the requests of this one;
// -1: of all. STATUS_MEMORY.
enum status work_digest(const struct work *work, int64_t trace, char into[WORK_DIGEST_BYTES],
                        struct error *error) MUST_USE;

#endif
