// SPDX-License-Identifier: GPL-3.0-or-later
//
// The server's view of a USL: its steps. With n requests in flight a step gives each of them a token, so it
// takes n/X(n) = c0 + c1 n + c2 n^2 seconds.
#ifndef ANALYZE_STAT_STEP_TIME_H
#define ANALYZE_STAT_STEP_TIME_H

#include "analyze/stat/fit.h"

struct step_time {
  struct ci c[3];        // seconds; profile intervals
  struct fit_result fit; // the same curve, in c0, c1 and c2
};

// Reads a USL fitted to `data` (throughput in tokens per second) the other way. Errors as of fit_run and
// profile_interval.
enum status step_time_of(const struct fit_data *data, const struct fit_result *usl, double confidence,
                         struct step_time *out, struct error *error) MUST_USE;

// The mean time of a step with n in flight, seconds, with an interval by the delta method on the fit's scale.
// STATUS_NUMERIC where the curve is not above zero.
enum status step_time_at(const struct step_time *step_time, double n, double confidence, struct ci *out,
                         struct error *error) MUST_USE;

#endif
