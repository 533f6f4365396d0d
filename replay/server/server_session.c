// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/server/server_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "replay/server/server.h"

// How long a connection to a socket that should not listen is tried before a server is started.
#define OCCUPIED_TIMEOUT_NS CLOCK_NS_PER_S

struct server_session {
  const struct server_settings *settings;
  struct recorder *recorder;
  struct log *log;
  const struct server_session_handlers *handlers;
  void *context;
  struct server *server;         // NULL: not managed
  struct loop_timer *turn_timer; // `up` and `over` come from the loop, also without a server
  bool ended;                    // its next turn is `over`
  struct run_session record;
  char error[400];
  uint16_t port;
  struct buf output_path, ready_url, other_url;
};

int64_t server_session_number(const struct server_session *session) {
  return session->record.session;
}

uint16_t server_session_port(const struct server_session *session) {
  return session->port;
}

static void finish(struct server_session *session) {
  if (session->error[0]) session->record.error = (struct json_slice){session->error, strlen(session->error)};
  recorder_session(session->recorder, &session->record);
  if (session->error[0]) {
    log_error(session->log, "session %lld, workers %lld: %s", (long long)session->record.session,
              (long long)session->record.workers, session->error);
  }
  session->handlers->over(session->context);
}

static void server_up(void *context) {
  struct server_session *session = context;
  session->record.ready_ns = clock_now_ns();
  session->handlers->up(session->context);
}

// In mid-batch its requests fail by themselves, and those of the session's other batches too: nothing
// listens.
static void server_died(void *context) {
  struct server_session *session = context;
  log_detail(session->log, "%s", server_failure(session->server));
}

static void server_stopped(void *context) {
  struct server_session *session = context;
  const char *failure = server_failure(session->server);
  if (!failure && session->record.ready_ns < 0) failure = "interrupted before the server was ready";
  if (failure) {
    session->record.exit_code = server_exit_code(session->server);
    snprintf(session->error, sizeof session->error, "%.200s (its output: %.150s)", failure,
             buf_text(&session->output_path));
  }
  finish(session);
}

static const struct server_handlers server_handlers = {
    .up = server_up, .died = server_died, .stopped = server_stopped};

static void turn_due(void *context) {
  struct server_session *session = context;
  if (session->ended) {
    finish(session);
  } else {
    server_up(session);
  }
}

static void take_turn(struct server_session *session, bool ended) {
  session->ended = ended;
  loop_timer_set(session->turn_timer, 0);
}

// RUN.server-W-BLOCK.log, where RUN is the output without .jsonl and .gz.
static void print_output_path(struct server_session *session, const struct plan_session *plan) {
  buf_clear(&session->output_path);
  buf_printf(&session->output_path, "%s.server-%lld", session->settings->stem, (long long)plan->workers);
  if (plan->block >= 0) buf_printf(&session->output_path, "-%lld", (long long)plan->block);
  buf_append_text(&session->output_path, ".log");
}

static enum status start_server(struct server_session *session, const struct plan_session *plan,
                                struct error *error) {
  const struct server_settings *settings = session->settings;
  session->port = 0;
  if (settings->endpoint->port_open) {
    enum status status = endpoint_free_port(&session->port, error);
    if (status) return status;
  } else if (endpoint_probe(settings->endpoint, 0, OCCUPIED_TIMEOUT_NS, NULL) == STATUS_OK) {
    return status_fail(error, STATUS_EXISTS, "another program listens at the server's address already");
  }
  print_output_path(session, plan);
  buf_clear(&session->ready_url);
  buf_clear(&session->other_url);
  endpoint_print(settings->endpoint, session->port, settings->ready ? settings->ready : "/health",
                 &session->ready_url);
  endpoint_print(settings->endpoint, session->port, "/", &session->other_url);
  struct server_start start = {
      .command = settings->command,
      .workers = plan->workers,
      .port = session->port,
      .output_path = buf_text(&session->output_path),
      .ready_url = buf_text(&session->ready_url),
      .other_url = settings->ready ? NULL : buf_text(&session->other_url),
      .ready_timeout_ns = settings->ready_timeout_ns,
  };
  return server_run(session->server, &start, error);
}

void server_session_start(struct server_session *session, const struct plan_session *plan, int64_t number) {
  session->error[0] = '\0';
  session->record = (struct run_session){
      .session = number,
      .workers = plan->workers,
      .block = plan->block,
      .start_ns = clock_now_ns(),
      .ready_ns = -1,
      .exit_code = -1,
  };
  if (!session->server) {
    take_turn(session, false);
    return;
  }
  struct error error;
  if (start_server(session, plan, &error) == STATUS_OK) return;
  snprintf(session->error, sizeof session->error, "%.350s", error.text);
  take_turn(session, true);
}

void server_session_end(struct server_session *session) {
  if (session->server && !session->error[0]) {
    server_stop(session->server);
  } else {
    take_turn(session, true);
  }
}

void server_session_kill(struct server_session *session) {
  server_session_end(session);
  if (session->server) server_kill(session->server);
}

enum status server_session_open(struct loop *loop, struct xfer_pool *transfers,
                                const struct server_settings *settings, struct recorder *recorder,
                                struct log *log, const struct server_session_handlers *handlers,
                                void *context, struct server_session **out, struct error *error) {
  struct server_session *session = calloc(1, sizeof *session);
  if (!session) return status_memory(error);
  *session = (struct server_session){
      .settings = settings, .recorder = recorder, .log = log, .handlers = handlers, .context = context};
  enum status status = loop_timer_open(loop, turn_due, session, &session->turn_timer, error);
  if (status == STATUS_OK && settings->command)
    status = server_open(loop, transfers, &server_handlers, session, &session->server, error);
  if (status) {
    server_session_close(session);
    return status;
  }
  *out = session;
  return STATUS_OK;
}

void server_session_close(struct server_session *session) {
  if (!session) return;
  server_close(session->server);
  loop_timer_close(session->turn_timer);
  buf_free(&session->output_path);
  buf_free(&session->ready_url);
  buf_free(&session->other_url);
  free(session);
}
