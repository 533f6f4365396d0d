// SPDX-License-Identifier: GPL-3.0-or-later
//
// How far throughput spreads by itself, and the intervals that stand on it.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/judge/cells.h"
#include "analyze/judge/estimate.h"
#include "analyze/stat/pseudo_replicates.h"

static enum status pool_replicates(const struct cells_samples *samples, enum stat_scale scale,
                                   const struct results *results, struct ci_pool *pool, struct error *error) {
  struct ci_sample *usable = calloc(samples->count + 1, sizeof *usable);
  if (!usable) return status_memory(error);
  size_t count = 0;
  for (size_t i = 0; i < samples->count; i++) {
    if (!cells_usable(&results->cells[i])) continue;
    usable[count++] = (struct ci_sample){samples->of[i].values, samples->of[i].count};
  }
  enum status status = STATUS_OK;
  if (count > 0) status = ci_pool_samples(usable, count, scale, pool, error);
  free(usable);
  return status;
}

// A value less its cell's mean.
struct residual {
  int64_t workers, block;
  size_t session, cell;
  double value;
};

static int compare_by_session(const void *left, const void *right) {
  const struct residual *a = left, *b = right;
  if (a->workers != b->workers) return a->workers < b->workers ? -1 : 1;
  return (a->session > b->session) - (a->session < b->session);
}

static int compare_by_block(const void *left, const void *right) {
  const struct residual *a = left, *b = right;
  return (a->block > b->block) - (a->block < b->block);
}

// What it shares with other cells: its run, or its pass over the plan; a number of its own where that is not
// known.
static int64_t block_of(const struct cells_samples *samples, const struct load_replicate *replicate,
                        size_t place) {
  if (samples->by_run) return replicate->block >> 32;
  return replicate->in_pass ? replicate->block : -1 - (int64_t)place;
}

static size_t list_residuals(const struct cells_samples *samples, enum stat_scale scale,
                             const struct results *results, struct residual *out) {
  size_t count = 0;
  for (size_t i = 0; i < samples->count; i++) {
    const struct cells_sample *sample = &samples->of[i];
    double mean = 0;
    if (!cells_usable(&results->cells[i]) || sample->count < 2) continue;
    for (size_t r = 0; r < sample->count; r++)
      mean += stat_to_scale(scale, sample->values[r]) / (double)sample->count;
    for (size_t r = 0; r < sample->count; r++) {
      const struct load_replicate *replicate = &sample->cell->replicates[sample->replicates[r]];
      out[count] = (struct residual){.workers = sample->cell->workers,
                                     .block = block_of(samples, replicate, count),
                                     .session = replicate->session,
                                     .cell = i,
                                     .value = stat_to_scale(scale, sample->values[r]) - mean};
      count++;
    }
  }
  return count;
}

// A sum of squares between groups of residuals, with its degrees of freedom.
struct stratum {
  double squares, df;
};

static struct stratum between_sessions(struct residual *residuals, size_t count) {
  struct stratum stratum = {0};
  qsort(residuals, count, sizeof *residuals, compare_by_session);
  for (size_t i = 0; i < count;) {
    double between = 0, sessions = 0;
    int64_t workers = residuals[i].workers;
    for (; i < count && residuals[i].workers == workers; sessions++) {
      size_t first = i, session = residuals[i].session;
      double sum = 0;
      for (; i < count && residuals[i].workers == workers && residuals[i].session == session; i++)
        sum += residuals[i].value;
      between += sum * sum / (double)(i - first);
    }
    if (sessions > 1) stratum.squares += between; // of a single session it is rounding
    stratum.df += sessions - 1;
  }
  return stratum;
}

static size_t root_of(size_t *parents, size_t i) {
  while (parents[i] != i)
    i = parents[i] = parents[parents[i]];
  return i;
}

// Blocks that no cell has in common are compared by nothing: each such group of blocks costs a degree of
// freedom. `parents` has room for a place per cell and one per block, `room` cells.
static struct stratum between_blocks(struct residual *residuals, size_t count, size_t *parents, size_t room) {
  struct stratum stratum = {0};
  size_t blocks = 0;
  qsort(residuals, count, sizeof *residuals, compare_by_block);
  for (size_t i = 0; i < room + count; i++)
    parents[i] = i;
  for (size_t i = 0; i < count; blocks++) {
    size_t first = i;
    double sum = 0;
    for (; i < count && residuals[i].block == residuals[first].block; i++) {
      sum += residuals[i].value;
      size_t cell = root_of(parents, residuals[i].cell), block = root_of(parents, room + blocks);
      if (cell != block) {
        parents[cell] = block;
        stratum.df++; // less the cells, below: blocks and cells less what they fall apart into
      }
    }
    stratum.squares += sum * sum / (double)(i - first);
  }
  return stratum;
}

static double cells_among(const struct residual *residuals, size_t count, size_t *seen, size_t room) {
  double cells = 0;
  memset(seen, 0, room * sizeof *seen);
  for (size_t i = 0; i < count; i++) {
    cells += seen[residuals[i].cell] == 0;
    seen[residuals[i].cell] = 1;
  }
  return cells;
}

// Satterthwaite's degrees of freedom of the pooled variance: what blocks, sessions within them and batches
// within these add to it. Between 1 and what independent cells would have.
static void depend(struct stratum all, struct stratum sessions, struct stratum blocks, struct ci_pool *pool) {
  struct stratum strata[3] = {blocks, {0, 0}, {0, 0}};
  struct stratum shared = blocks;
  if (sessions.df > blocks.df) {
    strata[1] =
        (struct stratum){fmax(0, sessions.squares - blocks.squares), sessions.df - fmax(0, blocks.df)};
    shared = sessions;
  }
  strata[2] = (struct stratum){fmax(0, all.squares - shared.squares), fmax(0, all.df - shared.df)};
  double squares = 0, weakness = 0;
  for (size_t i = 0; i < 3; i++) {
    if (!(strata[i].df > 0)) continue;
    squares += strata[i].squares;
    weakness += strata[i].squares * strata[i].squares / strata[i].df;
  }
  if (shared.df > 0 && weakness > 0) ci_pool_depend(pool, fmax(1, squares * squares / weakness));
}

// Cells that share blocks or sessions do not measure the spread independently.
static enum status shared_df(const struct cells_samples *samples, enum stat_scale scale,
                             const struct results *results, struct ci_pool *pool, struct error *error) {
  size_t room = 1, cells = samples->count;
  for (size_t i = 0; i < cells; i++)
    room += samples->of[i].count;
  struct residual *residuals = calloc(room, sizeof *residuals);
  size_t *places = calloc(room + cells, sizeof *places);
  enum status status = residuals && places ? STATUS_OK : status_memory(error);
  if (status == STATUS_OK) {
    size_t count = list_residuals(samples, scale, results, residuals);
    struct stratum blocks = between_blocks(residuals, count, places, cells), all = {0};
    double repeated = cells_among(residuals, count, places, cells);
    blocks.df -= repeated; // a tree over cells and blocks has one link less than places
    all.df = (double)count - repeated;
    for (size_t i = 0; i < count; i++)
      all.squares += residuals[i].value * residuals[i].value;
    depend(all, between_sessions(residuals, count), blocks, pool);
    // A life of the server is in all cells of a run: however many these are, they are one value of it.
    if (samples->by_run && blocks.df > 0) ci_pool_depend(pool, blocks.df);
  }
  free(residuals);
  free(places);
  return status;
}

static enum status pseudo_replicates(const struct results *results, enum stat_scale scale, double first_drop,
                                     struct ci_spread *spread, struct error *error) {
  struct pseudo_replicates_cell *cells = calloc(results->cell_count + 1, sizeof *cells);
  if (!cells) return status_memory(error);
  for (size_t i = 0; i < results->cell_count; i++) {
    const struct cell *cell = &results->cells[i];
    cells[i] =
        (struct pseudo_replicates_cell){.workers = (double)cell->workers,
                                        .batch = (double)cell->batch,
                                        .throughput = cell->tokens_per_s.estimate,
                                        .usable = cells_usable(cell) && (double)cell->workers < first_drop};
  }
  enum status status = pseudo_replicates_spread(cells, results->cell_count, scale, spread, error);
  free(cells);
  return status;
}

enum status cells_spread(const struct cells_samples *samples, enum stat_scale scale, struct ci_spread given,
                         double first_drop, struct results *results, struct ci_pool *pool,
                         struct error *error) {
  struct ci_pool found = {.p = 1};
  enum sigma_source source = SIGMA_NONE;
  enum status status = STATUS_OK;
  if (given.df > 0) {
    found.spread = given;
    source = SIGMA_GIVEN;
  } else {
    status = pool_replicates(samples, scale, results, &found, error);
    if (status == STATUS_OK && found.spread.df > 0)
      status = shared_df(samples, scale, results, &found, error);
    if (status != STATUS_OK) return status;
    if (found.spread.df > 0 && found.spread.sd > 0) {
      source = SIGMA_REPLICATES;
    } else {
      struct ci_spread pseudo;
      status = pseudo_replicates(results, scale, first_drop, &pseudo, error);
      if (status != STATUS_OK && status != STATUS_NUMERIC) return status;
      found = (struct ci_pool){.p = 1};
      if (status == STATUS_OK && pseudo.sd > 0 && pseudo.df >= CELLS_MIN_PSEUDO_DF) {
        found.spread = pseudo;
        source = SIGMA_PSEUDO_REPLICATES;
      }
    }
  }
  results->sigma_source = source;
  results->sigma = source == SIGMA_NONE ? NAN : found.spread.sd;
  results->sigma_df = source == SIGMA_NONE ? NAN : found.spread.df;
  *pool = found;
  return STATUS_OK;
}

enum status cells_intervals(const struct cells_samples *samples, enum stat_scale scale,
                            const struct ci_pool *pool, struct results *results, struct error *error) {
  for (size_t i = 0; i < results->cell_count; i++) {
    struct cell *cell = &results->cells[i];
    if (samples->of[i].count == 0 || cell->flags & CELL_COLD) continue;
    struct ci_sample sample = {samples->of[i].values, samples->of[i].count};
    struct ci ci;
    enum ci_source source;
    enum status status = ci_of_cell(sample, scale, results->sigma_source == SIGMA_NONE ? NULL : pool,
                                    results->confidence, &ci, &source, error);
    if (status != STATUS_OK) {
      return status_prefix(error, status, "workers %lld, batch %lld", (long long)cell->workers,
                           (long long)cell->batch);
    }
    double geometric = cell->tokens_per_s.estimate;
    cell->tokens_per_s = estimate_of(ci);
    if (scale == STAT_SCALE_LN) cell->tokens_per_s.estimate = geometric;
    cell->pooled_interval = source == CI_SOURCE_POOLED || source == CI_SOURCE_BORROWED;
  }
  return STATUS_OK;
}
