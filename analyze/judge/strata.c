// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/strata.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_by_session(const void *left, const void *right) {
  const struct strata_value *a = left, *b = right;
  if (a->workers != b->workers) return a->workers < b->workers ? -1 : 1;
  return (a->session > b->session) - (a->session < b->session);
}

static int compare_by_block(const void *left, const void *right) {
  const struct strata_value *a = left, *b = right;
  return (a->block > b->block) - (a->block < b->block);
}

struct stratum strata_between_sessions(struct strata_value *values, size_t count) {
  struct stratum stratum = {0};
  stat_sort(values, count, sizeof *values, compare_by_session);
  for (size_t i = 0; i < count;) {
    double between = 0, sessions = 0;
    int64_t workers = values[i].workers;
    for (; i < count && values[i].workers == workers; sessions++) {
      size_t first = i, session = values[i].session;
      double sum = 0;
      for (; i < count && values[i].workers == workers && values[i].session == session; i++)
        sum += values[i].residual;
      between += sum * sum / (double)(i - first);
    }
    if (sessions > 1) stratum.squares += between; // of a single session it is rounding
    stratum.df += sessions - 1;
    stratum.groups += sessions;
  }
  return stratum;
}

static size_t root_of(size_t *parents, size_t i) {
  while (parents[i] != i)
    i = parents[i] = parents[parents[i]];
  return i;
}

static double cells_among(const struct strata_value *values, size_t count, size_t *seen, size_t room) {
  double cells = 0;
  memset(seen, 0, room * sizeof *seen);
  for (size_t i = 0; i < count; i++) {
    cells += seen[values[i].cell] == 0;
    seen[values[i].cell] = 1;
  }
  return cells;
}

// Blocks that no cell has in common are compared by nothing: each such group of blocks costs a degree of
// freedom. Values of no known block say nothing of blocks. `parents` has room for a place per cell and one
// per block, `room` cells.
static struct stratum between_blocks(struct strata_value *values, size_t count, size_t *parents,
                                     size_t room) {
  struct stratum stratum = {0};
  size_t blocks = 0, known = 0;
  stat_sort(values, count, sizeof *values, compare_by_block);
  while (known < count && values[known].block == STRATA_NO_BLOCK)
    known++;
  for (size_t i = 0; i < room + count; i++)
    parents[i] = i;
  for (size_t i = known; i < count; blocks++) {
    size_t first = i;
    double sum = 0;
    for (; i < count && values[i].block == values[first].block; i++) {
      sum += values[i].residual;
      size_t cell = root_of(parents, values[i].cell), block = root_of(parents, room + blocks);
      if (cell != block) {
        parents[cell] = block;
        stratum.df++;
      }
    }
    stratum.squares += sum * sum / (double)(i - first);
  }
  // A tree over cells and blocks has one link less than places.
  stratum.df -= cells_among(values + known, count - known, parents, room);
  return stratum;
}

// Strata from the widest to the narrowest, each of a larger mean square than the next: one that is not is
// pooled with it, since its component is estimated as zero. Returns how many are left.
static size_t order_strata(struct stratum *strata, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    if (!(strata[i].df > 0)) continue;
    strata[kept++] = strata[i];
    for (; kept > 1; kept--) {
      struct stratum *upper = &strata[kept - 2], *lower = &strata[kept - 1];
      if (upper->squares * lower->df > lower->squares * upper->df) break;
      upper->squares += lower->squares;
      upper->df += lower->df;
    }
  }
  return kept;
}

// What a stratum adds to the variance of one value is its mean square less the next one's, as far as it
// counts in the pooled one.
static double multiplier_of(const struct stratum *strata, size_t count, double df, double squares) {
  double sum = 0, above = 0;
  for (size_t i = 0; i < count; i++) {
    double below = i + 1 < count ? strata[i + 1].squares / strata[i + 1].df : 0;
    above += strata[i].df;
    sum += (strata[i].squares / strata[i].df - below) * above / df *
           stat_t_multiplier(STRATA_CONFIDENCE, strata[i].df);
  }
  return sum * df / squares;
}

static double df_of(double multiplier, double lo, double hi) {
  for (int i = 0; i < 40; i++) {
    double middle = sqrt(lo * hi);
    if (stat_t_multiplier(STRATA_CONFIDENCE, middle) > multiplier)
      lo = middle;
    else
      hi = middle;
  }
  return hi;
}

static void depend(struct stratum all, struct stratum sessions, struct stratum blocks, struct ci_pool *pool) {
  struct stratum strata[3] = {blocks};
  struct stratum shared = blocks;
  if (sessions.df > blocks.df) {
    strata[1].squares = fmax(0, sessions.squares - blocks.squares);
    strata[1].df = sessions.df - fmax(0, blocks.df);
    shared = sessions;
  }
  if (!(shared.df > 0)) return;
  strata[2].squares = fmax(0, all.squares - shared.squares);
  strata[2].df = fmax(0, all.df - shared.df);
  size_t count = order_strata(strata, 3);
  double squares = 0, df = 0;
  for (size_t i = 0; i < count; i++) {
    squares += strata[i].squares;
    df += strata[i].df;
  }
  if (squares > 0) ci_pool_depend(pool, df_of(multiplier_of(strata, count, df, squares), 1, df));
}

enum status strata_depend(struct strata_value *values, size_t count, size_t cells, struct ci_pool *pool,
                          struct error *error) {
  size_t *places = calloc(cells + count + 1, sizeof *places);
  if (!places) return status_memory(error);
  struct stratum blocks = between_blocks(values, count, places, cells), all = {0};
  all.df = (double)count - cells_among(values, count, places, cells);
  for (size_t i = 0; i < count; i++)
    all.squares += values[i].residual * values[i].residual;
  depend(all, strata_between_sessions(values, count), blocks, pool);
  free(places);
  return STATUS_OK;
}
