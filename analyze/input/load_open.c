// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/input/load_open.h"

#include <math.h>
#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/base/clock.h"

#define REQUESTS_MAX 100000000

void load_arrivals_clear(struct load_arrivals *arrivals) {
  arrivals->count = 0;
}

void load_arrivals_free(struct load_arrivals *arrivals) {
  free(arrivals->of);
  *arrivals = (struct load_arrivals){0};
}

enum status load_arrivals_add(struct load_arrivals *arrivals, const struct run_request *record) {
  if (record->workers >= 1 || record->batch >= 1 || record->warmup) return STATUS_OK;
  enum status status =
      array_grow(&arrivals->of, &arrivals->room, arrivals->count, sizeof *arrivals->of, REQUESTS_MAX);
  if (status != STATUS_OK) return status;
  bool ended = record->sent_ns >= 0 && record->latency_ns >= 0;
  arrivals->of[arrivals->count++] =
      (struct load_arrival){.ready_ns = record->ready_ns >= 0 ? record->ready_ns : record->intended_ns,
                            .done_ns = ended ? record->sent_ns + record->latency_ns : -1,
                            .success = record->error == FAILURE_NONE};
  return STATUS_OK;
}

static void sum_up(const struct load_arrivals *arrivals, const struct run_batch *record,
                   struct load_open *open) {
  int64_t end_ns = record->start_ns + record->total_ns;
  open->served = 0;
  for (size_t i = 0; i < arrivals->count; i++) {
    const struct load_arrival *arrival = &arrivals->of[i];
    if (!arrival->success || arrival->done_ns < 0) continue;
    open->served += arrival->done_ns <= end_ns;
    queue_add(&open->queue, clock_seconds(arrival->ready_ns - record->start_ns), open->total_s,
              clock_seconds(arrival->done_ns - arrival->ready_ns));
  }
}

enum status load_open_add(struct load_data *data, const struct load_arrivals *arrivals,
                          const struct run_batch *record, int64_t good, double speed,
                          struct load_times *times) {
  enum status status =
      array_grow(&data->open, &data->open_room, data->open_count, sizeof *data->open, LOAD_MAX_CELLS);
  if (status != STATUS_OK) return status;
  struct load_open *open = &data->open[data->open_count++];
  bool at_rate = isfinite(record->rate) && record->rate > 0;
  *open = (struct load_open){
      .rate = at_rate ? record->rate : NAN,
      .speed = at_rate ? NAN : speed,
      .in_flight = record->in_flight_mean,
      .total_s = clock_seconds(record->total_ns),
      .requests = record->requests,
      .failed = record->failed,
      .cancelled = record->cancelled,
      .tokens = record->output_tokens,
      .input_tokens = record->input_tokens,
      .served = -1,
      .good = -1,
      .invalid = !record->valid && !load_is_failing(record->requests, record->failed, record->cancelled)};
  // Of requests without records nothing is known.
  if (arrivals->count > 0 && (int64_t)arrivals->count == record->requests) {
    sum_up(arrivals, record, open);
    open->good = good;
  }
  open->times = *times;
  *times = (struct load_times){0};
  return STATUS_OK;
}
