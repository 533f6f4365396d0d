// SPDX-License-Identifier: GPL-3.0-or-later
//
// What goes on between measured batches and is in none of their times: the user's command before each
// (--before-batch), and the server's own counters before and after each (--metrics-url).
#ifndef REPLAY_BATCH_HOOKS_H
#define REPLAY_BATCH_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/log.h"
#include "lib/json/json_scan.h"
#include "lib/net/loop.h"
#include "replay/record/recorder.h"
#include "replay/server/settings.h"

// Time limit of a command: then it gets KILL.
#define BATCH_HOOKS_COMMAND_NS INT64_C(600000000000)
// From TERM to KILL of a command that is cancelled.
#define BATCH_HOOKS_GRACE_NS INT64_C(2000000000)

struct batch_hooks;

// The end of batch_hooks_before or batch_hooks_after, from the loop. STATUS_OK; STATUS_IO: the command
// failed, or took too long; STATUS_CANCELLED; STATUS_MEMORY. A page that cannot be read is no failure:
// the metrics are then not known.
typedef void batch_hooks_over(void *context, enum status status, const char *message);

// Borrows everything. STATUS_IO, STATUS_MEMORY.
enum status batch_hooks_open(struct loop *loop, const struct server_settings *settings, struct log *log,
                             batch_hooks_over *over, void *context, struct batch_hooks **out,
                             struct error *error) MUST_USE;
// Kills a command that still runs. Takes NULL.
void batch_hooks_close(struct batch_hooks *hooks);

// Before the batch: the command, whose words are replaced ({workers}, {batch}: 0 in open loop; {rep} as
// records have it, from 0), then the counters. `port` stands for {port}; 0: the URL's own.
void batch_hooks_before(struct batch_hooks *hooks, const struct recorder_batch *batch, uint16_t port);

// After its last byte: the counters again.
void batch_hooks_after(struct batch_hooks *hooks);

bool batch_hooks_running(const struct batch_hooks *hooks);

// `over` comes soon. The second call kills the command instead of waiting.
void batch_hooks_cancel(struct batch_hooks *hooks);

// What the server's counters grew by meanwhile, as JSON: an object, or null when a page could not be read.
// {NULL, 0}: nobody asked. *left_out: how many series it lacks. Until the next
// batch_hooks_before.
struct json_slice batch_hooks_metrics(const struct batch_hooks *hooks, int64_t *left_out);

#endif
