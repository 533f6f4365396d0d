// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a command costs, to the microsecond where a shell's `time` stops at the millisecond.
//
//   cost FILE COMMAND [ARGUMENT]...
//
// Runs COMMAND and writes {"wall_s":..,"cpu_s":..,"peak_kib":..} to FILE: wall time, user and system time of
// it and its children, and the largest resident set of one of them. Exits as COMMAND did (128 + signal).
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "tests/bench/wire.h"

static double seconds(struct timeval time) {
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fputs("usage: cost FILE COMMAND [ARGUMENT]...\n", stderr);
    return 2;
  }
  struct rusage usage;
  int status = 0;
  int64_t start_ns = clock_now_ns();
  pid_t child = fork();
  if (child < 0) wire_die("cannot fork");
  if (child == 0) {
    execvp(argv[2], argv + 2);
    wire_die(argv[2]);
  }
  while (wait4(child, &status, 0, &usage) < 0) {
    if (errno != EINTR) wire_die("cannot wait");
  }
  double wall_s = clock_seconds(clock_now_ns() - start_ns);
  FILE *file = fopen(argv[1], "w");
  if (!file) wire_die(argv[1]);
  fprintf(file, "{\"wall_s\":%.6f,\"cpu_s\":%.6f,\"peak_kib\":%ld}\n", wall_s,
          seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss);
  if (fclose(file)) wire_die(argv[1]);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
