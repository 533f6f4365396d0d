// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/pseudo_replicates.h"

#include <math.h>
#include <stdlib.h>

bool pseudo_replicates_is_cold(double first_batch, double first_throughput, double next_batch,
                               double next_throughput, double ln_chance) {
  double values[] = {first_batch, first_throughput, next_batch, next_throughput};
  if (!stat_all_positive(values, 4) || !(next_batch > first_batch)) return false;
  return log(next_throughput / first_throughput) > log(next_batch / first_batch) + ln_chance;
}

static bool counts(const struct pseudo_replicates_cell *cell) {
  return cell->usable && cell->batch <= cell->workers && cell->batch >= IMPORTED_MIN_BATCH;
}

static int compare_batches(const void *left, const void *right) {
  const struct pseudo_replicates_cell *a = *(const struct pseudo_replicates_cell *const *)left;
  const struct pseudo_replicates_cell *b = *(const struct pseudo_replicates_cell *const *)right;
  if (a->batch != b->batch) return a->batch < b->batch ? -1 : 1;
  return (a > b) - (a < b); // in the order given
}

enum status pseudo_replicates_spread(const struct pseudo_replicates_cell *cells, size_t count,
                                     enum stat_scale scale, struct ci_spread *spread, struct error *error) {
  const struct pseudo_replicates_cell **alike = malloc((count + 1) * sizeof(struct pseudo_replicates_cell *));
  size_t used = 0;
  double squares = 0, df = 0;
  if (!alike) return stat_no_memory(error, "no memory for %zu cells", count);
  for (size_t i = 0; i < count; i++) {
    if (!counts(&cells[i])) continue;
    if (!stat_all_positive(&cells[i].throughput, 1)) {
      free(alike);
      return status_fail(error, STATUS_NUMERIC, "a throughput is not above zero, or not finite");
    }
    alike[used++] = &cells[i];
  }
  qsort(alike, used, sizeof(struct pseudo_replicates_cell *), compare_batches);
  for (size_t i = 0; i < used;) {
    double members = 0, mean = 0, group = 0, batch = alike[i]->batch; // Welford over the cells of this batch
    for (; i < used && alike[i]->batch == batch; i++) {
      double value = stat_to_scale(scale, alike[i]->throughput), step = value - mean;
      mean += step / ++members;
      group += step * (value - mean);
    }
    squares += group;
    df += members - 1;
  }
  free(alike);
  if (!(df > 0) || !isfinite(squares))
    return status_fail(error, STATUS_NUMERIC, "no two cells that should be alike");
  *spread = (struct ci_spread){.sd = sqrt(squares / df), .df = df};
  return STATUS_OK;
}
