// SPDX-License-Identifier: GPL-3.0-or-later
//
// The times of one request that reports are about, from its record.
#ifndef LIB_SKETCH_REQUEST_TIMES_H
#define LIB_SKETCH_REQUEST_TIMES_H

#include <stdint.h>

#include "lib/record/run.h"

// The last two are a response's own percentiles of its gaps between text events.
enum request_time {
  REQUEST_TTFT,
  REQUEST_LATENCY,
  REQUEST_TPOT,
  REQUEST_RESPONSE, // from its intended instant on, not from its sending
  REQUEST_ITL_P50,
  REQUEST_ITL_P99,
  REQUEST_TIMES
};

// As they stand in a sketch: "ttft_s".
extern const char *const request_time_names[REQUEST_TIMES];

// Of a request that succeeded, in ns; -1: not measured. A response that came in one piece has no time between
// its tokens.
void request_times(const struct run_request *record, int64_t values[REQUEST_TIMES]);

#endif
