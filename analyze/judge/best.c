// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/best.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/stat/mcb.h"

// The usable cells, as arrays; index[i] points into results.cells.
struct candidates {
  size_t count;
  size_t *index, *replicates;
  double *means, *workers, *regret;
  struct ci_sample *values;
  bool *in_set;
};

static void free_candidates(struct candidates *candidates) {
  free(candidates->index);
  free(candidates->replicates);
  free(candidates->means);
  free(candidates->workers);
  free(candidates->regret);
  free(candidates->values);
  free(candidates->in_set);
}

static double mean_on_scale(const struct cells_sample *sample, enum stat_scale scale) {
  double sum = 0;
  for (size_t i = 0; i < sample->count; i++)
    sum += stat_to_scale(scale, sample->values[i]);
  return sum / (double)sample->count;
}

static enum status list_candidates(const struct cells_samples *samples, enum stat_scale scale,
                                   const struct results *results, struct candidates *out,
                                   struct error *error) {
  size_t room = results->cell_count + 1;
  out->index = calloc(room, sizeof *out->index);
  out->replicates = calloc(room, sizeof *out->replicates);
  out->means = calloc(room, sizeof *out->means);
  out->workers = calloc(room, sizeof *out->workers);
  out->regret = calloc(room, sizeof *out->regret);
  out->values = calloc(room, sizeof *out->values);
  out->in_set = calloc(room, sizeof *out->in_set);
  if (!out->index || !out->replicates || !out->means || !out->workers || !out->regret || !out->values ||
      !out->in_set) {
    return status_memory(error);
  }
  for (size_t i = 0; i < results->cell_count; i++) {
    if (!cells_usable(&results->cells[i])) continue;
    size_t at = out->count++;
    out->index[at] = i;
    out->replicates[at] = samples->of[i].count;
    out->means[at] = mean_on_scale(&samples->of[i], scale);
    out->workers[at] = (double)results->cells[i].workers;
    out->values[at] = (struct ci_sample){samples->of[i].values, samples->of[i].count};
  }
  return STATUS_OK;
}

static int compare_int64(const void *left, const void *right) {
  int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

// The blocks of one cell, ascending; false when one comes twice.
static bool blocks_of(const struct cells_sample *sample, int64_t *blocks) {
  for (size_t i = 0; i < sample->count; i++)
    blocks[i] = sample->cell->replicates[sample->replicates[i]].block;
  qsort(blocks, sample->count, sizeof *blocks, compare_int64);
  for (size_t i = 1; i < sample->count; i++) {
    if (blocks[i] == blocks[i - 1]) return false;
  }
  return true;
}

// values[block * cells + cell] on the scale, when every candidate was measured once in every block; NULL when
// not.
static double *complete_blocks(const struct cells_samples *samples, enum stat_scale scale,
                               const struct candidates *candidates, size_t *block_count) {
  size_t blocks = samples->of[candidates->index[0]].count, cells = candidates->count;
  int64_t *wanted = calloc(blocks + 1, sizeof *wanted), *own = calloc(blocks + 1, sizeof *own);
  double *values = calloc(blocks * cells + 1, sizeof *values);
  bool complete =
      wanted && own && values && blocks >= 2 && blocks_of(&samples->of[candidates->index[0]], wanted);
  for (size_t c = 0; complete && c < cells; c++) {
    const struct cells_sample *sample = &samples->of[candidates->index[c]];
    complete = sample->count == blocks && blocks_of(sample, own);
    for (size_t i = 0; complete && i < blocks; i++)
      complete = own[i] == wanted[i];
    for (size_t i = 0; complete && i < blocks; i++) {
      int64_t block = sample->cell->replicates[sample->replicates[i]].block;
      size_t at = 0;
      while (wanted[at] != block)
        at++;
      values[at * cells + c] = stat_to_scale(scale, sample->values[i]);
    }
  }
  free(wanted);
  free(own);
  if (complete) {
    *block_count = blocks;
    return values;
  }
  free(values);
  return NULL;
}

static enum status compare_all(const struct cells_samples *samples, const struct best_options *options,
                               const struct results *results, struct candidates *candidates,
                               struct mcb_result *out, struct error *error) {
  struct mcb_options mcb = {.confidence = results->confidence,
                            .scale = options->scale,
                            .seed = options->seed,
                            .draws = options->draws};
  if (mcb.draws == 0) mcb.draws = mcb_draws(candidates->count);
  bool from_replicates = results->sigma_source == SIGMA_REPLICATES;
  size_t blocks = 0;
  enum status status = STATUS_NUMERIC;
  // The intervals of cells stand on their own spreads where these differ, and so does the set.
  if (from_replicates && options->pool.different && candidates->count <= MCB_PAIRS_MAX) {
    status = mcb_pairs(candidates->values, candidates->count, &options->pool, &mcb, candidates->in_set,
                       candidates->regret, out, error);
  }
  if (status == STATUS_NUMERIC && options->managed && from_replicates && candidates->count > 1) {
    double *values = complete_blocks(samples, options->scale, candidates, &blocks);
    if (values) {
      status = mcb_blocks(values, blocks, candidates->count, candidates->workers, &mcb, candidates->in_set,
                          NULL, out, error);
    }
    free(values);
  }
  if (status == STATUS_NUMERIC) {
    status = mcb_cells(candidates->means, candidates->replicates, candidates->count, options->pool.spread,
                       &mcb, candidates->in_set, NULL, out, error);
  }
  return status;
}

struct ranked {
  double tokens_per_s;
  size_t cell;
};

static int compare_ranked(const void *left, const void *right) {
  const struct ranked *a = left, *b = right;
  if (a->tokens_per_s != b->tokens_per_s) return a->tokens_per_s > b->tokens_per_s ? -1 : 1;
  return (a->cell > b->cell) - (a->cell < b->cell);
}

// The set, largest first.
static enum status keep_set(const struct candidates *candidates, struct results *results,
                            struct error *error) {
  struct best *best = &results->best;
  struct ranked *ranked = calloc(candidates->count, sizeof *ranked);
  best->set = calloc(candidates->count, sizeof *best->set);
  if (!best->set || !ranked) {
    free(ranked);
    return status_memory(error);
  }
  for (size_t i = 0; i < candidates->count; i++) {
    if (!candidates->in_set[i]) continue;
    size_t cell = candidates->index[i];
    results->cells[cell].in_best_set = true;
    ranked[best->set_count++] = (struct ranked){results->cells[cell].tokens_per_s.estimate, cell};
  }
  qsort(ranked, best->set_count, sizeof *ranked, compare_ranked);
  for (size_t i = 0; i < best->set_count; i++)
    best->set[i] = ranked[i].cell;
  free(ranked);
  return STATUS_OK;
}

static void find_edges(struct results *results) {
  const struct cell *cell = &results->cells[results->best.cell];
  const struct workers_row *last = &results->workers[results->workers_count - 1];
  results->best.workers_edge = cell->workers == last->workers;
  for (size_t i = 0; i < results->workers_count; i++) {
    const struct workers_row *row = &results->workers[i];
    if (row->workers != cell->workers) continue;
    // One batch size is no ladder.
    results->best.batch_edge =
        row->cell_count > 1 && results->best.cell == row->first_cell + row->cell_count - 1;
  }
}

enum status best_find(const struct cells_samples *samples, const struct best_options *options,
                      struct results *results, struct error *error) {
  struct best *best = &results->best;
  best->regret_bound = NAN;
  struct candidates candidates = {0};
  enum status status = list_candidates(samples, options->scale, results, &candidates, error);
  if (status != STATUS_OK || candidates.count == 0) goto cleanup;
  best->exists = true;
  size_t largest = 0;
  for (size_t i = 1; i < candidates.count; i++) {
    if (candidates.means[i] > candidates.means[largest]) largest = i;
  }
  best->cell = best->recommended = candidates.index[largest];
  find_edges(results);
  if (results->sigma_source == SIGMA_NONE) goto cleanup;
  struct mcb_result result;
  status = compare_all(samples, options, results, &candidates, &result, error);
  if (status == STATUS_NUMERIC)
    status = STATUS_OK; // no set, which the report says
  else if (status == STATUS_OK) {
    best->regret_bound = result.regret_bound;
    status = keep_set(&candidates, results, error);
  }
cleanup:
  free_candidates(&candidates);
  return status;
}
