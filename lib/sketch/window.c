// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/sketch/window.h"

#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/base/clock.h"

#define REQUESTS_MAX 100000000

void window_clear(struct window *window) {
  window->count = 0;
  window->unknown = false;
}

void window_free(struct window *window) {
  free(window->requests);
  *window = (struct window){0};
}

enum status window_add(struct window *window, const struct run_request *record) {
  if (record->workers < 1 || (record->batch > 0 && record->batch <= record->workers) || window->unknown)
    return STATUS_OK;
  if (record->sent_ns < 0 || record->latency_ns < 0) {
    window->unknown = true;
    return STATUS_OK;
  }
  enum status status =
      array_grow(&window->requests, &window->room, window->count, sizeof *window->requests, REQUESTS_MAX);
  if (status != STATUS_OK) return status;
  bool good = record->error == FAILURE_NONE;
  window->requests[window->count++] = (struct window_request){
      .times = {.sent_ns = record->sent_ns,
                .first_text_ns = record->ttft_ns < 0 ? -1 : record->sent_ns + record->ttft_ns,
                .last_text_ns = record->last_text_ns < 0 ? -1 : record->sent_ns + record->last_text_ns,
                .done_ns = record->sent_ns + record->latency_ns,
                .amount = good && record->output_tokens > 0 ? record->output_tokens : 0},
      .input_tokens = good && record->input_tokens > 0 ? record->input_tokens : 0,
      .good = good,
  };
  return STATUS_OK;
}

static struct steady_request output_of(const struct window_request *request) {
  return request->times;
}

static struct steady_request input_of(const struct window_request *request) {
  struct steady_request out = request->times;
  out.amount = request->input_tokens;
  out.last_text_ns =
      out.first_text_ns >= 0 ? out.first_text_ns + 1 : -1; // all at one instant, but no one piece
  return out;
}

static struct steady_request itself(const struct window_request *request) {
  struct steady_request out = request->times;
  out.amount = request->good;
  out.first_text_ns = -1;
  return out;
}

enum status window_close(const struct window *window, int64_t requests, int64_t workers, int64_t total_ns,
                         enum window_part part, struct steady *out) {
  typedef struct steady_request part_of(const struct window_request *);
  static part_of *const parts[WINDOW_PARTS] = {output_of, input_of, itself};
  *out = (struct steady){0};
  if (window->unknown || window->count == 0 || (int64_t)window->count != requests) return STATUS_OK;
  struct steady_request *copies = calloc(window->count, sizeof *copies);
  if (!copies) return STATUS_MEMORY;
  for (size_t i = 0; i < window->count; i++)
    copies[i] = parts[part](&window->requests[i]);
  steady_of_batch(copies, window->count, workers, clock_seconds(total_ns), out);
  free(copies);
  return STATUS_OK;
}
