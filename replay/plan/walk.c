// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/plan/walk.h"

#include <stdlib.h>

enum status walk_open(const struct plan *plan, struct walk *out, struct error *error) {
  size_t cells = plan_rows(plan);
  *out = (struct walk){
      .plan = plan,
      .cell_ended = calloc(cells, sizeof *out->cell_ended),
      .again = calloc(cells, sizeof *out->again),
  };
  if (out->cell_ended && out->again) return STATUS_OK;
  walk_close(out);
  return status_fail(error, STATUS_MEMORY, "plan: %s", status_name(STATUS_MEMORY));
}

void walk_close(struct walk *walk) {
  free(walk->cell_ended);
  free(walk->again);
  *walk = (struct walk){0};
}

// The first batch from `next` on, before `end`, whose cell has not ended; `end`: there is none.
static size_t skip_ended(const struct walk *walk, size_t next, size_t end) {
  while (next < end && walk->cell_ended[walk->plan->batches[next].cell])
    next++;
  return next;
}

const struct plan_session *walk_next_session(struct walk *walk) {
  walk->batch = NULL;
  walk->again_count = walk->again_next = 0;
  while (walk->next_session < walk->plan->session_count) {
    const struct plan_session *session = &walk->plan->sessions[walk->next_session++];
    walk->end = session->first_batch + session->batch_count;
    walk->next_batch = skip_ended(walk, session->first_batch, walk->end);
    if (walk->next_batch < walk->end) return session;
  }
  return NULL;
}

// Whether the batch at `next` is of another block than the last one given out.
static bool block_ends(const struct walk *walk, size_t next) {
  return next == walk->end || (walk->batch && walk->plan->batches[next].rep != walk->batch->rep);
}

// The first rejected one whose cell has not ended; again_count: there is none.
static size_t next_again(const struct walk *walk) {
  size_t next = walk->again_next;
  while (next < walk->again_count && walk->cell_ended[walk->again[next].cell])
    next++;
  return next;
}

bool walk_has_batch(const struct walk *walk) {
  return skip_ended(walk, walk->next_batch, walk->end) < walk->end || next_again(walk) < walk->again_count;
}

const struct plan_batch *walk_next_batch(struct walk *walk) {
  walk->next_batch = skip_ended(walk, walk->next_batch, walk->end);
  walk->again_next = next_again(walk);
  walk->repeated = block_ends(walk, walk->next_batch) && walk->again_next < walk->again_count;
  if (walk->repeated) {
    walk->batch = &walk->again[walk->again_next++];
  } else if (walk->next_batch < walk->end) {
    if (block_ends(walk, walk->next_batch)) walk->again_count = walk->again_next = 0;
    walk->batch = &walk->plan->batches[walk->next_batch++];
  } else {
    return NULL;
  }
  return walk->batch;
}

bool walk_reject(struct walk *walk) {
  if (walk->repeated) return false;
  walk->again[walk->again_count++] = *walk->batch;
  return true;
}

void walk_give_back(struct walk *walk) {
  if (walk->repeated)
    walk->again_next--;
  else
    walk->next_batch--;
}

bool walk_end_cell(struct walk *walk) {
  bool *ended = &walk->cell_ended[walk->batch->cell];
  bool before = *ended;
  *ended = true;
  return !before;
}
