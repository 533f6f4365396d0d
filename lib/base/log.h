// SPDX-License-Identifier: GPL-3.0-or-later
//
// Messages for the person at the terminal: one line each, "TOOL: text", to the stream that main chose.
#ifndef LIB_BASE_LOG_H
#define LIB_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/status.h"

enum log_level { LOG_QUIET, LOG_NORMAL, LOG_VERBOSE };

struct log {
  FILE *stream; // NULL: no output
  const char *tool;
  enum log_level level;
  // Set while a progress line is on the terminal: called with `line_context` to wipe it before a line is
  // written.
  void (*wipe_line)(void *line_context);
  void *line_context;
};

// An error (also with -q), a notice, a detail (only with -v). Control characters in the text are shown as
// '?', so that a peer's text cannot drive the terminal.
void log_error(struct log *log, const char *format, ...) PRINTF_LIKE(2, 3);
void log_notice(struct log *log, const char *format, ...) PRINTF_LIKE(2, 3);
void log_detail(struct log *log, const char *format, ...) PRINTF_LIKE(2, 3);

// True at most once per `every_ns` for one kind of line; `last_ns` is the caller's, 0 at first.
bool log_due(int64_t *last_ns, int64_t now_ns, int64_t every_ns);

#endif
