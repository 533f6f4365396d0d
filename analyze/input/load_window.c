// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/input/load_reader.h"

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
  bool good = record->error == FAILURE_NONE;
  window->requests[window->count++] = (struct load_window_request){
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

static struct steady_request output_of(const struct load_window_request *request) {
  return request->times;
}

static struct steady_request input_of(const struct load_window_request *request) {
  struct steady_request out = request->times;
  out.amount = request->input_tokens;
  out.last_text_ns =
      out.first_text_ns >= 0 ? out.first_text_ns + 1 : -1; // all at one instant, but no one piece
  return out;
}

static struct steady_request itself(const struct load_window_request *request) {
  struct steady_request out = request->times;
  out.amount = request->good;
  out.first_text_ns = -1;
  return out;
}

enum status load_window_close(const struct load_window *window, const struct run_batch *record,
                              enum results_measure measure, struct steady *out) {
  typedef struct steady_request part(const struct load_window_request *);
  static part *const parts[MEASURE_COUNT][2] = {[MEASURE_OUTPUT_TOKENS] = {output_of},
                                                [MEASURE_INPUT_TOKENS] = {input_of},
                                                [MEASURE_TOTAL_TOKENS] = {output_of, input_of},
                                                [MEASURE_REQUESTS] = {itself}};
  *out = (struct steady){0};
  if (window->unknown || window->count == 0 || (int64_t)window->count != record->requests) return STATUS_OK;
  struct steady_request *requests = calloc(window->count, sizeof *requests);
  if (!requests) return STATUS_MEMORY;
  double amount = 0;
  for (size_t i = 0; i < 2 && parts[measure][i]; i++) {
    for (size_t r = 0; r < window->count; r++)
      requests[r] = parts[measure][i](&window->requests[r]);
    if (!steady_of_batch(requests, window->count, record->workers, clock_seconds(record->total_ns), out))
      break;
    amount += out->amount;
  }
  out->amount = amount;
  free(requests);
  return STATUS_OK;
}
