// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/record/failure.h"

static const char *const names[FAILURE_COUNT] = {
    [FAILURE_CONNECT] = "connect",     [FAILURE_TLS] = "tls",
    [FAILURE_TIMEOUT] = "timeout",     [FAILURE_RESET] = "reset",
    [FAILURE_TRUNCATED] = "truncated", [FAILURE_HTTP_429] = "http_429",
    [FAILURE_HTTP_4XX] = "http_4xx",   [FAILURE_HTTP_5XX] = "http_5xx",
    [FAILURE_PROTOCOL] = "protocol",   [FAILURE_SERVER_ERROR] = "server_error",
    [FAILURE_EMPTY] = "empty",         [FAILURE_CANCELLED] = "cancelled",
};

const char *failure_name(enum failure failure) {
  return (unsigned)failure < FAILURE_COUNT ? names[failure] : NULL;
}

bool failure_from_name(struct json_slice name, enum failure *out) {
  for (int i = FAILURE_NONE + 1; i < FAILURE_COUNT; i++) {
    if (json_slice_is(name, names[i])) {
      *out = (enum failure)i;
      return true;
    }
  }
  return false;
}

enum failure failure_of_status(int status) {
  if (status == 429) return FAILURE_HTTP_429;
  if (status >= 400 && status <= 499) return FAILURE_HTTP_4XX;
  if (status >= 500 && status <= 599) return FAILURE_HTTP_5XX;
  return status >= 200 && status <= 299 ? FAILURE_NONE : FAILURE_PROTOCOL;
}
