// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/warnings_modes.h"

#include <string.h>

#include "analyze/judge/warnings.h"
#include "analyze/stat/modes.h"

#define LEVEL 0.05 // of all cells together
#define MIN_RATIO 1.05
#define SEED 1

static bool has_enough(const struct cells_samples *samples, const struct results *results, size_t cell) {
  size_t count = samples->of[cell].count;
  return cells_usable(&results->cells[cell]) && count >= MODES_MIN && count <= MODES_MAX;
}

static enum status look_at(const struct cells_samples *samples, struct results *results, size_t cell,
                           double level, double *thresholds) {
  double values[MODES_MAX];
  size_t count = samples->of[cell].count;
  struct modes modes;
  memcpy(values, samples->of[cell].values, count * sizeof *values);
  if (modes_split(values, count, &modes, NULL) != STATUS_OK || modes.high_mean < MIN_RATIO * modes.low_mean)
    return STATUS_OK;
  if (thresholds[count] == 0) {
    enum status status = modes_threshold(count, level, SEED, &thresholds[count], NULL);
    if (status != STATUS_OK) return status;
  }
  if (modes.within >= thresholds[count]) return STATUS_OK;
  struct warning warning = warnings_new(WARNING_TWO_MODES);
  warning.workers = results->cells[cell].workers;
  warning.batch = results->cells[cell].batch;
  warning.count = (int64_t)modes.low;
  warning.value = (double)count;
  warning.lo = modes.low_mean;
  warning.hi = modes.high_mean;
  return warnings_add(results, &warning);
}

enum status warnings_modes(const struct cells_samples *samples, struct results *results) {
  double thresholds[MODES_MAX + 1] = {0}; // by count; 0: not known yet
  size_t cells = 0;
  enum status status = STATUS_OK;
  for (size_t i = 0; i < results->cell_count; i++)
    cells += has_enough(samples, results, i);
  for (size_t i = 0; i < results->cell_count && status == STATUS_OK; i++) {
    if (has_enough(samples, results, i))
      status = look_at(samples, results, i, LEVEL / (double)cells, thresholds);
  }
  return status;
}
