// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/baseline.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/judge/cells.h"
#include "analyze/judge/estimate.h"
#include "analyze/stat/compare.h"

// One run's cells.
struct side {
  struct results results;
  struct cells_samples samples;
};

// A cell that both have; indices into either side's cells.
struct pair {
  size_t baseline, run;
};

// The blocks of one side, numbered from 0.
struct blocks {
  int64_t *keys;
  size_t count;
};

static int64_t needed(const struct compare *compare) {
  size_t replicates = compare->replicates_needed;
  return replicates > 0 && replicates <= COMPARE_MAX_REPLICATES ? (int64_t)replicates : -1;
}

static const char *verdict_name(enum compare_verdict verdict) {
  static const char *const names[] = {[COMPARE_FASTER] = "faster",
                                      [COMPARE_SLOWER] = "slower",
                                      [COMPARE_SAME] = "same",
                                      [COMPARE_UNDECIDED] = "undecided"};
  return names[verdict];
}

static void compare_one(const struct side *baseline, const struct side *run, struct pair pair,
                        const struct compare_options *options, struct comparison_cell *out) {
  const struct cell *before = &baseline->results.cells[pair.baseline], *now = &run->results.cells[pair.run];
  *out = (struct comparison_cell){
      .workers = now->workers,
      .batch = now->batch,
      .ratio = {NAN, NAN, NAN},
      .verdict = "undecided",
      .replicates_needed = -1,
      .ttft_p95_s = {before->ttft_s.p95.estimate, now->ttft_s.p95.estimate},
      .latency_p50_s = {before->latency_s.p50.estimate, now->latency_s.p50.estimate},
  };
  if (!cells_usable(now)) {
    out->verdict = "failed";
    return;
  }
  const struct cells_sample *old = &baseline->samples.of[pair.baseline], *new = &run->samples.of[pair.run];
  struct compare compare;
  if (compare_cell((struct ci_sample){old->values, old->count}, (struct ci_sample){new->values, new->count},
                   options, &compare, NULL) == STATUS_OK) {
    out->ratio = estimate_of(compare.ratio);
    out->verdict = verdict_name(compare.verdict);
    out->replicates_needed = needed(&compare);
  } else {
    out->ratio.estimate = now->tokens_per_s.estimate / before->tokens_per_s.estimate;
  }
}

static int compare_keys(const void *left, const void *right) {
  int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

static enum status list_blocks(const struct load_data *data, struct blocks *blocks) {
  size_t total = 0;
  for (size_t i = 0; i < data->cell_count; i++)
    total += data->cells[i].count;
  blocks->keys = calloc(total + 1, sizeof *blocks->keys);
  if (!blocks->keys) return STATUS_MEMORY;
  for (size_t i = 0, at = 0; i < data->cell_count; i++) {
    for (size_t r = 0; r < data->cells[i].count; r++)
      blocks->keys[at++] = data->cells[i].replicates[r].block;
  }
  qsort(blocks->keys, total, sizeof *blocks->keys, compare_keys);
  for (size_t i = 0; i < total; i++) {
    if (i == 0 || blocks->keys[i] != blocks->keys[i - 1]) blocks->keys[blocks->count++] = blocks->keys[i];
  }
  return STATUS_OK;
}

// values[block * cells + cell]; NaN where nothing was measured.
static double *matrix_of(const struct side *side, const size_t *cells, size_t count,
                         const struct blocks *blocks) {
  double *values = calloc(blocks->count * count + 1, sizeof *values);
  for (size_t i = 0; values && i < blocks->count * count; i++)
    values[i] = NAN;
  for (size_t c = 0; values && c < count; c++) {
    const struct cells_sample *sample = &side->samples.of[cells[c]];
    for (size_t r = 0; r < sample->count; r++) {
      int64_t key = sample->cell->replicates[sample->replicates[r]].block;
      const int64_t *found = bsearch(&key, blocks->keys, blocks->count, sizeof key, compare_keys);
      if (found) values[(size_t)(found - blocks->keys) * count + c] = sample->values[r];
    }
  }
  return values;
}

// All cells that are usable on both sides, together. Where the numbers allow no interval, none is given.
static enum status compare_all(const struct load_data *data[2], const struct side *sides[2],
                               const struct pair *pairs, size_t count, const struct compare_options *options,
                               struct comparison *out) {
  struct blocks blocks[2] = {{0}};
  double *values[2] = {NULL, NULL};
  size_t *cells = calloc(count + 1, sizeof *cells);
  enum status status = cells ? STATUS_OK : STATUS_MEMORY;
  for (int side = 0; side < 2 && status == STATUS_OK; side++) {
    for (size_t i = 0; i < count; i++)
      cells[i] = side == 0 ? pairs[i].baseline : pairs[i].run;
    status = list_blocks(data[side], &blocks[side]);
    if (status == STATUS_OK) values[side] = matrix_of(sides[side], cells, count, &blocks[side]);
    if (status == STATUS_OK && !values[side]) status = STATUS_MEMORY;
  }
  struct compare compare;
  if (status == STATUS_OK) {
    status = compare_overall(values[0], blocks[0].count, values[1], blocks[1].count, count, options, &compare,
                             &out->by_blocks, NULL);
  }
  if (status == STATUS_OK) {
    out->ratio = estimate_of(compare.ratio);
    out->verdict = verdict_name(compare.verdict);
    out->replicates_needed = needed(&compare);
    if (isfinite(out->max_regression)) out->regressed = compare_regressed(&compare, out->max_regression);
  }
  for (int side = 0; side < 2; side++) {
    free(values[side]);
    free(blocks[side].keys);
  }
  free(cells);
  return status == STATUS_NUMERIC ? STATUS_OK : status;
}

// Timed batches of one level are alike, however many requests they had.
static size_t find_like(const struct results *results, const struct cell *cell) {
  if (!cell->timed) return results_find(results, cell->workers, cell->batch);
  for (size_t i = 0; i < results->cell_count; i++) {
    if (results->cells[i].timed && results->cells[i].workers == cell->workers) return i;
  }
  return SIZE_MAX;
}

static enum status list_missing(const struct results *baseline, const struct results *run,
                                struct comparison *out) {
  out->missing = calloc(baseline->cell_count + 1, sizeof *out->missing);
  if (!out->missing) return STATUS_MEMORY;
  for (size_t i = 0; i < baseline->cell_count; i++) {
    const struct cell *cell = &baseline->cells[i];
    if (!cells_usable(cell)) continue;
    size_t now = find_like(run, cell);
    if (now != SIZE_MAX && (cells_usable(&run->cells[now]) || run->cells[now].flags & CELL_FAILED)) continue;
    out->missing[out->missing_count++] = (struct comparison_place){cell->workers, cell->batch};
  }
  return STATUS_OK;
}

static enum status compare_sides(const struct load_data *data[2], const struct side *sides[2],
                                 const struct compare_options *options, struct comparison *out,
                                 struct error *error) {
  const struct results *run = &sides[1]->results;
  struct pair *pairs = calloc(run->cell_count + 1, sizeof *pairs);
  out->cells = calloc(run->cell_count + 1, sizeof *out->cells);
  if (!pairs || !out->cells) {
    free(pairs);
    return status_fail(error, STATUS_MEMORY, "%s", status_name(STATUS_MEMORY));
  }
  size_t both = 0;
  for (size_t i = 0; i < run->cell_count; i++) {
    size_t before = find_like(&sides[0]->results, &run->cells[i]);
    if (before == SIZE_MAX || !cells_usable(&sides[0]->results.cells[before])) continue;
    bool failed = (run->cells[i].flags & CELL_FAILED) != 0;
    if (!failed && !cells_usable(&run->cells[i])) continue;
    struct pair pair = {before, i};
    compare_one(sides[0], sides[1], pair, options, &out->cells[out->cell_count++]);
    if (failed) {
      out->regressed = out->regressed || isfinite(out->max_regression);
    } else {
      pairs[both++] = pair;
    }
  }
  enum status status = list_missing(&sides[0]->results, run, out);
  bool failed_somewhere = out->regressed;
  if (status != STATUS_OK) {
    status_fail(error, status, "%s", status_name(status));
  } else if (out->cell_count == 0) {
    status = status_fail(error, STATUS_FORMAT, "no usable cell in common");
  } else if (both > 0) {
    status = compare_all(data, sides, pairs, both, options, out);
    if (status != STATUS_OK) status_fail(error, status, "%s", status_name(status));
  }
  out->regressed = out->regressed || failed_somewhere;
  free(pairs);
  return status;
}

enum status baseline_compare(const struct load_data *baseline, const struct load_data *run,
                             const struct baseline_options *options, struct comparison *out,
                             struct error *error) {
  struct side old = {0}, new = {0};
  const struct load_data *data[2] = {baseline, run};
  const struct side *sides[2] = {&old, &new};
  bool limited = isfinite(options->max_regression) && options->max_regression > 0;
  struct compare_options compare = {options->confidence, limited ? options->max_regression : BASELINE_MARGIN, 0};
  out->margin = compare.margin;
  out->max_regression = options->max_regression;
  out->ratio = (struct estimate){NAN, NAN, NAN};
  out->verdict = "undecided";
  out->replicates_needed = -1;
  enum status status = cells_build(baseline, options->confidence, &old.results, &old.samples, error);
  if (status == STATUS_OK) {
    status = cells_build(run, options->confidence, &new.results, &new.samples, error);
  }
  if (status == STATUS_OK) status = compare_sides(data, sides, &compare, out, error);
  results_free(&old.results);
  results_free(&new.results);
  cells_free(&old.samples);
  cells_free(&new.samples);
  return status;
}
