// SPDX-License-Identifier: GPL-3.0-or-later
//
// The processes that send one plan together, each a rank from 0, and messages between rank 0 and the others.
//
// There are several under mpirun or srun alone, in a build with MPI (`make MPI=1`; MPI 3.1: ranks_mpi.c).
// Without it ranks_one.c stands for one process. All calls come from the main thread.
#ifndef REPLAY_RANKS_H
#define REPLAY_RANKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"

struct ranks;

// NULL: this process is the only one; the other functions take that. STATUS_USAGE: a launcher started
// several, and the build has no MPI; STATUS_IO: MPI does not begin.
enum status ranks_open(struct ranks **out, struct error *error) MUST_USE;

// Every rank has to call it in its turn. `in_order` false: the others are not waited for, and the process has
// to end with exit code `code` now; rank 0 ends the others, and itself here, but after a signal. Takes NULL.
void ranks_close(struct ranks *ranks, bool in_order, int code);

int64_t ranks_number(const struct ranks *ranks); // 0 of NULL
int64_t ranks_count(const struct ranks *ranks);  // 1 of NULL

// Copies a message and sends it in the background; those to one rank arrive in order. STATUS_MEMORY,
// STATUS_NETWORK.
enum status ranks_send(struct ranks *ranks, int64_t to, const void *message, size_t len) MUST_USE;

// True when nothing is still on its way from here.
bool ranks_all_sent(struct ranks *ranks);

// A message that has arrived, in place of what `message` held; the same buffer each time. STATUS_END: none
// has; STATUS_NETWORK, STATUS_MEMORY.
enum status ranks_receive(struct ranks *ranks, int64_t *from, struct buf *message) MUST_USE;

// Returns at one instant on all ranks, as exactly as the network can; then rank 0's value is everybody's.
// Busy waits. STATUS_NETWORK: within the time not all have come.
enum status ranks_meet(struct ranks *ranks, int64_t timeout_ns) MUST_USE;
enum status ranks_share(struct ranks *ranks, int64_t *value, int64_t timeout_ns) MUST_USE;

#endif
