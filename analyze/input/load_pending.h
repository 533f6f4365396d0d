// SPDX-License-Identifier: GPL-3.0-or-later
//
// The batch that is being read: its requests are folded as they come, or its record has a sketch of them; the
// batch record decides whether they count. Memory is that of the largest batch.
#ifndef ANALYZE_LOAD_PENDING_H
#define ANALYZE_LOAD_PENDING_H

#include "analyze/input/load.h"
#include "analyze/input/load_open.h"
#include "lib/sketch/sketch.h"

struct batch_key {
  int64_t session, workers, batch, rep;
  bool warmup;
  double rate; // 0: none, or a record of before requests had it
};

enum pending_state {
  PENDING_OPEN,     // its batch record has not come yet
  PENDING_COUNTED,  // it came and counts: later requests go straight to the cell
  PENDING_LEFT_OUT, // it came and does not
};

struct load_pending {
  struct batch_key key;
  enum pending_state state;
  size_t cell;                    // where a counted one goes
  int64_t requests, good, end_ns; // end_ns: of the batch, once its record came. good -1: not known
  struct load_times times;
  struct window window;
  struct load_arrivals arrivals;
  struct sketch *sketch; // of the batch record; NULL: there was none in the file
  bool has_sketch;       // of this batch
};

// Empty; no record has its key.
void load_pending_open(struct load_pending *pending);
void load_pending_close(struct load_pending *pending);

// STATUS_MEMORY, STATUS_LIMIT.
enum status load_pending_request(struct load_pending *pending, struct load_data *data,
                                 const struct run_request *record) MUST_USE;

// The batch's own record, after most or all of its requests: it is left out until the caller says otherwise.
// STATUS_FORMAT (a sketch that cannot be read), STATUS_MEMORY.
enum status load_pending_batch(struct load_pending *pending, struct load_data *data,
                               const struct run_batch *record, struct error *error) MUST_USE;

// Its steady window in what `measure` counts. STATUS_MEMORY.
enum status load_pending_window(const struct load_pending *pending, const struct run_batch *record,
                                enum results_measure measure, struct steady *out) MUST_USE;

#endif
