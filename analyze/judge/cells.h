// SPDX-License-Identifier: GPL-3.0-or-later
//
// From replicates to cells: means, flags, percentiles, and intervals on the spread that fits.
#ifndef ANALYZE_CELLS_H
#define ANALYZE_CELLS_H

#include "analyze/input/load.h"
#include "analyze/results/results.h"
#include "analyze/stat/ci.h"

// A spread estimated from fewer degrees of freedom than this says nothing about cells that were not repeated:
// with one, an interval is 13 spreads wide on either side, and every cell is in the best set.
#define CELLS_MIN_PSEUDO_DF 3

// What batches are taken to spread by, at most, where nothing was repeated, for the test of a cold start.
#define CELLS_COLD_SD 0.05

// The throughputs behind results.cells[i], in its order; `replicates` are indices into cell->replicates.
// Values of one cell are independent: one per session of a managed server (the mean of a session's batches
// where the cell has two sessions or more), one per run where cells were measured in several runs of a server
// that is not managed (`by_run`), one per batch otherwise. Values of different cells are not when the cells
// share a session, a block or a run: every interval of a single cell is right all the same, for the pooled
// variance contains what they share, and its degrees of freedom are those of strata.h. Differences between
// cells are best.c's, which pairs them within blocks. count 0: a cell without a usable value (failed, or left
// out). The arrays lie in struct cells_samples.
struct cells_sample {
  const struct load_cell *cell;
  const double *values;
  const size_t *replicates;
  size_t count;
};

struct cells_samples {
  struct cells_sample *of;
  size_t count;
  bool by_run, in_passes; // in_passes: which pass a repetition is of is known of all
  bool managed;           // a server was restarted for its sessions, of which there are several
  double *values;
  size_t *replicates;
};

// The spread of cells below `first_drop` workers that should be alike (stat/pseudo_replicates.h); df 0: fewer
// than CELLS_MIN_PSEUDO_DF. STATUS_MEMORY.
enum status cells_alike(const struct results *results, enum stat_scale scale, double first_drop,
                        struct ci_spread *spread, struct error *error) MUST_USE;

// Writes results->cells, sorted, with everything but intervals of throughput and goodput's. The samples live
// as long as `data`; cells_free takes half-made ones.
enum status cells_build(const struct load_data *data, double confidence, struct results *results,
                        struct cells_samples *samples, struct error *error) MUST_USE;
void cells_free(struct cells_samples *samples);

// Chooses the spread, in results->sigma: `given` (df above zero), else pooled over replicates, else estimated
// from pseudo-replicates, which must lie below `first_drop` workers (INFINITY: none). Without any
// SIGMA_NONE. *pool is what intervals stand on.
enum status cells_spread(const struct cells_samples *samples, enum stat_scale scale, struct ci_spread given,
                         double first_drop, struct results *results, struct ci_pool *pool,
                         struct error *error) MUST_USE;

// Fills tokens_per_s.lo and hi of every usable cell.
enum status cells_intervals(const struct cells_samples *samples, enum stat_scale scale,
                            const struct ci_pool *pool, struct results *results,
                            struct error *error) MUST_USE;

// True for a cell that is ranked and fitted: measured, neither failed nor cold nor left out.
bool cells_usable(const struct cell *cell);

#endif
