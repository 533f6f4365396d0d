// SPDX-License-Identifier: GPL-3.0-or-later
//
// Sends one repetition of an open loop, or a share of it: every request at its instant, each recorded as it
// ends, and sums of what it did within the window that is measured.
//
// Everything belongs to the lane's thread, but for open_loop_counts.
#ifndef REPLAY_OPEN_LOOP_H
#define REPLAY_OPEN_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "replay/opts.h"
#include "replay/plan/send_order.h"
#include "replay/record/audit.h"
#include "replay/record/recorder.h"
#include "replay/send/lanes.h"
#include "replay/workload/work.h"

struct open_loop;

struct open_loop_setup {
  struct lane *lane; // it is sent from; its number is the share's
  const struct opts *opts;
  const struct work *work;
  const struct schedule *pace;
  struct recorder *recorder;
  bool cache_bust;
  uint64_t nonce_base;
  int64_t most_in_flight; // requests beyond it wait, and are late
  int64_t shares;         // of how many it sends one
};

// `over` comes from the loop after open_loop_start, once: when nothing is in flight and nothing is left to
// send. Borrows what the setup points to. STATUS_MEMORY with words.
enum status open_loop_open(const struct open_loop_setup *setup, void (*over)(void *context), void *context,
                           struct open_loop **out, struct error *error) MUST_USE;
// Takes NULL. Stop the lane before it.
void open_loop_close(struct open_loop *flow);

struct open_loop_repetition {
  struct recorder_batch batch; // it begins at its start_ns
  int64_t offset;              // of the draw
  int64_t window_ns;           // from its start, the time that is measured; 0: until its end
  int64_t number;              // of all that were begun, so that each has a nonce of its own
};

// The setup's `pace` may hold another schedule at every start.
void open_loop_start(struct open_loop *flow, const struct open_loop_repetition *repetition);

// Sends no more and cancels what is in flight.
void open_loop_cancel(struct open_loop *flow);

// What came of it, once it is over.
struct open_loop_sums {
  bool complete;               // it was neither cancelled nor ended by a lack of memory
  double in_flight_ns, tokens; // within the window: time in flight, and output tokens
  bool tokens_known;           // some response told
  int64_t last_done_ns;
  struct audit audit; // the client's own behaviour, without CPU and stalls
};
const struct open_loop_sums *open_loop_sums(const struct open_loop *flow);

// For a progress line, from any thread: of this repetition what was sent, of all what has ended.
struct open_loop_counts {
  int64_t sent, in_flight, ended, failed;
};
struct open_loop_counts open_loop_counts(struct open_loop *flow);

#endif
