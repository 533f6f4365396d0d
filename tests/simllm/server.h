// SPDX-License-Identifier: GPL-3.0-or-later
//
// The simulated server: a listening socket, libmicrohttpd, the engine's timer and the signals, in one thread
// around one epoll set.
//
// One thread suffices: a step is one timer (a timerfd, exact to the nanosecond in its setting) that resumes
// the connections of all active slots, which libmicrohttpd then serves in one run. No locks, so a step
// reaches all its streams together.
// About 100,000 events a second can be sent as chunks of their own; a time scale that asks for more makes
// steps reach the sockets late (/stats: step_lag_max_s), though their times stay right. --chunks ready sends
// some millions.
#ifndef TESTS_SIMLLM_SERVER_H
#define TESTS_SIMLLM_SERVER_H

#include <stdint.h>

#include "lib/base/log.h"
#include "lib/base/status.h"
#include "tests/simllm/opts.h"

struct server;

// Listens; `opts` and `log` are borrowed until server_close. STATUS_NETWORK when the address cannot be had,
// STATUS_IO, STATUS_MEMORY; error is set. SIGTERM and SIGINT are blocked from here on.
enum status server_open(const struct opts *opts, struct log *log, struct server **out,
                        struct error *error) MUST_USE;

// The port that it listens on.
uint16_t server_port(const struct server *server);

// Serves until SIGTERM or SIGINT; then cuts the requests in flight, as a killed server does, and returns
// STATUS_OK.
enum status server_run(struct server *server, struct error *error) MUST_USE;

// Takes NULL.
void server_close(struct server *server);

#endif
