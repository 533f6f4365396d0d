// SPDX-License-Identifier: GPL-3.0-or-later
#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
// cmocka wants these first.
#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_WORDS 24

// Reads what capture says until it says where it listens; 0: it ended without.
static int read_port(int words) {
  static const char sign[] = "listening on http://127.0.0.1:";
  char said[4096] = "";
  for (size_t len = 0; len < sizeof said - 1;) {
    struct pollfd ready = {.fd = words, .events = POLLIN};
    ssize_t got = poll(&ready, 1, HARNESS_WAIT_MS) == 1 ? read(words, said + len, sizeof said - 1 - len) : -1;
    if (got <= 0) break;
    len += (size_t)got;
    said[len] = '\0';
    const char *at = strstr(said, sign);
    if (at && strchr(at, '\n')) return (int)strtol(at + sizeof sign - 1, NULL, 10);
  }
  print_error("%s", said);
  return 0;
}

static void name_program(char *program, size_t room) {
  const char *build = getenv("BUILD");
  snprintf(program, room, "%s/bin/capture", build ? build : "build");
}

void harness_repeat(struct buf *out, const char *part, size_t times) {
  while (times-- > 0)
    buf_append_text(out, part);
  assert_int_equal(out->status, STATUS_OK);
}

void harness_take_output(const char *command, struct buf *out) {
  char some[65536];
  size_t len;
  FILE *pipe = popen(command, "r");
  assert_non_null(pipe);
  while ((len = fread(some, 1, sizeof some, pipe)) > 0)
    buf_append(out, some, len);
  assert_int_equal(pclose(pipe), 0);
}

bool harness_has_strict_library(void) {
  char program[256], command[300];
  struct buf said = {0};
  int major = -1;
  name_program(program, sizeof program);
  snprintf(command, sizeof command, "%s --version", program);
  harness_take_output(command, &said);
  const char *library = strstr(buf_text(&said), "\nlibmicrohttpd ");
  assert_non_null(library);
  assert_int_equal(sscanf(library, "\nlibmicrohttpd %d.", &major), 1);
  buf_free(&said);
  return major >= 1;
}

// Starts the program; its standard error is harness->words.
static void start_program(struct harness *harness, char **argv) {
  char program[256];
  int words[2];
  name_program(program, sizeof program);
  assert_int_equal(pipe2(words, O_CLOEXEC), 0);
  fflush(NULL);
  harness->proxy = fork();
  assert_true(harness->proxy >= 0);
  if (harness->proxy == 0) {
    dup2(words[1], STDERR_FILENO);
    execv(program, argv);
    dprintf(STDERR_FILENO, "%s: %s\n", program, strerror(errno));
    _exit(127);
  }
  close(words[1]);
  harness->words = words[0];
}

static int listen_somewhere(int *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 && listen(fd, 64) == 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
  *port = ntohs(address.sin_port);
  return fd;
}

int harness_start_with(void **state, const char *const *options) {
  struct harness *harness = calloc(1, sizeof *harness);
  assert_non_null(harness);
  harness->upstream = listen_somewhere(&harness->upstream_port);
  strcpy(harness->trace, "/tmp/test-proxy-XXXXXX");
  int file = mkstemp(harness->trace);
  assert_true(file >= 0);
  close(file);
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%d", harness->upstream_port);
  char *argv[MOST_WORDS + 1] = {"capture", "-u", url, "-q", "-l", ":0", "-o", harness->trace};
  int argc = 8;
  for (; options && *options; options++)
    argv[argc++] = (char *)(intptr_t)*options;
  start_program(harness, argv);
  harness->port = read_port(harness->words);
  assert_int_not_equal(harness->port, 0);
  *state = harness;
  return 0;
}

int harness_start(void **state) {
  return harness_start_with(state, NULL);
}

int harness_end_proxy(struct harness *harness) {
  int how = 0;
  kill(harness->proxy, SIGTERM);
  for (int tries = 0; tries < HARNESS_WAIT_MS / 10; tries++) {
    if (waitpid(harness->proxy, &how, WNOHANG) == harness->proxy) {
      harness->proxy = 0;
      return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
    }
    usleep(10000);
  }
  fail_msg("the proxy does not stop");
  return -1;
}

int harness_stop(void **state) {
  struct harness *harness = *state;
  if (harness->proxy) {
    kill(harness->proxy, SIGKILL);
    waitpid(harness->proxy, NULL, 0);
  }
  close(harness->upstream);
  close(harness->words);
  unlink(harness->trace);
  buf_free(&harness->seen);
  free(harness);
  return 0;
}

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) ||     \
    __has_feature(thread_sanitizer)
const bool harness_is_sanitized = true;
#else
const bool harness_is_sanitized = false;
#endif

long harness_peak_kib(const struct harness *harness) {
  char path[64], line[256];
  long peak_kib = 0;
  snprintf(path, sizeof path, "/proc/%d/status", (int)harness->proxy);
  FILE *status = fopen(path, "r");
  assert_non_null(status);
  while (fgets(line, sizeof line, status) && sscanf(line, "VmHWM: %ld kB", &peak_kib) != 1)
    continue;
  fclose(status);
  assert_int_not_equal(peak_kib, 0);
  return harness_is_sanitized ? 0 : peak_kib;
}

static bool is_ready(int fd, int wait_ms) {
  struct pollfd ready = {.fd = fd, .events = POLLIN};
  return poll(&ready, 1, wait_ms) == 1;
}

double harness_cpu_s(const struct harness *harness) {
  char path[64];
  unsigned long user = 0, kernel = 0;
  snprintf(path, sizeof path, "/proc/%d/stat", (int)harness->proxy);
  FILE *stat = fopen(path, "r");
  assert_non_null(stat);
  assert_int_equal(
      fscanf(stat, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel), 2);
  fclose(stat);
  return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

long harness_page_faults(const struct harness *harness) {
  char path[64];
  long faults = 0;
  snprintf(path, sizeof path, "/proc/%d/stat", (int)harness->proxy);
  FILE *stat = fopen(path, "r");
  assert_non_null(stat);
  assert_int_equal(fscanf(stat, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %ld", &faults), 1);
  fclose(stat);
  return faults;
}

int harness_connect(const struct harness *harness) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                .sin_port = htons((uint16_t)harness->port)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

int harness_accept(const struct harness *harness) {
  assert_true(is_ready(harness->upstream, HARNESS_WAIT_MS));
  int fd = accept(harness->upstream, NULL, NULL);
  assert_true(fd >= 0);
  return fd;
}

bool harness_accepts_nothing(const struct harness *harness, int wait_ms) {
  return !is_ready(harness->upstream, wait_ms);
}

void harness_send(int fd, const char *text) {
  size_t len = strlen(text);
  assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
}

// Appends what is there; false at the end of the connection.
static bool read_some(struct harness *harness, int fd, bool *was_reset) {
  char some[65536];
  if (!is_ready(fd, HARNESS_WAIT_MS)) fail_msg("nothing comes after: %s", buf_text(&harness->seen));
  ssize_t len = recv(fd, some, sizeof some, 0);
  *was_reset = len < 0 && errno == ECONNRESET;
  if (len <= 0) return false;
  assert_int_equal(buf_append(&harness->seen, some, (size_t)len), STATUS_OK);
  return true;
}

const char *harness_read_on_until(struct harness *harness, int fd, const char *needle) {
  bool was_reset;
  while (!memmem(buf_text(&harness->seen), harness->seen.len, needle, strlen(needle))) {
    if (!read_some(harness, fd, &was_reset))
      fail_msg("the connection ended after: %s", buf_text(&harness->seen));
  }
  return buf_text(&harness->seen);
}

const char *harness_read_until(struct harness *harness, int fd, const char *needle) {
  buf_clear(&harness->seen);
  return harness_read_on_until(harness, fd, needle);
}

const char *harness_read_on_to_end(struct harness *harness, int fd, bool *was_reset) {
  while (read_some(harness, fd, was_reset))
    continue;
  return buf_text(&harness->seen);
}

const char *harness_read_to_end(struct harness *harness, int fd, bool *was_reset) {
  buf_clear(&harness->seen);
  return harness_read_on_to_end(harness, fd, was_reset);
}

bool harness_is_forwarded(const struct harness *harness, int client) {
  struct pollfd ready[] = {{.fd = harness->upstream, .events = POLLIN}, {.fd = client, .events = POLLIN}};
  assert_true(poll(ready, 2, HARNESS_WAIT_MS) > 0);
  return ready[0].revents != 0;
}

bool harness_is_silent(int fd, int wait_ms) {
  return !is_ready(fd, wait_ms);
}

const char *harness_trace(struct harness *harness) {
  struct error error = {""};
  buf_clear(&harness->seen);
  if (buf_read_file(&harness->seen, harness->trace, &error)) fail_msg("%s", error.text);
  return buf_text(&harness->seen);
}
