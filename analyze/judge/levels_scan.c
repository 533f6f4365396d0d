// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/levels_scan.h"

#include <stdlib.h>

#include "analyze/stat/cliff.h"

static double maximum(const struct levels_scan_level *level) {
  double most = 0;
  for (size_t i = 0; i < level->count; i++) {
    if (level->throughput[i] > most) most = level->throughput[i];
  }
  return most;
}

// Levels without a common batch (full waves of each, say): the ratio of their largest cells, and no interval.
static struct levels_scan_step by_maximum(const struct levels_scan_level *from,
                                          const struct levels_scan_level *to) {
  double ratio = maximum(to) / maximum(from);
  return (struct levels_scan_step){from->workers, to->workers, ci_unbounded(ratio), ratio < CLIFF_RATIO};
}

enum status levels_scan(const struct levels_scan_level *levels, size_t count, double confidence,
                        struct levels_scan_step *steps, size_t *found, struct error *error) {
  *found = 0;
  if (count < 2) return STATUS_OK;
  struct cliff_level *given = calloc(count, sizeof *given);
  struct cliff_step *cliffs = calloc(count, sizeof *cliffs);
  enum status status = STATUS_MEMORY;
  size_t pairs = 0;
  if (!given || !cliffs) {
    status = status_fail(error, status, "%s", status_name(status));
    goto cleanup;
  }
  for (size_t i = 0; i < count; i++) {
    given[i] =
        (struct cliff_level){levels[i].workers, levels[i].batches, levels[i].throughput, levels[i].count};
  }
  status = cliff_scan(given, count, confidence, cliffs, &pairs, error);
  if (status != STATUS_OK) goto cleanup;
  for (size_t i = 0, at = 0; i + 1 < count; i++) {
    if (at < pairs && cliffs[at].from == levels[i].workers) {
      for (; at < pairs && cliffs[at].from == levels[i].workers; at++)
        steps[(*found)++] =
            (struct levels_scan_step){cliffs[at].from, cliffs[at].to, cliffs[at].ratio, cliffs[at].is_cliff};
    } else if (levels[i].count > 0 && levels[i + 1].count > 0) {
      steps[(*found)++] = by_maximum(&levels[i], &levels[i + 1]);
    }
  }
cleanup:
  free(given);
  free(cliffs);
  return status;
}
