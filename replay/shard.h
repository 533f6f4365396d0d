// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which part of an open loop this process sends (--shard), and the instant at which all parts begin
// (--start-at).
#ifndef REPLAY_SHARD_H
#define REPLAY_SHARD_H

#include <stdint.h>

#include "lib/base/status.h"

#define SHARD_COUNT_MAX INT64_C(65536)

struct shard {
  int64_t number, count; // 1 to count
};

// "3/8"; "auto" and "auto/8": the launcher's number of this process, from the environment, and its count,
// or 8. Launchers in this order: Open MPI, a Kubernetes Indexed Job, a Slurm array, a Slurm step; the first
// with a count over 1 decides. STATUS_USAGE; a missing variable is named.
enum status shard_parse(const char *text, struct shard *out, struct error *error) MUST_USE;

// "2026-03-01T12:00:00Z", "2026-03-01T13:00:00+01:00" (RFC 3339, whole seconds), or seconds since 1970-01-01
// UTC, which may have a fraction.
// STATUS_USAGE.
enum status shard_parse_start(const char *text, double *unix_s, struct error *error) MUST_USE;

#endif
