// SPDX-License-Identifier: GPL-3.0-or-later
//
// Goes through a plan: which session is next, which batch of it, and which batches of a block come again.
//
// A batch that the audit rejects is measured again once, at the end of its block (all batches of one
// replicate in one session), so that it is still compared with its block's others.
#ifndef REPLAY_PLAN_WALK_H
#define REPLAY_PLAN_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "replay/plan/plan.h"

struct walk {
  const struct plan *plan;        // borrowed
  size_t next_session;            // the plan's
  size_t next_batch, end;         // of the session under way
  const struct plan_batch *batch; // the last one given out; NULL: none yet in this session
  bool repeated;                  // it came for the second time
  bool *cell_ended;               // nothing more of these is measured
  struct plan_batch *again;       // rejected ones of the block
  size_t again_count, again_next;
};

// STATUS_MEMORY. `out` needs walk_close in any case.
enum status walk_open(const struct plan *plan, struct walk *out, struct error *error) MUST_USE;
void walk_close(struct walk *walk); // takes an all-zero walk

// The next session that has something to measure; NULL: the plan is through.
const struct plan_session *walk_next_session(struct walk *walk);

// The next batch of the session; NULL: the session is through. Valid until the next call.
const struct plan_batch *walk_next_batch(struct walk *walk);

// Whether walk_next_batch would give one out.
bool walk_has_batch(const struct walk *walk);

// The last batch is to be measured again. False when it was already: it stays rejected.
bool walk_reject(struct walk *walk);

// The last batch was not measured: it is the next one once more.
void walk_give_back(struct walk *walk);

// Nothing more of the last batch's cell is measured. False when that was so before.
bool walk_end_cell(struct walk *walk);

#endif
