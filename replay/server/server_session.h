// SPDX-License-Identifier: GPL-3.0-or-later
//
// One session after another: with --server each is one life of the server process, otherwise the run is one
// session.
#ifndef REPLAY_SERVER_SESSION_H
#define REPLAY_SERVER_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/log.h"
#include "lib/net/loop.h"
#include "lib/net/xfer.h"
#include "replay/plan/plan.h"
#include "replay/record/recorder.h"
#include "replay/server/settings.h"

struct server_session;

struct server_session_handlers {
  void (*up)(void *context);   // the server answers: measure, then server_session_end
  void (*over)(void *context); // it is stopped and recorded; also when it never came up
};

// Borrows everything. STATUS_IO, STATUS_MEMORY.
enum status server_session_open(struct loop *loop, struct xfer_pool *transfers,
                                const struct server_settings *settings, struct recorder *recorder,
                                struct log *log, const struct server_session_handlers *handlers,
                                void *context, struct server_session **out, struct error *error) MUST_USE;
// Kills a server that still runs. Takes NULL. Close the transfers before it.
void server_session_close(struct server_session *session);

// Begins one; `over` must have come for the last one. `up` or `over` comes from the loop.
void server_session_start(struct server_session *session, const struct plan_session *plan, int64_t number);

// Ends it, at whatever stage it is, also when it is ending already; `over` comes from the loop. The server
// has its time to stop.
void server_session_end(struct server_session *session);

// As server_session_end, but the server has no time.
void server_session_kill(struct server_session *session);

int64_t server_session_number(const struct server_session *session);

// The port that stands for {port}; 0: none.
uint16_t server_session_port(const struct server_session *session);

#endif
