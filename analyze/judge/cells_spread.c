// SPDX-License-Identifier: GPL-3.0-or-later
//
// How far throughput spreads by itself, and the intervals that stand on it.
#include <math.h>
#include <stdlib.h>

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
  int64_t workers;
  size_t session;
  double value;
};

static int compare_residuals(const void *left, const void *right) {
  const struct residual *a = left, *b = right;
  if (a->workers != b->workers) return a->workers < b->workers ? -1 : 1;
  return (a->session > b->session) - (a->session < b->session);
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
      size_t session = sample->cell->replicates[sample->replicates[r]].session;
      out[count++] =
          (struct residual){sample->cell->workers, session, stat_to_scale(scale, sample->values[r]) - mean};
    }
  }
  return count;
}

// Sums of squares between the sessions of a level and within them, over all levels.
struct shared {
  double between, between_df, within, within_df;
};

static void add_level(const struct residual *residuals, size_t count, double df, struct shared *shared) {
  double all = 0, between = 0, sessions = 0;
  for (size_t i = 0; i < count; sessions++) {
    size_t first = i;
    double sum = 0;
    for (; i < count && residuals[i].session == residuals[first].session; i++) {
      sum += residuals[i].value;
      all += residuals[i].value * residuals[i].value;
    }
    if (sessions > 0 || i < count)
      between += sum * sum / (double)(i - first); // of a single session it is rounding
  }
  shared->between += between;
  shared->between_df += sessions - 1;
  shared->within += fmax(0, all - between);
  shared->within_df += fmax(0, df - (sessions - 1));
}

// Cells that share sessions do not tell the spread independently: Satterthwaite's degrees of freedom of the
// pooled variance, between 1 and what independent cells would have.
static enum status shared_df(const struct cells_samples *samples, enum stat_scale scale,
                             const struct results *results, struct ci_pool *pool, struct error *error) {
  size_t room = 1;
  for (size_t i = 0; i < samples->count; i++)
    room += samples->of[i].count;
  struct residual *residuals = calloc(room, sizeof *residuals);
  if (!residuals) return status_memory(error);
  size_t count = list_residuals(samples, scale, results, residuals), cell = 0;
  qsort(residuals, count, sizeof *residuals, compare_residuals);
  struct shared shared = {0};
  for (size_t i = 0; i < count;) {
    size_t first = i;
    double df = 0;
    while (i < count && residuals[i].workers == residuals[first].workers)
      i++;
    for (; cell < samples->count && samples->of[cell].cell->workers <= residuals[first].workers; cell++) {
      if (cells_usable(&results->cells[cell]) && samples->of[cell].count > 1)
        df += (double)samples->of[cell].count - 1;
    }
    add_level(residuals + first, i - first, df, &shared);
  }
  free(residuals);
  double squares = shared.between + shared.within, weakness = 0;
  if (shared.between_df > 0) weakness += shared.between * shared.between / shared.between_df;
  if (shared.within_df > 0) weakness += shared.within * shared.within / shared.within_df;
  if (shared.between_df > 0 && weakness > 0) ci_pool_depend(pool, fmax(1, squares * squares / weakness));
  return STATUS_OK;
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
