// SPDX-License-Identifier: GPL-3.0-or-later
//
// The server under measurement as a process of our own (--server): started, awaited, watched, stopped.
//
// The command (see process.h) must stay in the foreground. It is stopped with TERM to the whole
// group and KILL to what is left after SERVER_GRACE_NS, also to what has left the group.
#ifndef REPLAY_SERVER_H
#define REPLAY_SERVER_H

#include <stdint.h>

#include "lib/base/status.h"
#include "lib/net/loop.h"
#include "lib/net/xfer.h"

#define SERVER_GRACE_NS INT64_C(10000000000)

struct server;

struct server_handlers {
  void (*up)(void *context);   // it answers
  void (*died)(void *context); // it ended by itself after `up`; what was left of its group got KILL
  // Nothing of it runs any more: the end of every start. Also when it never came up.
  void (*stopped)(void *context);
};

struct server_start {
  const char *command; // with {workers} and {port}
  int64_t workers;
  uint16_t port;           // 0: no {port} in the command
  const char *output_path; // its stdout and stderr are appended there
  const char *ready_url;   // ready when this returns 2xx
  // Used where ready_url returns 3xx or 4xx, as servers without that path do: any status below 500 is good;
  // servers return 5xx while they load a model. NULL: ready_url alone counts.
  const char *other_url;
  int64_t ready_timeout_ns;
};

// Watches SIGCHLD on the loop. Borrows everything. STATUS_IO, STATUS_MEMORY.
enum status server_open(struct loop *loop, struct xfer_pool *transfers,
                        const struct server_handlers *handlers, void *context, struct server **out,
                        struct error *error) MUST_USE;
// Kills what still runs. Takes NULL. Close the transfers before it.
void server_close(struct server *server);

// Starts it; `stopped` must have come for the last one. What `start` points to is borrowed until `stopped`.
// STATUS_IO, STATUS_MEMORY: it does not run, and `stopped` does not come.
enum status server_run(struct server *server, const struct server_start *start, struct error *error) MUST_USE;

// Stops it; `stopped` comes from the loop, soon, also when it has died already.
void server_stop(struct server *server);

// As server_stop, but KILL at once.
void server_kill(struct server *server);

// Why it is not there though nobody stopped it: "exited with status 1 before it was ready"; NULL: it was
// stopped. Until the next server_run.
const char *server_failure(const struct server *server);
// Its exit status when it ended by itself (128 + signal number when a signal ended it); -1 otherwise.
int64_t server_exit_code(const struct server *server);

#endif
