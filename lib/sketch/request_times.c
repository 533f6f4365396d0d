// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/sketch/request_times.h"

const char *const request_time_names[REQUEST_TIMES] = {"ttft_s",     "latency_s", "tpot_s",
                                                       "response_s", "itl_p50_s", "itl_p99_s"};

static int64_t tpot_of(const struct run_request *record) {
  if (record->output_tokens < 2 || record->events == 0 || record->events == 1) return -1;
  if (record->ttft_ns < 0 || record->last_text_ns < record->ttft_ns) return -1;
  return (record->last_text_ns - record->ttft_ns) / (record->output_tokens - 1);
}

static int64_t response_of(const struct run_request *record) {
  if (record->latency_ns < 0 || record->intended_ns < 0 || record->sent_ns < record->intended_ns) return -1;
  return record->sent_ns - record->intended_ns + record->latency_ns;
}

void request_times(const struct run_request *record, int64_t values[REQUEST_TIMES]) {
  values[REQUEST_TTFT] = record->ttft_ns;
  values[REQUEST_LATENCY] = record->latency_ns;
  values[REQUEST_TPOT] = tpot_of(record);
  values[REQUEST_RESPONSE] = response_of(record);
  values[REQUEST_ITL_P50] = record->itl_p50_ns;
  values[REQUEST_ITL_P99] = record->itl_p99_ns;
}
