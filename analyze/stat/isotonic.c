// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/isotonic.h"

#include <math.h>
#include <stdlib.h>

struct pool {
  double sum;
  size_t count;
};

static double mean_of(const struct pool *pool) {
  return pool->sum / (double)pool->count;
}

enum status isotonic_fit(double *values, size_t count) {
  struct pool *pools = malloc((count + 1) * sizeof *pools);
  if (!pools) return STATUS_MEMORY;
  size_t used = 0;
  for (size_t i = 0; i < count; i++) {
    pools[used++] = (struct pool){values[i], 1};
    for (; used > 1 && mean_of(&pools[used - 2]) > mean_of(&pools[used - 1]); used--) {
      pools[used - 2].sum += pools[used - 1].sum;
      pools[used - 2].count += pools[used - 1].count;
    }
  }
  for (size_t i = 0, pool = 0; pool < used; pool++) {
    for (size_t end = i + pools[pool].count; i < end; i++)
      values[i] = mean_of(&pools[pool]);
  }
  free(pools);
  return STATUS_OK;
}

void isotonic_bounds(double *lo, double *hi, size_t count) {
  for (size_t i = 1; i < count; i++) {
    lo[i] = fmax(lo[i], lo[i - 1]);
    hi[count - 1 - i] = fmin(hi[count - 1 - i], hi[count - i]);
  }
}
