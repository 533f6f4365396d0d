// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/base/clock.h"

#include <math.h>
#include <time.h>

static int64_t read_ns(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (int64_t)t.tv_sec * CLOCK_NS_PER_S + t.tv_nsec;
}

int64_t clock_now_ns(void) {
  return read_ns(CLOCK_MONOTONIC);
}

int64_t clock_cpu_ns(void) {
  return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t clock_thread_cpu_ns(void) {
  return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

double clock_wall_s(void) {
  return clock_seconds(read_ns(CLOCK_REALTIME));
}

double clock_seconds(int64_t ns) {
  return (double)ns / 1e9;
}

int64_t clock_from_seconds(double seconds) {
  if (isnan(seconds)) return 0;
  double ns = round(seconds * 1e9);
  if (ns >= 9.2e18) return INT64_MAX;
  if (ns <= -9.2e18) return -INT64_MAX;
  return (int64_t)ns;
}
