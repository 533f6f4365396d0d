// SPDX-License-Identifier: GPL-3.0-or-later
//
// A server that says how well its clients keep a schedule: it answers small requests and notes when each
// came.
//
//   arrivals RATE [LAST SECONDS]
//
// The rate is RATE, or rises from 0 to LAST within SECONDS (RATE is then 0). On SIGTERM prints one JSON
// object: requests; error_p99_s, the 99th percentile of the absolute difference between arrival i and the
// instant at which i requests are due, less its median (the start of the schedule is not known here); and
// drift_s, by how much the median difference of the last tenth is later than that of the first.
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "tests/bench/wire.h"

enum { MOST = 4000000, READY = 256, ROOM = 8192 };

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n";

struct arrivals {
  int64_t *at_ns;
  size_t count;
  int epoll, listener, signals;
};

static void watch(const struct arrivals *arrivals, int fd) {
  struct epoll_event wanted = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(arrivals->epoll, EPOLL_CTL_ADD, fd, &wanted)) wire_die("epoll");
}

// One read is one request: they are small, and a client sends the next only after the answer.
static void take(struct arrivals *arrivals, int fd, int64_t now_ns) {
  char text[ROOM];
  ssize_t got = recv(fd, text, sizeof text, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0 || send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0) {
    close(fd);
    return;
  }
  if (arrivals->count < MOST) arrivals->at_ns[arrivals->count++] = now_ns;
}

static void serve(struct arrivals *arrivals) {
  for (bool open = true; open;) {
    struct epoll_event ready[READY];
    int count = epoll_wait(arrivals->epoll, ready, READY, -1);
    int64_t now_ns = clock_now_ns();
    for (int i = 0; i < count; i++) {
      int fd = ready[i].data.fd;
      if (fd == arrivals->signals) {
        open = false;
      } else if (fd == arrivals->listener) {
        while ((fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
          wire_set_up(fd);
          watch(arrivals, fd);
          fd = arrivals->listener;
        }
      } else {
        take(arrivals, fd, now_ns);
      }
    }
  }
}

// `slope`: requests/s more each second; 0: the rate stays.
static void report(struct arrivals *arrivals, double rate, double slope) {
  size_t count = arrivals->count, tenth = count / 10;
  int64_t *off_ns = calloc(count + 1, sizeof *off_ns);
  if (!off_ns) wire_die("no memory");
  for (size_t i = 0; i < count; i++) {
    double due_s = slope > 0 ? sqrt(2 * (double)i / slope) : (double)i / rate;
    off_ns[i] = arrivals->at_ns[i] - arrivals->at_ns[0] - clock_from_seconds(due_s);
  }
  int64_t first_ns = wire_quantile(off_ns, tenth, 0.5);
  int64_t last_ns = wire_quantile(off_ns + count - tenth, tenth, 0.5);
  int64_t median_ns = wire_quantile(off_ns, count, 0.5);
  for (size_t i = 0; i < count; i++)
    off_ns[i] = llabs(off_ns[i] - median_ns);
  printf("{\"requests\":%zu,\"error_p99_s\":%.9f,\"drift_s\":%.9f}\n", count,
         clock_seconds(wire_quantile(off_ns, count, 0.99)), clock_seconds(last_ns - first_ns));
  free(off_ns);
}

int main(int argc, char **argv) {
  if (argc != 2 && argc != 4) {
    fputs("usage: arrivals RATE [LAST SECONDS]\n", stderr);
    return 2;
  }
  double rate = wire_number(argv[1], argc == 2, 1e6);
  double slope = argc == 2 ? 0 : wire_number(argv[2], 1, 1e6) / wire_number(argv[3], 1, 1e6);
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigprocmask(SIG_BLOCK, &ends, NULL);
  wire_many_files();
  struct arrivals arrivals = {.at_ns = calloc(MOST, sizeof *arrivals.at_ns),
                              .epoll = epoll_create1(EPOLL_CLOEXEC),
                              .signals = signalfd(-1, &ends, SFD_CLOEXEC)};
  if (!arrivals.at_ns || arrivals.epoll < 0 || arrivals.signals < 0) wire_die("cannot start");
  arrivals.listener = wire_listen();
  wire_set_up(arrivals.listener);
  watch(&arrivals, arrivals.listener);
  watch(&arrivals, arrivals.signals);
  serve(&arrivals);
  report(&arrivals, rate, slope);
  free(arrivals.at_ns);
  return 0;
}
