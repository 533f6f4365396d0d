// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/imported.h"

#include <math.h>

bool imported_is_cold(double first_batch, double first_throughput, double next_batch,
                      double next_throughput) {
  double values[] = {first_batch, first_throughput, next_batch, next_throughput};
  if (!stat_all_positive(values, 4) || !(next_batch > first_batch)) return false;
  return next_throughput / first_throughput > next_batch / first_batch;
}

static bool counts(const struct imported_cell *cell) {
  return cell->usable && cell->batch <= cell->workers && cell->batch >= IMPORTED_MIN_BATCH;
}

enum status imported_spread(const struct imported_cell *cells, size_t count, enum stat_scale scale,
                            struct ci_spread *spread, struct error *error) {
  double squares = 0, df = 0;
  for (size_t i = 0; i < count; i++) {
    if (counts(&cells[i]) && !stat_all_positive(&cells[i].throughput, 1)) {
      return status_fail(error, STATUS_NUMERIC, "a throughput is not above zero, or not finite");
    }
  }
  for (size_t i = 0; i < count; i++) {
    bool first = counts(&cells[i]);
    for (size_t j = 0; j < i && first; j++)
      first = !(counts(&cells[j]) && cells[j].batch == cells[i].batch);
    if (!first) continue;
    double members = 0, mean = 0, group = 0; // Welford over the cells of this batch
    for (size_t j = i; j < count; j++) {
      if (!counts(&cells[j]) || cells[j].batch != cells[i].batch) continue;
      double value = stat_to_scale(scale, cells[j].throughput), step = value - mean;
      mean += step / ++members;
      group += step * (value - mean);
    }
    squares += group;
    df += members - 1;
  }
  if (!(df > 0) || !isfinite(squares))
    return status_fail(error, STATUS_NUMERIC, "no two cells that should be alike");
  *spread = (struct ci_spread){.sd = sqrt(squares / df), .df = df};
  return STATUS_OK;
}
