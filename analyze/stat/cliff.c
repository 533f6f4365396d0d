// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/cliff.h"

#include <math.h>
#include <stdlib.h>

static double largest(const struct cliff_level *level) {
  double top = 0;
  for (size_t i = 0; i < level->count; i++)
    top = fmax(top, level->throughput[i]);
  return top;
}

// Ratios at the common batches where both levels are near their best; returns how many, `ratios` having
// from->count places.
static size_t pair_up(const struct cliff_level *from, const struct cliff_level *to, double *ratios) {
  double from_floor = CLIFF_SHARE_OF_MAX * largest(from), to_floor = CLIFF_SHARE_OF_MAX * largest(to);
  size_t pairs = 0;
  for (size_t i = 0; i < from->count; i++) {
    for (size_t j = 0; j < to->count; j++) {
      if (from->batches[i] != to->batches[j]) continue;
      if (from->throughput[i] >= from_floor && to->throughput[j] >= to_floor) {
        ratios[pairs++] = to->throughput[j] / from->throughput[i];
      }
      break;
    }
  }
  return pairs;
}

enum status cliff_ratio(const struct cliff_level *from, const struct cliff_level *to, double confidence,
                        struct cliff_step *cliff, struct error *error) {
  struct cliff_step found = {.from = from->workers, .to = to->workers};
  enum status status = stat_check_confidence(confidence, error);
  if (status) return status;
  if (from->count == 0)
    return status_fail(error, STATUS_USAGE, "%g workers have no usable cell", from->workers);
  if (!stat_all_positive(from->throughput, from->count) || !stat_all_positive(to->throughput, to->count)) {
    return status_fail(error, STATUS_NUMERIC, "a throughput is not above zero, or not finite");
  }
  if (to->count == 0) {
    found.ratio = ci_unbounded(0);
    found.is_cliff = true;
    *cliff = found;
    return STATUS_OK;
  }
  double *ratios = malloc(from->count * sizeof *ratios);
  if (!ratios) return stat_no_memory(error, "no memory for %zu cells", from->count);
  found.pairs = pair_up(from, to, ratios);
  if (found.pairs == 0) {
    status = status_fail(error, STATUS_NUMERIC, "%g and %g workers share no batch near their best",
                         from->workers, to->workers);
  } else {
    // Pairs that agree exactly (or a single one) have a ratio, but nothing to judge it by.
    struct ci_sample sample = {ratios, found.pairs};
    enum ci_source source;
    status = ci_of_cell(sample, STAT_SCALE_LN, NULL, confidence, &found.ratio, &source, error);
  }
  free(ratios);
  if (status) return status;
  found.is_cliff = found.ratio.estimate < CLIFF_RATIO;
  *cliff = found;
  return STATUS_OK;
}

enum status cliff_scan(const struct cliff_level *levels, size_t count, double confidence,
                       struct cliff_step *cliffs, size_t *found, struct error *error) {
  size_t compared = 0;
  for (size_t i = 0; i + 1 < count; i++) {
    if (!(levels[i].workers < levels[i + 1].workers)) {
      return status_fail(error, STATUS_USAGE, "levels are not sorted by workers");
    }
  }
  for (size_t i = 0; i + 1 < count; i++) {
    if (levels[i].count == 0) continue;
    enum status status = cliff_ratio(&levels[i], &levels[i + 1], confidence, &cliffs[compared], error);
    if (status == STATUS_OK) compared++;
    if (status && status != STATUS_NUMERIC) return status;
  }
  *found = compared;
  return STATUS_OK;
}
