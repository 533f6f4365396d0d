// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/baseline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static struct ci_sample sample_of(const struct side *side, size_t cell) {
  const struct cells_sample *sample = &side->samples.of[cell];
  return (struct ci_sample){sample->values, sample->count};
}

// `compare` is left alone where there is no interval.
static void compare_one(const struct side *baseline, const struct side *run, struct pair pair,
                        const struct compare_options *options, struct comparison_cell *out,
                        struct compare *compare) {
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
  } else if (compare_cell(sample_of(baseline, pair.baseline), sample_of(run, pair.run), options, compare,
                          NULL) == STATUS_OK) {
    out->ratio = estimate_of(compare->ratio);
    out->verdict = verdict_name(compare->verdict);
    out->replicates_needed = needed(compare);
  } else {
    out->ratio.estimate = now->tokens_per_s.estimate / before->tokens_per_s.estimate;
  }
}

// What can be reached: the best of one side against the best of the other.
static void compare_best(const struct side *sides[2], const struct compare_options *options,
                         struct comparison *out) {
  struct comparison_place *const places[] = {&out->best_before, &out->best_now};
  size_t best[2];
  for (int i = 0; i < 2; i++) {
    const struct results *results = &sides[i]->results;
    best[i] = SIZE_MAX;
    for (size_t c = 0; c < results->cell_count; c++) {
      if (cells_usable(&results->cells[c]) &&
          (best[i] == SIZE_MAX ||
           results->cells[c].tokens_per_s.estimate > results->cells[best[i]].tokens_per_s.estimate))
        best[i] = c;
    }
    if (best[i] == SIZE_MAX) return;
    *places[i] = (struct comparison_place){results->cells[best[i]].workers, results->cells[best[i]].batch};
  }
  struct compare compare;
  out->best_ratio.estimate = sides[1]->results.cells[best[1]].tokens_per_s.estimate /
                             sides[0]->results.cells[best[0]].tokens_per_s.estimate;
  if (compare_cell(sample_of(sides[0], best[0]), sample_of(sides[1], best[1]), options, &compare, NULL) ==
      STATUS_OK)
    out->best_ratio = estimate_of(compare.ratio);
}

// What the cells say that the whole does not: opposite changes cancel in it.
static void compare_cells(const struct compare *compares, const struct compare_options *options,
                          struct comparison *out) {
  size_t count = out->cell_count;
  double confidence = options->confidence;
  out->uneven_p = compare_heterogeneity(compares, count);
  out->slowest = compare_extreme(compares, count, -1, 1, confidence);
  out->fastest = compare_extreme(compares, count, 1, 1, confidence);
  bool against = (out->slowest != SIZE_MAX && strcmp(out->verdict, "slower") != 0) ||
                 (out->fastest != SIZE_MAX && strcmp(out->verdict, "faster") != 0);
  if (against && out->uneven_p < 1 - confidence) {
    out->verdict = "mixed";
    out->replicates_needed = -1;
  }
  if (isfinite(out->max_regression) &&
      compare_extreme(compares, count, -1, 1 - out->max_regression, confidence) != SIZE_MAX)
    out->regressed = true;
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
  out->by_blocks = load_knows_passes(data[0]) && load_knows_passes(data[1]);
  if (status == STATUS_OK) {
    status = compare_overall(values[0], blocks[0].count, values[1], blocks[1].count, count, options, &compare,
                             &out->by_blocks, NULL);
  }
  if (status == STATUS_OK) {
    out->ratio = estimate_of(compare.ratio);
    out->verdict = verdict_name(compare.verdict);
    out->replicates_needed = needed(&compare);
    if (isfinite(out->max_regression))
      out->regressed = out->regressed || compare_regressed(&compare, out->max_regression);
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

// The cells that both have, each by itself; `pairs` and `compares` have room for every cell of the run, and
// the first *both pairs are usable on both sides.
static void compare_pairs_of(const struct side *sides[2], const struct compare_options *options,
                             struct comparison *out, struct pair *pairs, struct compare *compares,
                             size_t *both) {
  const struct results *run = &sides[1]->results;
  *both = 0;
  for (size_t i = 0; i < run->cell_count; i++) {
    size_t before = find_like(&sides[0]->results, &run->cells[i]);
    if (before == SIZE_MAX || !cells_usable(&sides[0]->results.cells[before])) continue;
    bool failed = (run->cells[i].flags & CELL_FAILED) != 0;
    if (!failed && !cells_usable(&run->cells[i])) continue;
    struct pair pair = {before, i};
    size_t at = out->cell_count++;
    compare_one(sides[0], sides[1], pair, options, &out->cells[at], &compares[at]);
    if (failed) {
      out->regressed = out->regressed || isfinite(out->max_regression);
    } else {
      pairs[(*both)++] = pair;
    }
  }
}

static enum status compare_sides(const struct load_data *data[2], const struct side *sides[2],
                                 const struct compare_options *options, struct comparison *out,
                                 struct error *error) {
  size_t cells = sides[1]->results.cell_count, both = 0;
  struct pair *pairs = calloc(cells + 1, sizeof *pairs);
  struct compare *compares = calloc(cells + 1, sizeof *compares);
  out->cells = calloc(cells + 1, sizeof *out->cells);
  enum status status = pairs && compares && out->cells ? STATUS_OK : STATUS_MEMORY;
  if (status == STATUS_OK) {
    compare_pairs_of(sides, options, out, pairs, compares, &both);
    status = list_missing(&sides[0]->results, &sides[1]->results, out);
  }
  if (status == STATUS_OK && out->cell_count == 0) {
    free(pairs);
    free(compares);
    return status_fail(error, STATUS_FORMAT,
                       data[0]->open_count > 0 && data[1]->open_count > 0
                           ? "no usable cell in common (rates of an open loop are not compared)"
                           : "no usable cell in common");
  }
  if (status == STATUS_OK && both > 0) status = compare_all(data, sides, pairs, both, options, out);
  if (status == STATUS_OK) {
    compare_cells(compares, options, out);
    compare_best(sides, options, out);
  }
  free(pairs);
  free(compares);
  return status == STATUS_OK ? status : status_fail(error, status, "%s", status_name(status));
}

// Runs against a server that is not managed have one life of it each, whose effect their replicates share:
// variance of a side's mean ln X for that. Tables do not say what they come from.
static double unseen_variance(const struct load_data *data, double session_sd) {
  int64_t files = 0, last = -1;
  for (size_t i = 0; i < data->session_count; i++) {
    const struct load_session *session = &data->sessions[i];
    if (session->managed || session->number < 0 || session->batches == 0 || session->file == last) continue;
    last = session->file;
    files++;
  }
  return files > 0 ? session_sd * session_sd / (double)files : 0;
}

enum status baseline_compare(const struct load_data *baseline, const struct load_data *run,
                             const struct baseline_options *options, struct comparison *out,
                             struct error *error) {
  struct side old = {0}, new = {0};
  const struct load_data *data[2] = {baseline, run};
  const struct side *sides[2] = {&old, &new};
  bool limited = isfinite(options->max_regression) && options->max_regression > 0;
  struct compare_options compare = {options->confidence, limited ? options->max_regression : BASELINE_MARGIN,
                                    unseen_variance(baseline, options->session_sd) +
                                        unseen_variance(run, options->session_sd)};
  out->margin = compare.margin;
  out->session_sd = compare.allowance > 0 ? options->session_sd : 0;
  out->slowest = out->fastest = SIZE_MAX;
  out->uneven_p = 1;
  out->best_ratio = (struct estimate){NAN, NAN, NAN};
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
