// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/server/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "replay/server/process.h"

// How often it is asked whether it is up, and whether its group is gone.
#define POLL_NS (50 * CLOCK_NS_PER_MS)
#define ASK_TIMEOUT_NS (5 * CLOCK_NS_PER_S)

enum state { STATE_OFF, STATE_STARTING, STATE_UP, STATE_STOPPING };

struct server {
  struct loop *loop;
  struct xfer_pool *transfers;
  const struct server_handlers *handlers;
  void *context;
  struct loop_signal *child_signal;
  struct loop_timer *timer; // the next poll, of readiness or of the end

  struct server_start start;
  enum state state;
  struct process process;
  bool killing;
  bool wanted; // nobody has asked for its end
  int64_t ready_deadline_ns, kill_deadline_ns;
  struct xfer *asking; // the readiness request under way
  bool asking_other;   // it goes to other_url
  int answer;          // the status of the last answer; 0: there was none
  int64_t exit_code;
  char failure[256];
};

const char *server_failure(const struct server *server) {
  return server->failure[0] ? server->failure : NULL;
}

int64_t server_exit_code(const struct server *server) {
  return server->exit_code;
}

static void begin_stop(struct server *server) {
  if (server->state == STATE_STOPPING) return;
  server->state = STATE_STOPPING;
  server->kill_deadline_ns = clock_now_ns() + SERVER_GRACE_NS;
  process_signal(&server->process, SIGTERM);
  if (server->asking) xfer_cancel(server->asking);
  loop_timer_set(server->timer, 0);
}

void server_stop(struct server *server) {
  server->wanted = false;
  if (server->state != STATE_OFF) begin_stop(server);
}

void server_kill(struct server *server) {
  server_stop(server);
  server->killing = true;
  process_signal(&server->process, SIGKILL);
}

// It ends as it was asked to, but by a signal that we did not send, as one that was killed in the last batch.
static bool was_killed(const struct server *server, int wait_status) {
  int number = WIFSIGNALED(wait_status)         ? WTERMSIG(wait_status)
               : WEXITSTATUS(wait_status) > 128 ? WEXITSTATUS(wait_status) - 128
                                                : 0;
  return number > 0 && number != SIGTERM && !server->killing;
}

// The shell ended: it was stopped, or it failed.
static void shell_ended(struct server *server, int wait_status) {
  if ((!server->wanted && !was_killed(server, wait_status)) || server->failure[0]) return;
  const char *when = server->state == STATE_STARTING ? " before it was ready" : "";
  if (WIFSIGNALED(wait_status)) {
    server->exit_code = 128 + WTERMSIG(wait_status);
    snprintf(server->failure, sizeof server->failure, "the server was ended by signal %d (%s)%s",
             WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)), when);
  } else {
    server->exit_code = WEXITSTATUS(wait_status);
    snprintf(server->failure, sizeof server->failure, "the server exited with status %lld%s",
             (long long)server->exit_code, when);
  }
  // Without its shell the rest of the group is nothing that could be measured or trusted to end.
  server->killing = true;
  process_signal(&server->process, SIGKILL);
  if (server->state == STATE_STARTING) {
    begin_stop(server);
  } else if (server->state == STATE_UP) {
    server->handlers->died(server->context);
  }
}

static void reap(struct server *server) {
  int wait_status;
  if (process_reap(&server->process, &wait_status)) shell_ended(server, wait_status);
}

static void child_ended(void *context) {
  struct server *server = context;
  reap(server);
  if (server->state == STATE_STOPPING) loop_timer_set(server->timer, 0);
}

// Checks once whether the stop is complete.
static void poll_stop(struct server *server) {
  int64_t now_ns = clock_now_ns();
  reap(server);
  bool immortal = now_ns >= server->kill_deadline_ns + SERVER_GRACE_NS;
  bool gone = process_gone(&server->process);
  if (gone) process_forget(&server->process);
  if (server->asking || (!immortal && (!gone || process_end_strays() > 0))) {
    if (now_ns >= server->kill_deadline_ns) server->killing = true;
    if (server->killing) process_signal(&server->process, SIGKILL);
    loop_timer_set(server->timer, now_ns + POLL_NS);
    return;
  }
  if (!gone) // it sits in the kernel
    snprintf(server->failure, sizeof server->failure, "process group %d of the server survived KILL",
             (int)server->process.group);
  process_forget(&server->process);
  server->state = STATE_OFF;
  server->handlers->stopped(server->context);
}

static void on_answer(void *context, int status) {
  struct server *server = context;
  server->answer = status;
}

static bool is_ready(const struct server *server) {
  if (server->asking_other) return server->answer > 0 && server->answer < 500;
  return server->answer >= 200 && server->answer <= 299;
}

static void ask(struct server *server, bool other);

static void asked(void *context, const struct xfer_result *result) {
  struct server *server = context;
  server->asking = NULL;
  reap(server); // an answer of another process on its port would come while ours is dying
  if (server->state != STATE_STARTING) return;
  bool answered = result->outcome == XFER_OK;
  if (answered && is_ready(server)) {
    server->state = STATE_UP;
    server->handlers->up(server->context);
  } else if (answered && !server->asking_other && server->start.other_url && server->answer < 500) {
    ask(server, true);
  } else {
    loop_timer_set(server->timer, clock_now_ns() + POLL_NS);
  }
}

static const struct xfer_callbacks ask_callbacks = {.status = on_answer, .done = asked};

static void ask(struct server *server, bool other) {
  int64_t left_ns = server->ready_deadline_ns - clock_now_ns();
  struct xfer_request request = {
      .method = "GET",
      .url = other ? server->start.other_url : server->start.ready_url,
      .timeout_ns = left_ns < ASK_TIMEOUT_NS ? left_ns : ASK_TIMEOUT_NS,
      .connect_timeout_ns = CLOCK_NS_PER_S,
  };
  struct error error;
  if (left_ns <= 0) {
    int used = snprintf(server->failure, sizeof server->failure, "the server was not ready after %.3g s",
                        clock_seconds(server->start.ready_timeout_ns));
    if (server->answer > 0)
      snprintf(server->failure + used, sizeof server->failure - (size_t)used, " (it answered with status %d)",
               server->answer);
    begin_stop(server);
    return;
  }
  server->asking_other = other;
  if (xfer_start(server->transfers, &request, &ask_callbacks, server, &server->asking, &error)) {
    snprintf(server->failure, sizeof server->failure, "no readiness request can be sent: %.200s", error.text);
    begin_stop(server);
  }
}

static void timer_due(void *context) {
  struct server *server = context;
  if (server->state == STATE_STOPPING) {
    poll_stop(server);
  } else if (server->state == STATE_STARTING && !server->asking) {
    ask(server, false);
  }
}

enum status server_run(struct server *server, const struct server_start *start, struct error *error) {
  const struct process_word words[] = {{"{workers}", start->workers},
                                       {"{port}", start->port > 0 ? start->port : -1}};
  struct buf command = BUF_LIMIT((size_t)1 << 20);
  server->start = *start;
  server->failure[0] = '\0';
  server->exit_code = -1;
  server->answer = 0;
  server->killing = false;
  server->wanted = true;
  process_print_command(start->command, words, sizeof words / sizeof words[0], &command);
  enum status status = command.status;
  if (status) {
    status = status_fail(error, status, "--server: %s", status_name(status));
  } else {
    status = process_start(buf_text(&command), start->output_path, &server->process, error);
  }
  buf_free(&command);
  if (status) return status;
  server->state = STATE_STARTING;
  server->ready_deadline_ns = clock_now_ns() + start->ready_timeout_ns;
  loop_timer_set(server->timer, clock_now_ns() + POLL_NS);
  return STATUS_OK;
}

enum status server_open(struct loop *loop, struct xfer_pool *transfers,
                        const struct server_handlers *handlers, void *context, struct server **out,
                        struct error *error) {
  struct server *server = calloc(1, sizeof *server);
  if (!server) return status_memory(error);
  *server = (struct server){
      .loop = loop, .transfers = transfers, .handlers = handlers, .context = context, .exit_code = -1};
  enum status status = loop_timer_open(loop, timer_due, server, &server->timer, error);
  if (status == STATUS_OK)
    status = loop_signal_open(loop, SIGCHLD, child_ended, server, &server->child_signal, error);
  if (status == STATUS_OK) status = process_adopt_orphans(error);
  if (status) {
    server_close(server);
    return status;
  }
  *out = server;
  return STATUS_OK;
}

void server_close(struct server *server) {
  if (!server) return;
  process_end(&server->process);
  loop_signal_close(server->child_signal);
  loop_timer_close(server->timer);
  free(server);
}
