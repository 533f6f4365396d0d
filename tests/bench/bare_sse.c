// SPDX-License-Identifier: GPL-3.0-or-later
//
// The least that a client of streams can do: epoll and recv, count the marks, keep the time between them.
// What replay takes more than this is its own.
//
//   bare_sse URL STREAMS EVENTS RATE
//
// Opens STREAMS connections at once, sends one request on each and reads a stream of EVENTS events from it.
// Prints one JSON object: events, wall_s, cpu_s, failed (streams that ended early) and, with a RATE above 0,
// gap_p99_s (99th percentile of a stream's gaps less the period, the median over streams) and gap_error_p99_s
// (of the absolute errors of all gaps).
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "tests/bench/wire.h"

enum { READY = 512, ROOM = 65536, TAIL = 5, PATIENCE_MS = 30000 };

static const char body[] =
    "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"The sea?\"}]}";

struct request_call {
  int fd;
  int64_t events, last_ns;
  char tail[TAIL]; // the last bytes, to know the last chunk by
  int64_t *gaps_ns;
};

struct client {
  struct request_call *streams;
  int count, open, epoll;
  int64_t events, failed;
  bool timed;
};

static void keep_tail(struct request_call *stream, const char *data, size_t len) {
  if (len >= TAIL) {
    memcpy(stream->tail, data + len - TAIL, TAIL);
  } else {
    memmove(stream->tail, stream->tail + len, TAIL - len);
    memcpy(stream->tail + TAIL - len, data, len);
  }
}

static void count_marks(struct client *client, struct request_call *stream, const char *data, size_t len) {
  int64_t now_ns = client->timed ? clock_now_ns() : 0;
  const char *end = data + len;
  for (const char *at = data; (at = memchr(at, WIRE_MARK, (size_t)(end - at))); at++) {
    if (stream->events == client->events) break;
    if (client->timed && stream->events > 0) stream->gaps_ns[stream->events - 1] = now_ns - stream->last_ns;
    stream->last_ns = now_ns;
    stream->events++;
  }
}

static void hang_up(struct client *client, struct request_call *stream, bool good) {
  close(stream->fd);
  client->open--;
  if (!good) client->failed++;
}

static void read_stream(struct client *client, struct request_call *stream) {
  static char data[ROOM];
  ssize_t got = recv(stream->fd, data, sizeof data, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    hang_up(client, stream, false);
    return;
  }
  count_marks(client, stream, data, (size_t)got);
  keep_tail(stream, data, (size_t)got);
  if (stream->events == client->events && memcmp(stream->tail, "0\r\n\r\n", TAIL) == 0)
    hang_up(client, stream, true);
}

static void open_streams(struct client *client, uint16_t port) {
  char request[512];
  int len = snprintf(request, sizeof request,
                     "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nContent-Type: "
                     "application/json\r\nContent-Length: %zu\r\n\r\n%s",
                     port, sizeof body - 1, body);
  for (int i = 0; i < client->count; i++) {
    struct request_call *stream = &client->streams[i];
    stream->fd = wire_connect(port);
    if (stream->fd < 0) wire_die("cannot connect");
    stream->gaps_ns = client->timed ? calloc((size_t)client->events, sizeof *stream->gaps_ns) : NULL;
    if (client->timed && !stream->gaps_ns) wire_die("no memory");
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = stream};
    if (epoll_ctl(client->epoll, EPOLL_CTL_ADD, stream->fd, &wanted)) wire_die("epoll");
    client->open++;
  }
  for (int i = 0; i < client->count; i++) {
    if (send(client->streams[i].fd, request, (size_t)len, MSG_NOSIGNAL) != len) wire_die("cannot send");
  }
}

static void run(struct client *client) {
  while (client->open > 0) {
    struct epoll_event ready[READY];
    int count = epoll_wait(client->epoll, ready, READY, PATIENCE_MS);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      errno = ETIMEDOUT;
      wire_die("no stream goes on");
    }
    for (int i = 0; i < count; i++)
      read_stream(client, ready[i].data.ptr);
  }
}

static void print_gaps(const struct client *client, int64_t period_ns) {
  size_t count = 0;
  int64_t *errors_ns = calloc((size_t)client->count * (size_t)client->events, sizeof *errors_ns);
  int64_t *p99s_ns = calloc((size_t)client->count, sizeof *p99s_ns);
  if (!errors_ns || !p99s_ns) wire_die("no memory");
  for (int i = 0; i < client->count; i++) {
    const struct request_call *stream = &client->streams[i];
    size_t gaps = stream->events > 1 ? (size_t)(stream->events - 1) : 0;
    for (size_t k = 0; k < gaps; k++)
      errors_ns[count++] = llabs(stream->gaps_ns[k] - period_ns);
    p99s_ns[i] = wire_quantile(stream->gaps_ns, gaps, 0.99) - period_ns;
  }
  printf(",\"gap_p99_s\":%.9f", clock_seconds(wire_quantile(p99s_ns, (size_t)client->count, 0.5)));
  printf(",\"gap_error_p99_s\":%.9f", clock_seconds(wire_quantile(errors_ns, count, 0.99)));
  free(errors_ns);
  free(p99s_ns);
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fputs("usage: bare_sse URL STREAMS EVENTS RATE\n", stderr);
    return 2;
  }
  double rate = wire_number(argv[4], 0, 1e6);
  struct client client = {.count = (int)wire_number(argv[2], 1, 20000),
                          .events = (int64_t)wire_number(argv[3], 1, 1e6),
                          .timed = rate > 0};
  wire_many_files();
  client.epoll = epoll_create1(EPOLL_CLOEXEC);
  client.streams = calloc((size_t)client.count, sizeof *client.streams);
  if (client.epoll < 0 || !client.streams) wire_die("cannot start");
  open_streams(&client, wire_port(argv[1]));
  int64_t start_ns = clock_now_ns(), start_cpu_ns = clock_cpu_ns(), events = 0;
  run(&client);
  int64_t wall_ns = clock_now_ns() - start_ns, cpu_ns = clock_cpu_ns() - start_cpu_ns;
  for (int i = 0; i < client.count; i++)
    events += client.streams[i].events;
  printf("{\"events\":%lld,\"failed\":%lld,\"wall_s\":%.6f,\"cpu_s\":%.6f", (long long)events,
         (long long)client.failed, clock_seconds(wall_ns), clock_seconds(cpu_ns));
  if (client.timed) print_gaps(&client, clock_from_seconds(1 / rate));
  puts("}");
  for (int i = 0; i < client.count; i++)
    free(client.streams[i].gaps_ns);
  free(client.streams);
  return client.failed > 0;
}
