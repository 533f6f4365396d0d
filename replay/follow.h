// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a rank other than 0 does: it sends its part of every measurement that rank 0 starts, and gives rank 0
// the records.
#ifndef REPLAY_FOLLOW_H
#define REPLAY_FOLLOW_H

#include "replay/sweep.h"

// The ranks of this run: what a launcher started together. None (NULL) where --shard says what this process
// sends. A rank other than 0 is quiet, and its messages name it. Errors of ranks_open.
enum status follow_join(const struct opts *opts, struct log *log, struct ranks **out,
                        struct error *error) MUST_USE;

// STATUS_USAGE: options that several ranks cannot follow.
enum status follow_check(const struct opts *opts, struct error *error) MUST_USE;

// Of an open loop's schedule each rank sends a part, as shards do.
void follow_share(const struct ranks *ranks, struct send_settings *send);

// Until rank 0 ends it. Of the setup: what is sent, and how. STATUS_NETWORK: rank 0 or
// the network to it is lost; STATUS_CANCELLED: stopped by a signal; STATUS_IO, STATUS_MEMORY.
enum status follow_run(const struct sweep_setup *setup, struct error *error) MUST_USE;

#endif
