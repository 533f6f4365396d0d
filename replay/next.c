// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/next.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"

extern char **environ;

// The child writes into `write_end`. SIGPIPE is ignored here, and the command wants it as it is by default.
static int spawn(const char *command, int write_end, pid_t *child) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  sigset_t defaults;
  char *arguments[] = {"sh", "-c", (char *)command, NULL};
  int code = posix_spawn_file_actions_init(&files);
  if (code) return code;
  code = posix_spawnattr_init(&attributes);
  if (code) {
    posix_spawn_file_actions_destroy(&files);
    return code;
  }
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  code = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (!code) code = posix_spawn_file_actions_adddup2(&files, write_end, STDOUT_FILENO);
  if (!code) code = posix_spawnattr_setsigdefault(&attributes, &defaults);
  if (!code) code = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  if (!code) code = posix_spawn(child, "/bin/sh", &files, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return code;
}

// Reads until the end of the output. STATUS_IO also when the time is up.
static enum status read_output(int fd, struct buf *out) {
  int64_t end_ns = clock_now_ns() + NEXT_COMMAND_NS;
  for (;;) {
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    int64_t left_ms = (end_ns - clock_now_ns()) / CLOCK_NS_PER_MS;
    int count = left_ms > 0 ? poll(&ready, 1, (int)left_ms) : 0;
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return STATUS_IO;
    char piece[4096];
    ssize_t len = read(fd, piece, sizeof piece);
    if (len < 0 && errno == EINTR) continue;
    if (len < 0) return STATUS_IO;
    if (len == 0) return STATUS_OK;
    buf_append(out, piece, (size_t)len);
    if (out->status) return out->status;
  }
}

static enum status judge(int wait_status, struct error *error) {
  if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0) return STATUS_OK;
  if (WIFEXITED(wait_status)) // a shell's 128 + signal is of what it ran
    return status_fail(error, WEXITSTATUS(wait_status) == 130 ? STATUS_CANCELLED : STATUS_IO,
                       "--next: the command ended with exit code %d", WEXITSTATUS(wait_status));
  int number = WTERMSIG(wait_status);
  bool asked = number == SIGINT || number == SIGTERM || number == SIGHUP;
  return status_fail(error, asked ? STATUS_CANCELLED : STATUS_IO, "--next: signal %d ended the command",
                     number);
}

enum status next_run(const char *command, struct buf *out, struct error *error) {
  int ends[2];
  pid_t child;
  if (pipe2(ends, O_CLOEXEC) != 0) return status_fail(error, STATUS_IO, "--next: %s", strerror(errno));
  int code = spawn(command, ends[1], &child);
  close(ends[1]);
  if (code) {
    close(ends[0]);
    return status_fail(error, STATUS_IO, "--next: %s", strerror(code));
  }
  enum status status = read_output(ends[0], out);
  close(ends[0]);
  if (status) kill(child, SIGKILL);
  int wait_status;
  while (waitpid(child, &wait_status, 0) < 0 && errno == EINTR)
    continue;
  if (status == STATUS_LIMIT || status == STATUS_MEMORY)
    return status_fail(error, status, "--next: the command prints more than %zu bytes", NEXT_OUTPUT_MAX);
  if (status)
    return status_fail(error, status, "--next: the command did not end within %lld s",
                       (long long)(NEXT_COMMAND_NS / CLOCK_NS_PER_S));
  return judge(wait_status, error);
}
