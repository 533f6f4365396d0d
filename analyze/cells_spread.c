// SPDX-License-Identifier: GPL-3.0-or-later
//
// How far throughput spreads by itself, and the intervals that stand on it.
#include <math.h>
#include <stdlib.h>

#include "analyze/cells.h"
#include "analyze/stat/imported.h"

static enum status pool_replicates(const struct cells_samples *samples, enum stat_scale scale,
                                   const struct results *results, struct ci_pool *pool, struct error *error) {
  struct ci_sample *usable = calloc(samples->count + 1, sizeof *usable);
  if (!usable) return status_fail(error, STATUS_MEMORY, "%s", status_name(STATUS_MEMORY));
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

static enum status pseudo_replicates(const struct results *results, enum stat_scale scale, double first_cliff,
                                     struct ci_spread *spread, struct error *error) {
  struct imported_cell *cells = calloc(results->cell_count + 1, sizeof *cells);
  if (!cells) return status_fail(error, STATUS_MEMORY, "%s", status_name(STATUS_MEMORY));
  for (size_t i = 0; i < results->cell_count; i++) {
    const struct cell *cell = &results->cells[i];
    cells[i] = (struct imported_cell){.workers = (double)cell->workers,
                                      .batch = (double)cell->batch,
                                      .throughput = cell->tokens_per_s.estimate,
                                      .usable = cells_usable(cell) && (double)cell->workers < first_cliff};
  }
  enum status status = imported_spread(cells, results->cell_count, scale, spread, error);
  free(cells);
  return status;
}

enum status cells_spread(const struct cells_samples *samples, enum stat_scale scale, struct ci_spread given,
                         double first_cliff, struct results *results, struct ci_pool *pool,
                         struct error *error) {
  struct ci_pool found = {.p = 1};
  enum sigma_source source = SIGMA_NONE;
  enum status status = STATUS_OK;
  if (given.df > 0) {
    found.spread = given;
    source = SIGMA_GIVEN;
  } else {
    status = pool_replicates(samples, scale, results, &found, error);
    if (status != STATUS_OK) return status;
    if (found.spread.df > 0 && found.spread.sd > 0) {
      source = SIGMA_REPLICATES;
    } else {
      struct ci_spread pseudo;
      status = pseudo_replicates(results, scale, first_cliff, &pseudo, error);
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
    cell->tokens_per_s = cells_estimate(ci);
    if (scale == STAT_SCALE_LN) cell->tokens_per_s.estimate = geometric;
    cell->pooled_interval = source == CI_SOURCE_POOLED || source == CI_SOURCE_BORROWED;
  }
  return STATUS_OK;
}
