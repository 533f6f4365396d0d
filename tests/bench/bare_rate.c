// SPDX-License-Identifier: GPL-3.0-or-later
//
// Small requests on a schedule: how long an answer takes when requests come at a constant rate.
//
//   bare_rate URL RATE SECONDS CONNECTIONS [LOG]
//
// Request i, a GET of the URL's path and /n/I, is due at start + i / RATE and goes out on the connection that
// has been idle longest; its time counts from when it was due. Prints one JSON object: requests, failed,
// p50_s, p99_s, cpu_s. With LOG, each answer is told there as "I NANOSECONDS" (monotonic), at once; then a
// server that dies is no error. Answers must have a Content-Length and fit into 16 KiB.
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "tests/bench/wire.h"

enum { ROOM = 16384, READY = 256, PATIENCE_MS = 10000 };

struct connection {
  int fd;
  int64_t request, due_ns;
  char answer[ROOM];
  size_t len;
};

struct client {
  uint16_t port;
  const char *path;
  int connections, idle_count, epoll, clock;
  struct connection *all;
  struct connection **idle; // a queue
  int idle_first;
  int64_t start_ns, period_ns, total, sent, answered, failed;
  int64_t *times_ns;
  FILE *log;
};

static void set_clock(const struct client *client, int64_t at_ns) {
  struct itimerspec when = {
      .it_value = {.tv_sec = at_ns / CLOCK_NS_PER_S, .tv_nsec = at_ns % CLOCK_NS_PER_S}};
  if (timerfd_settime(client->clock, TFD_TIMER_ABSTIME, &when, NULL)) wire_die("no clock");
}

static void put_idle(struct client *client, struct connection *connection) {
  client->idle[(client->idle_first + client->idle_count++) % client->connections] = connection;
}

static struct connection *take_idle(struct client *client) {
  if (client->idle_count == 0) return NULL;
  struct connection *connection = client->idle[client->idle_first];
  client->idle_first = (client->idle_first + 1) % client->connections;
  client->idle_count--;
  return connection;
}

// Sends what is due, as far as there are connections, and sets the clock for the next.
static void send_due(struct client *client) {
  int64_t now_ns = clock_now_ns();
  while (client->sent < client->total && client->start_ns + client->sent * client->period_ns <= now_ns) {
    struct connection *connection = take_idle(client);
    if (!connection) return; // the next answer calls again
    char text[256];
    int len = snprintf(text, sizeof text, "GET %.99s/n/%lld HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n",
                       client->path, (long long)client->sent, client->port);
    connection->request = client->sent;
    connection->due_ns = client->start_ns + client->sent++ * client->period_ns;
    connection->len = 0;
    if (send(connection->fd, text, (size_t)len, MSG_NOSIGNAL) != len) client->failed++;
  }
  if (client->sent < client->total) set_clock(client, client->start_ns + client->sent * client->period_ns);
}

static bool is_whole(struct connection *connection) {
  connection->answer[connection->len] = '\0';
  const char *body = strstr(connection->answer, "\r\n\r\n");
  const char *length = strcasestr(connection->answer, "\r\ncontent-length:");
  if (!body || !length || length > body) return false;
  return connection->len >= (size_t)(body + 4 - connection->answer) + strtoul(length + 17, NULL, 10);
}

// False when the server is gone.
static bool read_answer(struct client *client, struct connection *connection) {
  ssize_t got = recv(connection->fd, connection->answer + connection->len, ROOM - 1 - connection->len, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (got <= 0) return false;
  connection->len += (size_t)got;
  if (!is_whole(connection)) return connection->len + 1 < ROOM;
  int64_t now_ns = clock_now_ns();
  if (strncmp(connection->answer, "HTTP/1.1 2", 10) != 0) client->failed++;
  client->times_ns[client->answered++] = now_ns - connection->due_ns;
  if (client->log) {
    fprintf(client->log, "%lld %lld\n", (long long)connection->request, (long long)now_ns);
    fflush(client->log);
  }
  put_idle(client, connection);
  send_due(client);
  return true;
}

static void open_connections(struct client *client) {
  for (int i = 0; i < client->connections; i++) {
    struct connection *connection = &client->all[i];
    connection->fd = wire_connect(client->port);
    if (connection->fd < 0) wire_die("cannot connect");
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(client->epoll, EPOLL_CTL_ADD, connection->fd, &wanted)) wire_die("epoll");
    put_idle(client, connection);
  }
}

// False when the server died before all was answered.
static bool run(struct client *client) {
  struct epoll_event tick = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(client->epoll, EPOLL_CTL_ADD, client->clock, &tick)) wire_die("epoll");
  client->start_ns = clock_now_ns() + 10 * CLOCK_NS_PER_MS;
  set_clock(client, client->start_ns);
  while (client->answered < client->total) {
    struct epoll_event ready[READY];
    int count = epoll_wait(client->epoll, ready, READY, PATIENCE_MS);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    for (int i = 0; i < count; i++) {
      uint64_t ticks;
      if (ready[i].data.ptr) {
        if (!read_answer(client, ready[i].data.ptr)) return false;
      } else if (read(client->clock, &ticks, sizeof ticks) == (ssize_t)sizeof ticks) {
        send_due(client);
      }
    }
  }
  return true;
}

static struct client set_up(char **argv, const char *log) {
  double rate = wire_number(argv[2], 1, 1e6);
  const char *path = strchr(argv[1] + strcspn(argv[1], "0123456789"), '/');
  struct client client = {.port = wire_port(argv[1]),
                          .path = path ? path : "",
                          .period_ns = clock_from_seconds(1 / rate),
                          .total = (int64_t)(rate * wire_number(argv[3], 0.01, 3600)),
                          .connections = (int)wire_number(argv[4], 1, 10000)};
  client.all = calloc((size_t)client.connections, sizeof *client.all);
  client.idle = calloc((size_t)client.connections, sizeof(struct connection *));
  client.times_ns = calloc((size_t)client.total, sizeof *client.times_ns);
  client.epoll = epoll_create1(EPOLL_CLOEXEC);
  client.clock = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (!client.all || !client.idle || !client.times_ns || client.epoll < 0 || client.clock < 0)
    wire_die("cannot start");
  if (log && !(client.log = fopen(log, "w"))) wire_die(log);
  return client;
}

int main(int argc, char **argv) {
  if (argc < 5 || argc > 6) {
    fputs("usage: bare_rate URL RATE SECONDS CONNECTIONS [LOG]\n", stderr);
    return 2;
  }
  struct client client = set_up(argv, argc > 5 ? argv[5] : NULL);
  wire_many_files();
  open_connections(&client);
  int64_t start_cpu_ns = clock_cpu_ns();
  bool whole = run(&client);
  size_t count = (size_t)client.answered;
  int64_t failed = client.failed;
  if (!whole && !client.log) failed += client.total - client.answered;
  printf("{\"requests\":%zu,\"failed\":%lld,\"p50_s\":%.9f,\"p99_s\":%.9f,\"cpu_s\":%.6f}\n", count,
         (long long)failed, clock_seconds(wire_quantile(client.times_ns, count, 0.5)),
         clock_seconds(wire_quantile(client.times_ns, count, 0.99)),
         clock_seconds(clock_cpu_ns() - start_cpu_ns));
  if (client.log && fclose(client.log)) wire_die("the log");
  free(client.times_ns);
  free(client.idle);
  free(client.all);
  return failed > 0;
}
