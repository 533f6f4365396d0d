// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the simulated server can do wrong, and how often. One request meets at most one fault.
#ifndef TESTS_SIMLLM_FAULTS_H
#define TESTS_SIMLLM_FAULTS_H

#include <stdbool.h>

#include "lib/base/status.h"
#include "tests/simllm/random.h"

// "Half way" is after half of the request's tokens (rounded down).
enum fault {
  FAULT_NONE,
  FAULT_500,         // status 500 at once
  FAULT_429,         // status 429 with Retry-After at once
  FAULT_RESET,       // TCP reset: half way through a stream, in place of the answer otherwise
  FAULT_RESET_EARLY, // TCP reset before any byte of the answer
  FAULT_TRUNCATE,    // half way the connection is closed: no last chunk, or fewer bytes than Content-Length
  FAULT_HANG,        // headers, then nothing until the client goes
  FAULT_MALFORMED,   // one more event, with broken JSON, half way; a body cut short otherwise
  FAULT_ERROR_IN_STREAM, // half way an error object, and a proper end; an error object with status 200
                         // otherwise
  FAULT_EMPTY,           // a proper answer with zero tokens
  FAULT_COUNT
};

struct faults {
  double probability[FAULT_COUNT]; // [FAULT_NONE] is unused
};

// Adds "KIND:PROBABILITY". STATUS_USAGE for an unknown kind, a probability outside 0..1 or a sum above 1. A
// kind given twice takes its last value.
enum status faults_add(struct faults *faults, const char *text, struct error *error) MUST_USE;

// The fate of the next request.
enum fault faults_draw(const struct faults *faults, struct random *random);

// "500", "reset", ...: as on the command line; "none" for FAULT_NONE.
const char *fault_name(enum fault fault);

#endif
