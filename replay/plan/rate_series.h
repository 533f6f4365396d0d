// SPDX-License-Identifier: GPL-3.0-or-later
//
// A rate that changes with time: points (t_s, requests/s), linear between them. Two points at one instant are
// a jump.
#ifndef REPLAY_RATE_SERIES_H
#define REPLAY_RATE_SERIES_H

#include <stddef.h>

#include "lib/base/status.h"

#define RATE_SERIES_POINTS_MAX ((size_t)100000)

struct rate_series_point {
  double t_s;    // since the start; the first is 0, none is before the one before it
  double rate;   // requests/s, at least 0
  double before; // requests due before it: the integral of the rate
};

struct rate_series {
  struct rate_series_point *points; // at least two
  size_t count;
};

// Reads CSV with a header that names t_s and rate. STATUS_USAGE with file and line for anything else,
// STATUS_NOT_FOUND, STATUS_IO, STATUS_MEMORY.
enum status rate_series_read(const char *path, struct rate_series *out, struct error *error) MUST_USE;
void rate_series_free(struct rate_series *series); // takes an all-zero one

// Seconds from the start to the end of the series.
double rate_series_end_s(const struct rate_series *series);

// When so many requests are due: the inverse of the integral; infinity behind the last. `*from` is 0 for the
// first call; numbers of later calls ascend.
double rate_series_instant_s(const struct rate_series *series, double number, size_t *from);

#endif
