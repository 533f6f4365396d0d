// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/distributions.h"

#include <stdlib.h>

struct chosen {
  const struct cells_samples *samples;
  const struct results *results;
  size_t cells[DISTRIBUTIONS_MAX];
  size_t count;
};

static void choose(struct chosen *chosen, size_t cell) {
  if (cell >= chosen->samples->count || chosen->count == DISTRIBUTIONS_MAX) return;
  if (!cells_usable(&chosen->results->cells[cell])) return;
  if (times_count(&chosen->samples->of[cell].cell->pooled.of[LOAD_LATENCY]) == 0) return;
  for (size_t i = 0; i < chosen->count; i++) {
    if (chosen->cells[i] == cell) return;
  }
  chosen->cells[chosen->count++] = cell;
}

// The nearest usable batches of the same level, then those of the same size on the nearest levels.
static void choose_neighbours(struct chosen *chosen, size_t cell) {
  const struct results *results = chosen->results;
  const struct cell *cells = results->cells, *own = &cells[cell];
  size_t before = cell, after = cell + 1, below = SIZE_MAX, above = SIZE_MAX;
  while (before > 0 && cells[before - 1].workers == own->workers && !cells_usable(&cells[before - 1]))
    before--;
  while (after < results->cell_count && cells[after].workers == own->workers && !cells_usable(&cells[after]))
    after++;
  if (before > 0 && cells[before - 1].workers == own->workers) choose(chosen, before - 1);
  if (after < results->cell_count && cells[after].workers == own->workers) choose(chosen, after);
  for (size_t i = 0; i < results->cell_count; i++) {
    if (cells[i].batch != own->batch || !cells_usable(&cells[i])) continue;
    if (cells[i].workers < own->workers) below = i;
    if (cells[i].workers > own->workers && above == SIZE_MAX) above = i;
  }
  choose(chosen, below);
  choose(chosen, above);
}

static int ascending(const void *a, const void *b) {
  const size_t *one = a, *other = b;
  return (*one > *other) - (*one < *other);
}

static void take(const struct load_cell *cell, struct distribution *distribution) {
  static const enum load_time times[RESULTS_TIMES] = {[RESULTS_LATENCY] = LOAD_LATENCY,
                                                      [RESULTS_TTFT] = LOAD_TTFT,
                                                      [RESULTS_TPOT] = LOAD_TPOT,
                                                      [RESULTS_ITL] = LOAD_ITL_P50};
  for (size_t i = 0; i < RESULTS_TIMES; i++) {
    struct times view = cell->pooled.of[times[i]]; // sorting changes the order of the values, nothing else
    times_quantiles(&view, results_quantile_levels, RESULTS_QUANTILES, distribution->of[i]);
  }
  distribution->requests = (int64_t)times_count(&cell->pooled.of[LOAD_LATENCY]);
}

enum status distributions_build(const struct cells_samples *samples, struct results *results,
                                struct error *error) {
  const struct best *best = &results->best;
  struct chosen chosen = {.samples = samples, .results = results};
  if (!best->exists) return STATUS_OK;
  choose(&chosen, best->recommended);
  choose(&chosen, best->cell);
  choose_neighbours(&chosen, best->recommended);
  for (size_t i = 0; i < best->set_count; i++)
    choose(&chosen, best->set[i]);
  if (chosen.count == 0) return STATUS_OK;
  qsort(chosen.cells, chosen.count, sizeof chosen.cells[0], ascending);
  results->distributions = calloc(chosen.count, sizeof *results->distributions);
  if (!results->distributions) return status_memory(error);
  for (size_t i = 0; i < chosen.count; i++) {
    results->distributions[i].cell = chosen.cells[i];
    take(samples->of[chosen.cells[i]].cell, &results->distributions[i]);
  }
  results->distribution_count = chosen.count;
  return STATUS_OK;
}
