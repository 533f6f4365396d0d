// SPDX-License-Identifier: GPL-3.0-or-later
//
// The classes of failure (traces/FORMAT.md) and their names in records.
#ifndef LIB_RECORD_FAILURE_H
#define LIB_RECORD_FAILURE_H

#include <stdbool.h>

#include "lib/json/json_scan.h"

// Why a request is no success, in the order in which tables show it. FAILURE_CANCELLED: stopped by ourselves,
// neither success nor failure.
enum failure {
  FAILURE_NONE,
  FAILURE_CONNECT,
  FAILURE_TLS,
  FAILURE_TIMEOUT,
  FAILURE_RESET,
  FAILURE_TRUNCATED,
  FAILURE_HTTP_429,
  FAILURE_HTTP_4XX,
  FAILURE_HTTP_5XX,
  FAILURE_PROTOCOL,
  FAILURE_SERVER_ERROR,
  FAILURE_EMPTY,
  FAILURE_CANCELLED,
};
#define FAILURE_COUNT (FAILURE_CANCELLED + 1)

// "connect", ..., "cancelled" as records have them; NULL for FAILURE_NONE, so that it is written as null.
const char *failure_name(enum failure failure);

// false, and `out` untouched, when there is no failure of that name.
bool failure_from_name(struct json_slice name, enum failure *out);

// The class that an HTTP status alone decides: FAILURE_NONE for 2xx, FAILURE_PROTOCOL for what is no
// final answer.
enum failure failure_of_status(int status);

#endif
