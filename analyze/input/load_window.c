// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/input/load_window.h"

#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/base/clock.h"

#define REQUESTS_MAX 100000000

void load_window_clear(struct load_window *window) {
  window->count = 0;
  window->unknown = false;
}

void load_window_free(struct load_window *window) {
  free(window->requests);
  *window = (struct load_window){0};
}

enum status load_window_add(struct load_window *window, const struct run_request *record) {
  if (record->workers < 1 || (record->batch > 0 && record->batch <= record->workers) || window->unknown)
    return STATUS_OK;
  if (record->sent_ns < 0 || record->latency_ns < 0) {
    window->unknown = true;
    return STATUS_OK;
  }
  enum status status =
      array_grow(&window->requests, &window->room, window->count, sizeof *window->requests, REQUESTS_MAX);
  if (status != STATUS_OK) return status;
  bool good = record->error == RUN_ERROR_NONE;
  window->requests[window->count++] = (struct steady_request){
      .sent_ns = record->sent_ns,
      .first_text_ns = record->ttft_ns < 0 ? -1 : record->sent_ns + record->ttft_ns,
      .last_text_ns = record->last_text_ns < 0 ? -1 : record->sent_ns + record->last_text_ns,
      .done_ns = record->sent_ns + record->latency_ns,
      .tokens = good && record->output_tokens > 0 ? record->output_tokens : 0,
  };
  return STATUS_OK;
}

struct steady load_window_close(const struct load_window *window, const struct run_batch *record) {
  struct steady steady = {0};
  if (!window->unknown && (int64_t)window->count == record->requests)
    steady_of_batch(window->requests, window->count, record->workers, clock_seconds(record->total_ns),
                    &steady);
  return steady;
}
