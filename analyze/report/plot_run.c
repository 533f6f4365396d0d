// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writes a plot set's files and has gnuplot draw them: one process for all pictures, without a shell, with a
// time limit.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "analyze/report/plot.h"
#include "lib/base/clock.h"

enum { CHILD_NO_PROGRAM = 127, CHILD_NO_FOLDER = 126, WORDS_MAX = 8192 };

struct child {
  pid_t pid;
  int words; // its standard error
};

static enum status write_file(const char *folder, const char *name, const char *suffix,
                              const struct buf *content, struct error *error) {
  struct buf path = {0};
  buf_printf(&path, "%s/%s.%s", folder, name, suffix);
  FILE *file = path.status ? NULL : fopen(buf_text(&path), "wb");
  enum status status = path.status;
  if (!status && !file) status = status_fail(error, STATUS_IO, "%s: %s", buf_text(&path), strerror(errno));
  if (file) {
    bool whole = fwrite(content->data, 1, content->len, file) == content->len || content->len == 0;
    if (fclose(file) != 0 || !whole)
      status = status_fail(error, STATUS_IO, "%s: %s", buf_text(&path), strerror(errno));
  }
  buf_free(&path);
  return status;
}

static enum status write_plot(const struct plot *plot, const char *folder, struct error *error) {
  struct buf content = {0};
  enum status status = plot_script(plot, &content);
  if (!status) status = write_file(folder, plot->name, "gp", &content, error);
  buf_clear(&content);
  if (!status) status = plot_data(plot, &content);
  if (!status) status = write_file(folder, plot->name, "dat", &content, error);
  buf_free(&content);
  return status;
}

// "gnuplot", "-d" (the reader's own start-up file must not change a report), then the scripts.
static char **argument_list(const struct plot_set *set, const char *program) {
  size_t count = 0;
  for (const struct plot *plot = set->first; plot; plot = plot->next)
    count++;
  char **list = calloc(count + 3, sizeof *list);
  if (!list) return NULL;
  bool whole = (list[0] = strdup(program)) && (list[1] = strdup("-d"));
  size_t at = 2;
  for (const struct plot *plot = set->first; plot && whole; plot = plot->next) {
    struct buf name = {0};
    buf_printf(&name, "%s.gp", plot->name);
    whole = (list[at++] = strdup(buf_text(&name))) && !name.status;
    buf_free(&name);
  }
  if (whole) return list;
  for (size_t i = 0; i < count + 3; i++)
    free(list[i]);
  free(list);
  return NULL;
}

static void argument_list_free(char **list) {
  for (size_t i = 0; list && list[i]; i++)
    free(list[i]);
  free(list);
}

// Only calls that are safe between fork and exec.
static _Noreturn void become(const char *folder, char **arguments, int words) {
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
  setpgid(0, 0); // so that stopping it also stops what it started
  if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(nothing, 1) < 0 || dup2(words, 2) < 0 || chdir(folder) != 0)
    _exit(CHILD_NO_FOLDER);
  execvp(arguments[0], arguments);
  _exit(CHILD_NO_PROGRAM);
}

static enum status start(const char *folder, char **arguments, struct child *child, struct error *error) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return status_fail(error, STATUS_IO, "pipe: %s", strerror(errno));
  pid_t pid = fork();
  if (pid == 0) become(folder, arguments, ends[1]);
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    return status_fail(error, STATUS_IO, "fork: %s", strerror(errno));
  }
  *child = (struct child){pid, ends[0]};
  return STATUS_OK;
}

static bool is_readable(int fd) {
  struct pollfd ready = {.fd = fd, .events = POLLIN};
  return fd > 0 && poll(&ready, 1, 0) > 0;
}

// Reads until the other end is closed; false when time is up, or `stop` can be read.
static bool listen_until(int words, int stop, int64_t deadline_ns, struct buf *heard) {
  for (;;) {
    int64_t left_ms = (deadline_ns - clock_now_ns()) / CLOCK_NS_PER_MS;
    if (left_ms <= 0) return false;
    struct pollfd ready[2] = {{.fd = words, .events = POLLIN}, {.fd = stop, .events = POLLIN}};
    int got = poll(ready, stop > 0 ? 2 : 1, left_ms > 1000 ? 1000 : (int)left_ms);
    if (got < 0 && errno != EINTR) return true;
    if (got <= 0) continue;
    if (ready[1].revents) return false;
    char chunk[1024];
    ssize_t len = read(words, chunk, sizeof chunk);
    if (len <= 0) return true;
    if (heard->len < WORDS_MAX) buf_append(heard, chunk, (size_t)len);
  }
}

// Its exit code as waitpid gives it; a process that outlives the deadline is killed, with its group.
static bool reap(const struct child *child, int64_t deadline_ns, bool *stopped, int *code) {
  const struct timespec pause = {0, 5000000};
  for (;;) {
    pid_t got = waitpid(child->pid, code, WNOHANG);
    if (got == child->pid) return true;
    if (got < 0 && errno != EINTR) return false;
    if (clock_now_ns() >= deadline_ns) break;
    nanosleep(&pause, NULL);
  }
  *stopped = true;
  kill(-child->pid, SIGKILL);
  kill(child->pid, SIGKILL);
  pid_t got;
  do {
    got = waitpid(child->pid, code, 0);
  } while (got < 0 && errno == EINTR);
  return got == child->pid;
}

// gnuplot shows the line, a caret below it and then what is wrong; the last line has most.
static const char *last_words(struct buf *heard) {
  char *text = (char *)buf_text(heard);
  for (char *at = text; *at; at++) {
    if ((unsigned char)*at < 0x20 && *at != '\n') *at = ' ';
  }
  size_t len = strlen(text);
  while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
    text[--len] = '\0';
  char *line = strrchr(text, '\n');
  line = line ? line + 1 : text;
  return line + strspn(line, " ");
}

static enum status run(const char *folder, char **arguments, int64_t limit_ns, int stop,
                       struct error *error) {
  struct child child = {-1, -1};
  enum status status = start(folder, arguments, &child, error);
  if (status) return status;
  struct buf heard = {0};
  int64_t deadline_ns = clock_now_ns() + limit_ns;
  bool stopped = false;
  int code = 0;
  listen_until(child.words, stop, deadline_ns, &heard);
  bool cancelled = is_readable(stop);
  if (cancelled) deadline_ns = 0;
  bool known = reap(&child, deadline_ns, &stopped, &code);
  close(child.words);
  if (cancelled) {
    status = status_fail(error, STATUS_CANCELLED, "interrupted");
  } else if (stopped) {
    status = status_fail(error, STATUS_LIMIT, "%s took longer than %.1f s and was stopped", arguments[0],
                         clock_seconds(limit_ns));
  } else if (known && WIFEXITED(code) && WEXITSTATUS(code) == CHILD_NO_PROGRAM) {
    status = status_fail(error, STATUS_NOT_FOUND, "%s is not installed", arguments[0]);
  } else if (known && WIFEXITED(code) && WEXITSTATUS(code) == CHILD_NO_FOLDER) {
    status = status_fail(error, STATUS_IO, "%s: no such folder", folder);
  } else if (!known || !WIFEXITED(code) || WEXITSTATUS(code) != 0) {
    status = status_fail(error, STATUS_FORMAT, "%s failed: %s", arguments[0], last_words(&heard));
  }
  buf_free(&heard);
  return status;
}

enum status plot_set_write(const struct plot_set *set, const char *folder, const struct plot_options *options,
                           struct error *error) {
  if (set->status) return status_fail(error, set->status, "plots: %s", status_name(set->status));
  if (!set->first) return STATUS_OK;
  for (const struct plot *plot = set->first; plot; plot = plot->next) {
    enum status status = write_plot(plot, folder, error);
    if (status) return status;
  }
  const char *program = options && options->gnuplot ? options->gnuplot : "gnuplot";
  int64_t limit_ns = options && options->limit_ns > 0 ? options->limit_ns : 60 * CLOCK_NS_PER_S;
  char **arguments = argument_list(set, program);
  if (!arguments) return status_fail(error, STATUS_MEMORY, "plots: out of memory");
  enum status status = run(folder, arguments, limit_ns, options ? options->stop_fd : 0, error);
  argument_list_free(arguments);
  return status;
}
