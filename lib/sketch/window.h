// SPDX-License-Identifier: GPL-3.0-or-later
//
// The requests of a closed-loop batch, kept until it is over: what its steady window (steady.h) is made of.
#ifndef LIB_SKETCH_WINDOW_H
#define LIB_SKETCH_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/record/run.h"
#include "lib/sketch/steady.h"

// What is counted: output tokens come from the first to the last text, input tokens with the first text, and
// a request counts when it ends.
enum window_part { WINDOW_OUTPUT, WINDOW_INPUT, WINDOW_REQUESTS, WINDOW_PARTS };

struct window_request {
  struct steady_request times; // its amount: output tokens
  int64_t input_tokens;
  bool good;
};

// All zero is empty.
struct window {
  struct window_request *requests;
  size_t count, room;
  bool unknown; // some request has no end, so that nothing is known of the window
};

void window_clear(struct window *window);
void window_free(struct window *window);

// One request, failed ones included: they hold a worker too. A batch without waiting requests has no window
// and is not kept. STATUS_MEMORY, STATUS_LIMIT.
enum status window_add(struct window *window, const struct run_request *record) MUST_USE;

// The window of a batch of `requests` on `workers` that took `total_ns`. All zero where there is none, or
// where requests are missing. STATUS_MEMORY.
enum status window_close(const struct window *window, int64_t requests, int64_t workers, int64_t total_ns,
                         enum window_part part, struct steady *out) MUST_USE;

#endif
