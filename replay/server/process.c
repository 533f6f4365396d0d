// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/server/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void process_print_command(const char *command, const struct process_word *words, size_t count,
                           struct buf *out) {
  for (const char *at = command; *at;) {
    size_t i = 0, len = 0;
    for (; i < count; i++) {
      len = strlen(words[i].name);
      if (words[i].value >= 0 && strncmp(at, words[i].name, len) == 0) break;
    }
    if (i < count) {
      buf_printf(out, "%lld", (long long)words[i].value);
      at += len;
    } else {
      buf_append_char(out, *at++);
    }
  }
}

enum status process_adopt_orphans(struct error *error) {
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) == 0) return STATUS_OK;
  return status_fail(error, STATUS_IO, "cannot adopt orphans: %s", strerror(errno));
}

// In the child, as is all that it calls: only async-signal-safe calls.
static void forget_signals(void) {
  struct sigaction standard = {.sa_handler = SIG_DFL};
  sigset_t none;
  for (int number = 1; number < NSIG; number++)
    sigaction(number, &standard, NULL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static void become(const char *command, int output, int input, pid_t parent) {
  char *const arguments[] = {"sh", "-c", (char *)(uintptr_t)command, NULL};
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127); // it died before the line above
  forget_signals();
  if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) _exit(127);
  close_range(3, ~0U, 0);
  execv("/bin/sh", arguments);
  _exit(127);
}

// Waits for the end of its standard input, then ends the group. A shell, since a fork that stays a copy of us
// would make every page that we write be copied.
static void become_guard(char *group, int leash) {
  char *const arguments[] = {"sh", "-c", "read -r line; kill -s KILL -- -$0", group, NULL};
  setsid(); // Ctrl-C on the terminal is not for it
  forget_signals();
  int nowhere = open("/dev/null", O_WRONLY);
  if (dup2(leash, 0) < 0 || dup2(nowhere, 1) < 0 || dup2(nowhere, 2) < 0) _exit(127);
  close_range(3, ~0U, 0);
  execv("/bin/sh", arguments);
  _exit(127);
}

static enum status start_guard(struct process *process, struct error *error) {
  int ends[2];
  char group[16];
  pid_t guard = -1;
  snprintf(group, sizeof group, "%d", (int)process->group);
  if (pipe2(ends, O_CLOEXEC) == 0) {
    guard = fork();
    if (guard == 0) become_guard(group, ends[0]);
    close(ends[0]);
    if (guard < 0) close(ends[1]);
  }
  if (guard < 0) return status_fail(error, STATUS_IO, "the command cannot be guarded: %s", strerror(errno));
  process->guard = guard;
  process->leash = ends[1];
  return STATUS_OK;
}

// The guard first: it must not find another's group under the number.
void process_forget(struct process *process) {
  if (process->guard > 0) {
    kill(process->guard, SIGKILL);
    waitpid(process->guard, NULL, 0);
    close(process->leash);
  }
  *process = (struct process){0};
}

enum status process_start(const char *command, const char *output_path, struct process *out,
                          struct error *error) {
  pid_t parent = getpid(), pid = -1;
  int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  int output = open(output_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  enum status status = STATUS_OK;
  if (output < 0) status = status_fail(error, STATUS_IO, "%s: %s", output_path, strerror(errno));
  if (output >= 0 && input >= 0) pid = fork();
  if (pid == 0) become(command, output, input, parent);
  if (pid > 0) {
    setpgid(pid, pid); // here as well: whichever of the two comes first
    struct process process = {.group = pid, .shell_runs = true};
    status = start_guard(&process, error);
    if (status) {
      process_end(&process);
    } else {
      *out = process;
    }
  } else if (status == STATUS_OK) {
    status = status_fail(error, STATUS_IO, "the command does not start: %s", strerror(errno));
  }
  if (input >= 0) close(input);
  if (output >= 0) close(output);
  return status;
}

void process_signal(const struct process *process, int number) {
  if (process->group > 0) kill(-process->group, number);
}

bool process_reap(struct process *process, int *wait_status) {
  bool shell_ended = false;
  int ended_how;
  pid_t pid;
  while (process->group > 0 && (pid = waitpid(-process->group, &ended_how, WNOHANG)) > 0) {
    if (pid != process->group) continue;
    process->shell_runs = false;
    *wait_status = ended_how;
    shell_ended = true;
  }
  if (!process->shell_runs && process_gone(process))
    process_forget(process); // the number may be another's soon
  return shell_ended;
}

bool process_gone(const struct process *process) {
  return process->group <= 0 || (kill(-process->group, 0) != 0 && errno == ESRCH);
}

void process_end(struct process *process) {
  process_signal(process, SIGKILL);
  if (process->shell_runs) waitpid(process->group, NULL, 0);
  process_forget(process);
}

int process_end_strays(void) {
  char path[64];
  int pid, left = 0;
  snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  while (fscanf(file, "%d", &pid) == 1) {
    kill(pid, SIGKILL);
    left += waitpid(pid, NULL, WNOHANG) != pid;
  }
  fclose(file);
  return left;
}
