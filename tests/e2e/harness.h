// SPDX-License-Identifier: GPL-3.0-or-later
//
// capture between two raw sockets: the test itself is the client on one side and the upstream server on the
// other, byte by byte. Every wait is bounded; what does not come fails the test.
#ifndef TESTS_E2E_HARNESS_H
#define TESTS_E2E_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/base/buf.h"

#define HARNESS_WAIT_MS 20000 // for what has to come: a busy machine may take seconds

struct harness {
  int upstream; // listens
  int upstream_port;
  int port;        // where the proxy listens
  pid_t proxy;     // $BUILD/bin/capture
  int words;       // what it says on standard error
  char trace[64];  // its trace, plain
  struct buf seen; // what harness_read_until read last
};

// Built with a sanitizer: several times slower, so that no figure of time or memory is held against anything.
extern const bool harness_is_sanitized;

// cmocka fixtures; *state is the harness. `options` of the second are more words of the command line.
int harness_start(void **state);
int harness_start_with(void **state, const char *const *options);
int harness_stop(void **state);

// Appends `part` so many times.
void harness_repeat(struct buf *out, const char *part, size_t times);

// Appends what the shell's `command` prints; it has to succeed.
void harness_take_output(const char *command, struct buf *out);

// The libmicrohttpd that capture is linked with is 1.0 or newer: it rejects more by itself.
bool harness_has_strict_library(void);

// Tells the proxy to stop and waits for it: its exit code.
int harness_end_proxy(struct harness *harness);

// The most memory that it has had, in KiB (VmHWM); 0 under a sanitizer, which keeps much of its own.
long harness_peak_kib(const struct harness *harness);

// CPU time that it has used, in s, all threads.
double harness_cpu_s(const struct harness *harness);

// Pages that it has touched for the first time (minor faults).
long harness_page_faults(const struct harness *harness);

int harness_connect(const struct harness *harness); // a client's connection
int harness_accept(const struct harness *harness);  // the proxy's connection to the upstream
bool harness_accepts_nothing(const struct harness *harness, int wait_ms);

void harness_send(int fd, const char *text);
// Reads until `needle` has come; the whole text that was read (which may go on after the needle) lives until
// the next call.
const char *harness_read_until(struct harness *harness, int fd, const char *needle);
// Reads to the end of the connection; *was_reset tells how it ended.
const char *harness_read_to_end(struct harness *harness, int fd, bool *was_reset);
// The same, but what was read last stands before it.
const char *harness_read_on_until(struct harness *harness, int fd, const char *needle);
const char *harness_read_on_to_end(struct harness *harness, int fd, bool *was_reset);
// Waits until the proxy connects to the upstream or the client gets something: true when it is the former.
bool harness_is_forwarded(const struct harness *harness, int client);
// True when nothing comes for so long and the connection stays open.
bool harness_is_silent(int fd, int wait_ms);

// The trace as text (call after harness_end_proxy); it lives until the next call of this or a read.
const char *harness_trace(struct harness *harness);

#endif
