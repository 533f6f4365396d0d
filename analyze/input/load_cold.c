// SPDX-License-Identifier: GPL-3.0-or-later
//
// The first batch of a run without a warm-up, on a server that was there before: whether it had to load the
// model, only its time can show.
#include "analyze/input/load_reader.h"

// A server that has its model gives the next larger batch at most twice the throughput when the batch is at
// most twice as large; more than that, and the first one waited for something else.
#define COLD_RATIO 2.0

// The most that the same work was seen to give elsewhere: the cell again, or batches of the level that are at
// most twice as large.
static double seen_elsewhere(const struct load_data *data, const struct load_cell *own,
                             const struct load_replicate *first) {
  double most = 0;
  for (size_t i = 0; i < data->cell_count; i++) {
    const struct load_cell *cell = &data->cells[i];
    if (cell->workers != own->workers || cell->batch > 2 * own->batch) continue;
    for (size_t r = 0; r < cell->count; r++) {
      const struct load_replicate *other = &cell->replicates[r];
      if (other != first && other->tokens_per_s > most) most = other->tokens_per_s;
    }
  }
  return most;
}

void load_find_cold(struct load_data *data) {
  for (size_t i = 0; i < data->cell_count; i++) {
    struct load_cell *cell = &data->cells[i];
    for (size_t r = 0; r < cell->count; r++) {
      struct load_replicate *replicate = &cell->replicates[r];
      if (!replicate->unwarmed || replicate->amount <= 0) continue;
      replicate->cold = seen_elsewhere(data, cell, replicate) > COLD_RATIO * replicate->tokens_per_s;
    }
  }
}
