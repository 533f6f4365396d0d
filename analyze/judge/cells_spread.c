// SPDX-License-Identifier: GPL-3.0-or-later
//
// How far throughput spreads by itself, and the intervals that stand on it.
#include <math.h>
#include <stdlib.h>

#include "analyze/judge/cells.h"
#include "analyze/judge/estimate.h"
#include "analyze/judge/strata.h"
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

// What it shares with other cells: its run, or its pass over the plan.
static int64_t block_of(const struct cells_samples *samples, const struct load_replicate *replicate) {
  if (samples->by_run) return replicate->block >> 32;
  return replicate->in_pass ? replicate->block : STRATA_NO_BLOCK;
}

static size_t list_residuals(const struct cells_samples *samples, enum stat_scale scale,
                             const struct results *results, struct strata_value *out) {
  size_t count = 0;
  for (size_t i = 0; i < samples->count; i++) {
    const struct cells_sample *sample = &samples->of[i];
    double mean = 0;
    if (!cells_usable(&results->cells[i]) || sample->count < 2) continue;
    for (size_t r = 0; r < sample->count; r++)
      mean += stat_to_scale(scale, sample->values[r]) / (double)sample->count;
    for (size_t r = 0; r < sample->count; r++) {
      const struct load_replicate *replicate = &sample->cell->replicates[sample->replicates[r]];
      out[count] = (struct strata_value){.workers = sample->cell->workers,
                                         .block = block_of(samples, replicate),
                                         .session = replicate->session,
                                         .cell = i,
                                         .residual = stat_to_scale(scale, sample->values[r]) - mean};
      count++;
    }
  }
  return count;
}

// Cells that share blocks or sessions do not measure the spread independently. A life of the server is in all
// cells of a run: however many these are, they are one value of it.
static enum status shared_df(const struct cells_samples *samples, enum stat_scale scale,
                             const struct results *results, struct ci_pool *pool, struct error *error) {
  size_t room = 1;
  for (size_t i = 0; i < samples->count; i++)
    room += samples->of[i].count;
  struct strata_value *values = calloc(room, sizeof *values);
  if (!values) return status_memory(error);
  size_t count = list_residuals(samples, scale, results, values);
  enum status status = strata_depend(values, count, samples->count, pool, error);
  free(values);
  return status;
}

enum status cells_alike(const struct results *results, enum stat_scale scale, double first_drop,
                        struct ci_spread *spread, struct error *error) {
  struct pseudo_replicates_cell *cells = calloc(results->cell_count + 1, sizeof *cells);
  struct ci_spread found;
  if (!cells) return status_memory(error);
  for (size_t i = 0; i < results->cell_count; i++) {
    const struct cell *cell = &results->cells[i];
    cells[i] =
        (struct pseudo_replicates_cell){.workers = (double)cell->workers,
                                        .batch = (double)cell->batch,
                                        .throughput = cell->tokens_per_s.estimate,
                                        .usable = cells_usable(cell) && (double)cell->workers < first_drop};
  }
  enum status status = pseudo_replicates_spread(cells, results->cell_count, scale, &found, error);
  free(cells);
  bool good = status == STATUS_OK && found.df >= CELLS_MIN_PSEUDO_DF;
  *spread = good ? found : (struct ci_spread){0, 0};
  return status == STATUS_NUMERIC ? STATUS_OK : status;
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
      struct ci_spread alike;
      status = cells_alike(results, scale, first_drop, &alike, error);
      if (status != STATUS_OK) return status;
      found = (struct ci_pool){.p = 1};
      if (alike.sd > 0) {
        found.spread = alike;
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
