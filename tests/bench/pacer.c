// SPDX-License-Identifier: GPL-3.0-or-later
//
// A server that streams the way continuous batching does: at every step each stream gets one event.
//
//   pacer RATE EVENTS [event]
//
// Answers every request on 127.0.0.1 with a chat completion stream of EVENTS events, RATE of them a second; a
// stream joins at the next step. RATE 0 sends them as fast as the client takes them, 64 KiB a send or, with
// `event`, one. Each event is a chunk of its own. Connections are kept alive.
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

enum { HEAD_ROOM = 16384, CONNECTIONS = 20000, READY = 512, SENDS_IN_A_ROW = 16 };

static const char header[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
static const char event[] =
    "data: "
    "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1795364429,\"model\":\"m\","
    "\"choices\":[{\"index\":0,\"delta\":{\"content\":\" tide|\"},\"finish_reason\":null}]}\n\n";
static const char finish[] =
    "data: "
    "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1795364429,\"model\":\"m\","
    "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":8,"
    "\"completion_tokens\":%lld}}\n\ndata: [DONE]\n\n";

// The whole response, the same for every stream, so that a place in it is all that a stream has to know.
struct script {
  char *text;
  size_t len, header_len, event_len;
  int64_t events;
};

struct connection {
  int fd;
  char head[HEAD_ROOM];
  size_t head_len, body_left;
  bool streaming, waits;
  size_t sent, due;
  int64_t events_due;
};

struct pacer {
  struct script script;
  struct connection *connections[CONNECTIONS];
  int count, epoll;
  size_t piece;
  int64_t period_ns; // 0: as fast as it goes
};

static size_t append_chunk(char *at, const char *text) {
  return (size_t)sprintf(at, "%zx\r\n%s\r\n", strlen(text), text);
}

static struct script write_script(int64_t events) {
  char last[sizeof finish + 32];
  struct script script = {.events = events, .header_len = sizeof header - 1};
  script.text = malloc(sizeof header + (size_t)events * (sizeof event + 16) + sizeof last + 32);
  if (!script.text) wire_die("no memory");
  char *at = stpcpy(script.text, header);
  for (int64_t i = 0; i < events; i++)
    at += script.event_len = append_chunk(at, event);
  snprintf(last, sizeof last, finish, (long long)events);
  at += append_chunk(at, last);
  at = stpcpy(at, "0\r\n\r\n");
  script.len = (size_t)(at - script.text);
  return script;
}

static void watch(struct pacer *pacer, struct connection *connection, int operation, uint32_t events) {
  struct epoll_event wanted = {.events = events, .data.ptr = connection};
  if (epoll_ctl(pacer->epoll, operation, connection->fd, &wanted)) wire_die("epoll");
}

static void leave(struct pacer *pacer, struct connection *connection) {
  for (int i = 0; i < pacer->count; i++) {
    if (pacer->connections[i] == connection) pacer->connections[i] = pacer->connections[--pacer->count];
  }
  close(connection->fd);
  free(connection);
}

static void wait_for_room(struct pacer *pacer, struct connection *connection, bool waits) {
  if (connection->waits == waits) return;
  connection->waits = waits;
  watch(pacer, connection, EPOLL_CTL_MOD, waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

// Sends what is due; false when the client is gone.
static bool push(struct pacer *pacer, struct connection *connection) {
  for (int i = 0; i < SENDS_IN_A_ROW && connection->sent < connection->due; i++) {
    size_t len = connection->due - connection->sent;
    size_t most = connection->sent < pacer->script.header_len ? pacer->script.header_len : pacer->piece;
    ssize_t done =
        send(connection->fd, pacer->script.text + connection->sent, len < most ? len : most, MSG_NOSIGNAL);
    if (done < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (done < 0) break;
    connection->sent += (size_t)done;
  }
  wait_for_room(pacer, connection, connection->sent < connection->due);
  if (connection->sent == pacer->script.len) connection->streaming = false;
  return true;
}

static void step(struct pacer *pacer, int64_t steps) {
  for (int i = pacer->count - 1; i >= 0; i--) {
    struct connection *connection = pacer->connections[i];
    const struct script *script = &pacer->script;
    if (!connection->streaming || connection->events_due == script->events) continue;
    connection->events_due += steps;
    if (connection->events_due > script->events) connection->events_due = script->events;
    connection->due = script->header_len + (size_t)connection->events_due * script->event_len;
    if (connection->events_due == script->events) connection->due = script->len;
    if (!push(pacer, connection)) leave(pacer, connection);
  }
}

static bool start_stream(struct pacer *pacer, struct connection *connection) {
  connection->streaming = true;
  connection->sent = 0;
  connection->events_due = pacer->period_ns ? 0 : pacer->script.events;
  connection->due = pacer->period_ns ? pacer->script.header_len : pacer->script.len;
  return push(pacer, connection);
}

// Takes what came of a request; false when the client is gone. One request at a time: no pipelining.
static bool take(struct pacer *pacer, struct connection *connection) {
  ssize_t got =
      recv(connection->fd, connection->head + connection->head_len, HEAD_ROOM - 1 - connection->head_len, 0);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  size_t len = connection->head_len + (size_t)got, after = len;
  connection->head[len] = '\0';
  if (connection->body_left == 0) {
    char *end = strstr(connection->head, "\r\n\r\n");
    connection->head_len = len;
    if (!end) return len + 1 < HEAD_ROOM;
    after = len - (size_t)(end + 4 - connection->head);
    const char *length = strcasestr(connection->head, "\r\ncontent-length:");
    connection->body_left = length ? (size_t)strtoul(length + 17, NULL, 10) : 0;
  }
  connection->head_len = 0;
  if (after > connection->body_left) return false;
  connection->body_left -= after;
  return connection->body_left > 0 || start_stream(pacer, connection);
}

static void welcome(struct pacer *pacer, int listener) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
    struct connection *connection = pacer->count < CONNECTIONS ? calloc(1, sizeof *connection) : NULL;
    if (!connection) wire_die("too many connections");
    wire_set_up(fd);
    connection->fd = fd;
    pacer->connections[pacer->count++] = connection;
    watch(pacer, connection, EPOLL_CTL_ADD, EPOLLIN);
  }
}

static int start_clock(const struct pacer *pacer) {
  int clock = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  struct timespec period = {.tv_sec = pacer->period_ns / CLOCK_NS_PER_S,
                            .tv_nsec = pacer->period_ns % CLOCK_NS_PER_S};
  struct itimerspec times = {.it_interval = period, .it_value = period};
  if (clock < 0 || (pacer->period_ns && timerfd_settime(clock, 0, &times, NULL))) wire_die("no clock");
  return clock;
}

static void serve(struct pacer *pacer, int listener, int clock) {
  static struct connection listening, ticking;
  listening.fd = listener;
  ticking.fd = clock;
  watch(pacer, &listening, EPOLL_CTL_ADD, EPOLLIN);
  watch(pacer, &ticking, EPOLL_CTL_ADD, EPOLLIN);
  for (;;) {
    struct epoll_event ready[READY];
    uint64_t steps = 0;
    int count = epoll_wait(pacer->epoll, ready, READY, -1);
    if (count < 0 && errno != EINTR) wire_die("epoll_wait");
    for (int i = 0; i < count; i++) {
      struct connection *connection = ready[i].data.ptr;
      bool stays = true;
      if (connection == &listening) {
        welcome(pacer, listener);
      } else if (connection == &ticking) {
        if (read(clock, &steps, sizeof steps) != (ssize_t)sizeof steps) steps = 0;
      } else {
        if (ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) stays = take(pacer, connection);
        if (stays && (ready[i].events & EPOLLOUT)) stays = push(pacer, connection);
        if (!stays) leave(pacer, connection);
      }
    }
    if (steps > 0) step(pacer, (int64_t)steps); // after the others: it may end connections
  }
}

int main(int argc, char **argv) {
  static struct pacer pacer;
  if (argc < 3 || argc > 4) {
    fputs("usage: pacer RATE EVENTS [event]\n", stderr);
    return 2;
  }
  double rate = wire_number(argv[1], 0, 1e6);
  pacer.period_ns = rate > 0 ? clock_from_seconds(1 / rate) : 0;
  pacer.script = write_script((int64_t)wire_number(argv[2], 1, 1e6));
  pacer.piece = argc > 3 && strcmp(argv[3], "event") == 0 ? pacer.script.event_len : 65536;
  wire_many_files();
  pacer.epoll = epoll_create1(EPOLL_CLOEXEC);
  int clock = start_clock(&pacer), listener = wire_listen();
  wire_set_up(listener);
  serve(&pacer, listener, clock);
  return 0;
}
