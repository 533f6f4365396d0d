// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void status_write(struct error *error, const char *format, ...) {
  if (!error) return;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
}

void status_write_prefix(struct error *error, const char *format, ...) {
  if (!error) return;
  struct error old = *error;
  va_list arguments;
  va_start(arguments, format);
  int used = vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  if (used < 0 || (size_t)used >= sizeof error->text) return;
  snprintf(error->text + used, sizeof error->text - (size_t)used, ": %s", old.text);
}

const char *status_name(enum status status) {
  switch (status) {
  case STATUS_OK: return "ok";
  case STATUS_END: return "end of input";
  case STATUS_USAGE: return "not allowed";
  case STATUS_NOT_FOUND: return "not found";
  case STATUS_EXISTS: return "exists already";
  case STATUS_FORMAT: return "malformed";
  case STATUS_LIMIT: return "over a limit";
  case STATUS_IO: return "input/output error";
  case STATUS_NETWORK: return "network error";
  case STATUS_NUMERIC: return "not computable";
  case STATUS_CANCELLED: return "cancelled";
  case STATUS_MEMORY: return "out of memory";
  }
  return "unknown status";
}
