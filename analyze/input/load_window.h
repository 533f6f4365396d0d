// SPDX-License-Identifier: GPL-3.0-or-later
//
// The requests of the batch that is being read, kept until its batch record comes: what the steady window of
// the batch is computed from. Memory is that of the largest batch.
#ifndef ANALYZE_LOAD_WINDOW_H
#define ANALYZE_LOAD_WINDOW_H

#include "analyze/results/results.h"
#include "analyze/stat/steady.h"
#include "lib/base/status.h"
#include "lib/record/run.h"

struct load_window_request {
  struct steady_request times; // its amount: output tokens
  int64_t input_tokens;
  bool good;
};

struct load_window {
  struct load_window_request *requests;
  size_t count, room;
  bool unknown; // some request has no end, so that nothing is known of the window
};

void load_window_clear(struct load_window *window);
void load_window_free(struct load_window *window);

// One request, failed ones included: they hold a worker too. A batch without waiting requests has no window
// and is not kept. STATUS_MEMORY, STATUS_LIMIT.
enum status load_window_add(struct load_window *window, const struct run_request *record) MUST_USE;

// The window of the batch that `record` closes, in what `measure` counts: output tokens come from the first
// to the last text, input tokens with the first text, and a request counts when it ends. All zero where there
// is no window, or where requests are missing. STATUS_MEMORY.
enum status load_window_close(const struct load_window *window, const struct run_batch *record,
                              enum results_measure measure, struct steady *out) MUST_USE;

#endif
