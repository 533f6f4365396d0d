// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/levels_scan.h"

#include <stdlib.h>

#include "analyze/stat/cliff.h"

enum status levels_scan(const struct levels_scan_level *levels, size_t count, double confidence,
                        struct levels_scan_step *steps, size_t *found, struct error *error) {
  *found = 0;
  if (count < 2) return STATUS_OK;
  struct cliff_level *given = calloc(count, sizeof *given);
  struct cliff *cliffs = calloc(count, sizeof *cliffs);
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
  for (size_t i = 0; i < pairs; i++) {
    steps[i] = (struct levels_scan_step){cliffs[i].from, cliffs[i].to, cliffs[i].ratio, cliffs[i].is_cliff};
  }
  *found = pairs;
cleanup:
  free(given);
  free(cliffs);
  return status;
}
