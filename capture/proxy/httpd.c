// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/httpd.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/proxy/listener.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"

#define WAIT_MAX_MS 3600000 // also: nothing to wait for
#define IDLE_TURNS_AT_ONCE 2
#define IDLE_TURN_DOUBLINGS 5 // of the millisecond before the next
#define TURNS_AT_ONCE 8
#define TURNS_TO_ACCEPT 4096 // the backlog, if each turn accepts but one

struct httpd {
  struct MHD_Daemon *daemon;
  void (*turned)(void *context, bool was_in_vain);
  void *context;
  struct loop_watch *watch;
  struct loop_timer *timer;
  bool passed;            // the listening socket: another process has it too
  bool soon;              // the timer is set for now
  unsigned turns_at_once; // asked for since the loop looked last at what else is ready
  bool did_something;     // since the last turn began
  unsigned idle_turns;    // since it was quiet: without a callback, and the next asked for at once
  struct listener listener;
  struct buf cert, key; // PEM texts
};

static unsigned connections(struct httpd *httpd) {
  return MHD_get_daemon_info(httpd->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
}

// One turn; true when the daemon asks for the next at once.
static bool run_turn(struct httpd *httpd, MHD_UNSIGNED_LONG_LONG *wait_ms) {
  httpd->did_something = false;
  MHD_run(httpd->daemon);
  if (MHD_get_timeout(httpd->daemon, wait_ms) != MHD_YES) *wait_ms = WAIT_MAX_MS;
  return *wait_ms == 0;
}

static void run(struct httpd *httpd) {
  MHD_UNSIGNED_LONG_LONG wait_ms;
  httpd->soon = false;
  unsigned before = connections(httpd);
  bool is_idle = run_turn(httpd, &wait_ms) && !httpd->did_something;
  if (httpd->turned) httpd->turned(httpd->context, is_idle);
  if (wait_ms > 0) httpd->idle_turns = 0;
  httpd->idle_turns += is_idle;
  // At its limit of connections or descriptors the library takes the listening socket out of its epoll set,
  // and puts it back only at the turn after one has closed; nothing else would make that turn come.
  if (connections(httpd) < before) httpd_run_soon(httpd);
  if (httpd->soon) return; // asked for by a callback meanwhile: the timer is set
  if (wait_ms >= WAIT_MAX_MS) {
    loop_timer_cancel(httpd->timer);
  } else if (is_idle && httpd->idle_turns > IDLE_TURNS_AT_ONCE) {
    unsigned doublings = httpd->idle_turns - IDLE_TURNS_AT_ONCE - 1;
    if (doublings > IDLE_TURN_DOUBLINGS) doublings = IDLE_TURN_DOUBLINGS;
    loop_timer_set(httpd->timer, clock_now_ns() + (CLOCK_NS_PER_MS << doublings));
  } else {
    loop_timer_set(httpd->timer, wait_ms ? clock_now_ns() + (int64_t)wait_ms * CLOCK_NS_PER_MS : 0);
  }
}

static void run_due(void *context) {
  run(context);
}

static void run_ready(void *context, unsigned events) {
  struct httpd *httpd = context;
  (void)events;
  httpd->turns_at_once = 0;
  run(httpd);
}

// While clients keep coming each turn asks for the next: upstream servers and signals must not wait for all.
void httpd_run_soon(struct httpd *httpd) {
  if (httpd->soon) return;
  httpd->soon = true;
  if (++httpd->turns_at_once < TURNS_AT_ONCE) {
    loop_timer_set_now(httpd->timer);
  } else {
    httpd->turns_at_once = 0;
    loop_timer_set(httpd->timer, 0); // once the loop has looked
  }
}

void httpd_did_something(struct httpd *httpd) {
  httpd->did_something = true;
}

static enum status read_tls(struct httpd *httpd, const struct httpd_options *options, struct error *error) {
  if (!options->tls_cert) return STATUS_OK;
  enum status status = buf_read_file(&httpd->cert, options->tls_cert, error);
  if (!status) status = buf_read_file(&httpd->key, options->tls_key, error);
  return status;
}

static struct MHD_Daemon *start_daemon(struct httpd *httpd, int fd, const struct httpd_options *options,
                                       const struct httpd_handlers *handlers) {
  struct MHD_OptionItem optional[6];
  size_t count = 0;
  unsigned tls = options->tls_cert ? MHD_USE_TLS : 0;
  if (tls) {
    optional[count++] =
        (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(intptr_t)buf_text(&httpd->cert)};
    optional[count++] =
        (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(intptr_t)buf_text(&httpd->key)};
  }
  if (handlers->target) {
    optional[count++] =
        (struct MHD_OptionItem){MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)handlers->target, handlers->context};
  }
  if (handlers->completed) {
    optional[count++] = (struct MHD_OptionItem){MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)handlers->completed,
                                                handlers->context};
  }
  if (handlers->connection) {
    optional[count++] = (struct MHD_OptionItem){MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)handlers->connection,
                                                handlers->context};
  }
  optional[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
  // No MHD_USE_ERROR_LOG: its lines may repeat what a client sent. The date is the upstream's to say.
  return MHD_start_daemon(
      tls | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_SUPPRESS_DATE_NO_CLOCK, 0, handlers->accept,
      handlers->context, handlers->handle, handlers->context, MHD_OPTION_LISTEN_SOCKET, fd,
      MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_LIMIT, options->connections,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, options->connection_memory, MHD_OPTION_CONNECTION_TIMEOUT,
      options->idle_timeout_s, MHD_OPTION_ARRAY, optional, MHD_OPTION_END);
}

enum status httpd_open(struct loop *loop, const struct httpd_options *options,
                       const struct httpd_handlers *handlers, struct httpd **out, struct error *error) {
  bool owns_socket = false; // before the daemon does
  struct httpd *httpd = calloc(1, sizeof *httpd);
  enum status status = httpd ? STATUS_OK : status_memory(error);
  if (!status) status = read_tls(httpd, options, error);
  if (!status) {
    bool tls = options->tls_cert != NULL;
    status = options->passed ? listener_take_passed(tls, &httpd->listener, error)
                             : listener_open(&options->listen, options->unix_socket, tls, options->handover,
                                             &httpd->listener, error);
  }
  if (status) goto cleanup;
  owns_socket = true;
  httpd->passed = options->passed;
  httpd->turned = handlers->turned;
  httpd->context = handlers->context;
  httpd->daemon = start_daemon(httpd, httpd->listener.fd, options, handlers);
  if (!httpd->daemon) {
    status =
        status_fail(error, STATUS_IO, "cannot serve on %s: %s", httpd->listener.address,
                    options->tls_cert ? "the certificate and key do not work together" : strerror(errno));
    goto cleanup;
  }
  owns_socket = false;
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(httpd->daemon, MHD_DAEMON_INFO_EPOLL_FD);
  status = loop_timer_open(loop, run_due, httpd, &httpd->timer, error);
  if (!status) {
    status = loop_watch_open(loop, info->epoll_fd, LOOP_READ, run_ready, httpd, &httpd->watch, error);
  }
  if (status) goto cleanup;
  httpd_run_soon(httpd); // the first turn puts the listening socket into the epoll set
  *out = httpd;
  return STATUS_OK;

cleanup:
  if (owns_socket) close(httpd->listener.fd);
  httpd_close(httpd);
  return status;
}

const char *httpd_address(const struct httpd *httpd) {
  return httpd->listener.address;
}

void httpd_block(struct httpd *httpd, const struct sockaddr *address) {
  listener_block(&httpd->listener, address);
}

void httpd_stop_listening(struct httpd *httpd) {
  struct pollfd waits = {.fd = httpd->listener.fd, .events = POLLIN};
  listener_remove_file(&httpd->listener); // who comes next may listen there already
  // With its own socket the kernel resets what waits on it; a passed one outlives this process, and the next
  // accepts what waits there. At the limit of connections nothing more is accepted.
  for (int turns = 0; !httpd->passed && turns < TURNS_TO_ACCEPT && poll(&waits, 1, 0) > 0; turns++)
    run(httpd);
  listener_block(&httpd->listener, NULL); // systemd keeps its socket
  MHD_socket fd = MHD_quiesce_daemon(httpd->daemon);
  if (fd != MHD_INVALID_SOCKET) close(fd);
}

void httpd_close(struct httpd *httpd) {
  if (!httpd) return;
  loop_watch_close(httpd->watch);
  loop_timer_close(httpd->timer);
  listener_remove_file(&httpd->listener);
  if (httpd->daemon) MHD_stop_daemon(httpd->daemon);
  buf_free(&httpd->cert);
  buf_free(&httpd->key);
  free(httpd);
}
