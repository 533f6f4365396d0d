// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/base/log.h"

#include <stdarg.h>

#include "lib/base/buf.h"

static void write_line(struct log *log, enum log_level least, const char *format, va_list arguments) {
  if (!log || !log->stream || log->level < least) return;
  char text[2048];
  int len = vsnprintf(text, sizeof text, format, arguments);
  if (len < 0) return;
  for (unsigned char *c = (unsigned char *)text; *c; c++) {
    if (*c < 0x20 || *c == 0x7F) *c = '?';
    if (c[0] == 0xC2 && c[1] >= 0x80 && c[1] <= 0x9F)
      c[0] = c[1] = '?'; // the upper control characters in UTF-8
  }
  if (log->wipe_line) log->wipe_line(log->line_context);
  fprintf(log->stream, "%s: %s\n", log->tool, text);
  fflush(log->stream);
}

void log_error(struct log *log, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  write_line(log, LOG_QUIET, format, arguments);
  va_end(arguments);
}

void log_notice(struct log *log, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  write_line(log, LOG_NORMAL, format, arguments);
  va_end(arguments);
}

void log_detail(struct log *log, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  write_line(log, LOG_VERBOSE, format, arguments);
  va_end(arguments);
}

bool log_due(int64_t *last_ns, int64_t now_ns, int64_t every_ns) {
  if (*last_ns != 0 && now_ns - *last_ns < every_ns) return false;
  *last_ns = now_ns;
  return true;
}
