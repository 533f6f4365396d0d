// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/simllm/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "tests/simllm/call.h"

enum {
  BACKLOG = 4096,
  MOST_CONNECTIONS = 60000,
  CONNECTION_BYTES = 16384,
  EVENTS = 256,
  OTHER_FILES = 64,
  FEWEST_FILES = 128
};

struct server {
  const struct opts *opts;
  struct calls calls;
  struct MHD_Daemon *daemon;
  int listener, epoll, timer, signals;
  uint16_t port;
  int64_t armed_ns; // what the timer is set to; INT64_MAX: off
  bool stop;
};

// Listens on the first address of the host that can be had.
static enum status listen_on(struct server *server, struct error *error) {
  const char *host = server->opts->host;
  char port[8];
  snprintf(port, sizeof port, "%u", server->opts->port);
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
  struct addrinfo *list = NULL;
  int failed = getaddrinfo(host, port, &hints, &list);
  if (failed) return status_fail(error, STATUS_NETWORK, "%s: %s", host, gai_strerror(failed));
  int saved = 0;
  for (struct addrinfo *at = list; at && server->listener < 0; at = at->ai_next) {
    int one = 1;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd >= 0 && bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) {
      server->listener = fd;
    } else {
      saved = errno;
      if (fd >= 0) close(fd);
    }
  }
  freeaddrinfo(list);
  if (server->listener < 0) {
    return status_fail(error, STATUS_NETWORK, "cannot listen on %s:%s: %s", host, port, strerror(saved));
  }
  union {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
  } bound = {.six = {.sin6_port = 0}};
  socklen_t len = sizeof bound;
  if (getsockname(server->listener, &bound.any, &len) != 0) {
    return status_fail(error, STATUS_IO, "getsockname: %s", strerror(errno));
  }
  server->port = ntohs(bound.any.sa_family == AF_INET6 ? bound.six.sin6_port : bound.four.sin_port);
  return STATUS_OK;
}

// As many files as the hard limit gives; returns how many connections that allows.
static unsigned raise_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1000 - OTHER_FILES;
  if (limit.rlim_cur < limit.rlim_max) {
    struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  if (limit.rlim_cur > MOST_CONNECTIONS + OTHER_FILES) return MOST_CONNECTIONS;
  return limit.rlim_cur > FEWEST_FILES ? (unsigned)limit.rlim_cur - OTHER_FILES : OTHER_FILES;
}

static enum status open_descriptors(struct server *server, struct error *error) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, NULL);
  signal(SIGPIPE, SIG_IGN);
  server->epoll = epoll_create1(EPOLL_CLOEXEC);
  server->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  server->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  if (server->epoll < 0 || server->timer < 0 || server->signals < 0) {
    return status_fail(error, STATUS_IO, "epoll, timerfd or signalfd: %s", strerror(errno));
  }
  return STATUS_OK;
}

static enum status start_daemon(struct server *server, struct error *error) {
  server->daemon = MHD_start_daemon(
      MHD_USE_EPOLL | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, call_handle, &server->calls,
      MHD_OPTION_LISTEN_SOCKET, server->listener, MHD_OPTION_CONNECTION_LIMIT, raise_file_limit(),
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_NOTIFY_COMPLETED,
      call_completed, &server->calls, MHD_OPTION_END);
  if (!server->daemon) return status_fail(error, STATUS_IO, "libmicrohttpd does not start");
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
  int fds[] = {info->epoll_fd, server->timer, server->signals};
  void *marks[] = {server->daemon, &server->timer, &server->signals};
  for (int i = 0; i < 3; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = marks[i]};
    if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, fds[i], &event) != 0) {
      return status_fail(error, STATUS_IO, "epoll: %s", strerror(errno));
    }
  }
  return STATUS_OK;
}

enum status server_open(const struct opts *opts, struct log *log, struct server **out, struct error *error) {
  struct server *server = calloc(1, sizeof *server);
  if (!server) return status_memory(error);
  *server = (struct server){.opts = opts, .listener = -1, .epoll = -1, .timer = -1, .signals = -1};
  server->armed_ns = INT64_MAX;
  // Faults have a stream of their own: noise does not change who meets them.
  server->calls =
      (struct calls){.opts = opts, .log = log, .fates = random_seeded(opts->engine.seed ^ 0x6661746573)};
  server->calls.up_ns = clock_now_ns() + clock_from_seconds(opts->startup_s * opts->engine.time_scale);
  enum status status = listen_on(server, error);
  if (status == STATUS_OK) status = open_descriptors(server, error);
  server->calls.epoll = server->epoll;
  if (status == STATUS_OK) {
    status = engine_open(&opts->engine, call_token, &server->calls, &server->calls.engine);
    if (status == STATUS_OK) status = stats_open(opts->log_requests, clock_now_ns(), &server->calls.stats);
    if (status != STATUS_OK) status_fail(error, status, "%s", status_name(status));
  }
  if (status == STATUS_OK) status = start_daemon(server, error);
  if (status != STATUS_OK) {
    server_close(server);
    return status;
  }
  *out = server;
  return STATUS_OK;
}

uint16_t server_port(const struct server *server) {
  return server->port;
}

static void arm_timer(struct server *server) {
  int64_t next_ns = engine_next_ns(server->calls.engine);
  if (next_ns == server->armed_ns) return;
  struct itimerspec when = {0};
  if (next_ns != INT64_MAX) {
    when.it_value.tv_sec = next_ns / CLOCK_NS_PER_S;
    when.it_value.tv_nsec = next_ns % CLOCK_NS_PER_S;
  }
  timerfd_settime(server->timer, TFD_TIMER_ABSTIME, &when, NULL);
  server->armed_ns = next_ns;
}

static bool daemon_has_work(const struct server *server) {
  MHD_UNSIGNED_LONG_LONG timeout_ms;
  return MHD_get_timeout(server->daemon, &timeout_ms) == MHD_YES && timeout_ms == 0;
}

static void take_event(struct server *server, void *mark) {
  if (mark == server->daemon) return; // it runs in every round
  if (mark == &server->timer) {
    uint64_t expired;
    if (read(server->timer, &expired, sizeof expired) > 0) server->armed_ns = INT64_MAX;
  } else if (mark == &server->signals) {
    server->stop = true;
  } else {
    call_client_left(mark);
  }
}

// Lets every call that is left see that it is over.
static void drain(struct server *server) {
  calls_stop(&server->calls);
  for (int round = 0; server->calls.first && round < 1000; round++)
    MHD_run(server->daemon);
}

enum status server_run(struct server *server, struct error *error) {
  struct epoll_event events[EVENTS];
  while (!server->stop) {
    arm_timer(server);
    int count = epoll_wait(server->epoll, events, EVENTS, daemon_has_work(server) ? 0 : -1);
    if (count < 0 && errno != EINTR) return status_fail(error, STATUS_IO, "epoll_wait: %s", strerror(errno));
    for (int i = 0; i < count; i++)
      take_event(server, events[i].data.ptr);
    engine_advance(server->calls.engine, clock_now_ns());
    MHD_run(server->daemon);
  }
  drain(server);
  return STATUS_OK;
}

void server_close(struct server *server) {
  if (!server) return;
  if (server->daemon) {
    MHD_stop_daemon(server->daemon); // closes the listener
  } else if (server->listener >= 0) {
    close(server->listener);
  }
  if (server->epoll >= 0) close(server->epoll);
  if (server->timer >= 0) close(server->timer);
  if (server->signals >= 0) close(server->signals);
  engine_close(server->calls.engine);
  stats_close(server->calls.stats);
  free(server);
}
