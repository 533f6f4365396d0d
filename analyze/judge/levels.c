// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/levels.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/judge/estimate.h"
#include "analyze/stat/capacity.h"
#include "analyze/stat/cliff.h"

// Start-up time and capacity of one level, from its batches that fill the workers.
static enum status fill_capacity(const struct cells_samples *samples, const struct results *results,
                                 struct workers_row *row) {
  size_t room = 1;
  for (size_t i = 0; i < row->cell_count; i++)
    room += samples->of[row->first_cell + i].count;
  double *amounts = calloc(room, sizeof *amounts), *total_s = calloc(room, sizeof *total_s);
  size_t count = 0, sizes = 0; // measured batches; different batch sizes
  for (size_t i = row->first_cell; amounts && total_s && i < row->first_cell + row->cell_count; i++) {
    const struct cell *cell = &results->cells[i];
    if (!cells_usable(cell) || cell->batch < cell->workers) continue;
    sizes++;
    for (size_t r = 0; r < samples->of[i].count; r++) {
      const struct load_replicate *replicate = &samples->of[i].cell->replicates[samples->of[i].replicates[r]];
      amounts[count] = replicate->amount;
      total_s[count++] = replicate->total_s;
    }
  }
  enum status status = amounts && total_s ? STATUS_OK : STATUS_MEMORY;
  struct capacity capacity;
  // Replicates of one size say nothing of the line.
  if (status == STATUS_OK && sizes >= 2 + CAPACITY_MIN_DF &&
      capacity_fit(amounts, total_s, count, results->confidence, &capacity, NULL) == STATUS_OK &&
      capacity.stands) {
    row->capacity = estimate_of(capacity.xinf);
    row->start_up_s = capacity.t0.estimate;
  }
  free(amounts);
  free(total_s);
  return status;
}

static enum status fill_row(const struct cells_samples *samples, const struct results *results,
                            struct workers_row *row) {
  size_t last = row->first_cell + row->cell_count - 1;
  row->best_batch = -1;
  row->capacity = (struct estimate){NAN, NAN, NAN};
  row->start_up_s = NAN;
  row->steady = (struct steady_level){{NAN, NAN, NAN}, NAN, NAN, NAN};
  for (size_t i = row->first_cell; i <= last; i++) {
    const struct cell *cell = &results->cells[i];
    if (!cells_usable(cell)) continue;
    row->usable = true;
    if (cell->tokens_per_s.estimate <= row->max_tokens_per_s) continue;
    row->max_tokens_per_s = cell->tokens_per_s.estimate;
    row->best_batch = cell->batch;
    row->best_is_edge = i == last && row->cell_count > 1;
  }
  return row->usable ? fill_capacity(samples, results, row) : STATUS_OK;
}

static bool any_failed(const struct results *results, const struct workers_row *row) {
  for (size_t i = row->first_cell; i < row->first_cell + row->cell_count; i++) {
    if (results->cells[i].flags & CELL_FAILED) return true;
  }
  return false;
}

static void mark_holes(struct results *results) {
  struct workers_row *rows = results->workers;
  size_t first = 0, end = results->workers_count;
  while (first < end && !rows[first].usable)
    first++;
  while (end > first && !rows[end - 1].usable)
    end--;
  for (size_t w = first; w < end; w++)
    rows[w].hole = !rows[w].usable && any_failed(results, &rows[w]);
}

enum status levels_build(const struct cells_samples *samples, struct results *results, struct error *error) {
  results->workers = calloc(results->cell_count + 1, sizeof *results->workers);
  if (!results->workers) return status_memory(error);
  for (size_t i = 0; i < results->cell_count;) {
    struct workers_row *row = &results->workers[results->workers_count++];
    row->workers = results->cells[i].workers;
    row->first_cell = i;
    while (i < results->cell_count && results->cells[i].workers == row->workers)
      i++;
    row->cell_count = i - row->first_cell;
    enum status status = fill_row(samples, results, row);
    if (status) return status_fail(error, status, "%s", status_name(status));
  }
  mark_holes(results);
  return STATUS_OK;
}

// The usable cells of all levels for cliff_scan. A level whose cells were all left out says nothing
// about the server and is no level here; nor is a hole, above which the server works.
static size_t list_levels(const struct results *results, double *batches, double *throughput,
                          struct cliff_level *levels) {
  size_t count = 0, used = 0;
  for (size_t w = 0; w < results->workers_count; w++) {
    const struct workers_row *row = &results->workers[w];
    struct cliff_level level = {(double)row->workers, batches + used, throughput + used, 0};
    for (size_t i = row->first_cell; i < row->first_cell + row->cell_count; i++) {
      const struct cell *cell = &results->cells[i];
      if (!cells_usable(cell)) continue;
      batches[used] = (double)cell->batch;
      throughput[used++] = cell->tokens_per_s.estimate;
      level.count++;
    }
    if (level.count > 0 || (!row->hole && any_failed(results, row))) levels[count++] = level;
  }
  return count;
}

static double maximum(const struct cliff_level *level) {
  double most = 0;
  for (size_t i = 0; i < level->count; i++)
    most = fmax(most, level->throughput[i]);
  return most;
}

// Levels without a common batch (full waves of each, say) have the ratio of their largest cells, and no
// interval.
static void keep_steps(const struct cliff_level *levels, size_t count, const struct cliff_step *paired,
                       size_t paired_count, struct results *results) {
  for (size_t i = 0, at = 0; i + 1 < count; i++) {
    const struct cliff_level *from = &levels[i], *to = &levels[i + 1];
    struct cliff step = {.from = (int64_t)from->workers, .to = (int64_t)to->workers, .total = to->count == 0};
    if (at < paired_count && paired[at].from == from->workers) {
      step.ratio = estimate_of(paired[at++].ratio);
    } else if (from->count > 0 && to->count > 0) {
      step.ratio = (struct estimate){maximum(to) / maximum(from), NAN, NAN};
    } else {
      continue;
    }
    if (step.total) step.ratio.lo = step.ratio.hi = NAN;
    results->steps[results->step_count++] = step;
  }
}

enum status levels_steps(struct results *results, double *first_drop, struct error *error) {
  size_t rows = results->workers_count + 1, cells = results->cell_count + 1;
  double *batches = calloc(cells, sizeof *batches), *throughput = calloc(cells, sizeof *throughput);
  struct cliff_level *levels = calloc(rows, sizeof *levels);
  struct cliff_step *paired = calloc(rows, sizeof *paired);
  results->steps = calloc(rows, sizeof *results->steps);
  enum status status = STATUS_MEMORY;
  if (!batches || !throughput || !levels || !paired || !results->steps) {
    status = status_memory(error);
    goto cleanup;
  }
  size_t found = 0, count = list_levels(results, batches, throughput, levels);
  status = cliff_scan(levels, count, results->confidence, paired, &found, error);
  if (status == STATUS_OK) keep_steps(levels, count, paired, found, results);
  *first_drop = INFINITY;
  for (size_t i = 0; i < results->step_count; i++) {
    if (results->steps[i].ratio.estimate < CLIFF_RATIO)
      *first_drop = fmin(*first_drop, (double)results->steps[i].to);
  }
cleanup:
  free(batches);
  free(throughput);
  free(levels);
  free(paired);
  return status;
}

static const struct workers_row *row_of(const struct results *results, int64_t workers) {
  for (size_t i = 0; i < results->workers_count; i++) {
    if (results->workers[i].workers == workers) return &results->workers[i];
  }
  return NULL;
}

static const struct cell *usable_cell(const struct results *results, int64_t workers, int64_t batch) {
  size_t index = results_find(results, workers, batch);
  return index != SIZE_MAX && cells_usable(&results->cells[index]) ? &results->cells[index] : NULL;
}

// The two cells behind a ratio that had no pairs to take an interval from: at the largest common batch where
// both levels are near their best, else the largest of each level.
static bool cells_behind(const struct results *results, const struct cliff *cliff, const struct cell **from,
                         const struct cell **to) {
  const struct workers_row *one = row_of(results, cliff->from), *other = row_of(results, cliff->to);
  if (!one || !other) return false;
  *from = usable_cell(results, one->workers, one->best_batch);
  *to = usable_cell(results, other->workers, other->best_batch);
  for (size_t i = one->first_cell; i < one->first_cell + one->cell_count; i++) {
    const struct cell *cell = &results->cells[i];
    const struct cell *twin = usable_cell(results, other->workers, cell->batch);
    if (!twin || !cells_usable(cell) ||
        cell->tokens_per_s.estimate < CLIFF_SHARE_OF_MAX * one->max_tokens_per_s ||
        twin->tokens_per_s.estimate < CLIFF_SHARE_OF_MAX * other->max_tokens_per_s)
      continue;
    *from = cell;
    *to = twin;
  }
  return *from && *to;
}

// The ratio of two independent estimates from their own intervals, on the ln scale (MOVER: Zou and Donner,
// Statistics in Medicine 27, 2008).
static struct estimate ratio_of(struct estimate to, struct estimate from) {
  struct estimate ratio = {to.estimate / from.estimate, NAN, NAN};
  if (!(to.lo > 0) || !(from.lo > 0) || !isfinite(to.hi) || !isfinite(from.hi)) return ratio;
  double below = hypot(log(to.estimate / to.lo), log(from.hi / from.estimate));
  double above = hypot(log(to.hi / to.estimate), log(from.estimate / from.lo));
  ratio.lo = ratio.estimate * exp(-below);
  ratio.hi = ratio.estimate * exp(above);
  return ratio;
}

// The best may lie there, so that nobody can be told to keep away.
static bool best_may_lie_from(const struct results *results, int64_t workers) {
  for (size_t i = 0; i < results->best.set_count; i++) {
    if (results->cells[results->best.set[i]].workers >= workers) return true;
  }
  return false;
}

// ln of the ratio for each ln of workers, at step i; NaN where that is no neighbour of step `of`.
static double slope_at(const struct results *results, size_t of, size_t i) {
  if (i >= results->step_count || results->steps[i].total) return NAN;
  const struct cliff *step = &results->steps[i];
  if (i < of && step->to != results->steps[i + 1].from) return NAN;
  if (i > of && step->from != results->steps[i - 1].to) return NAN;
  return log(step->ratio.estimate) / log((double)step->to / (double)step->from);
}

// A cliff is a jump: what a step falls beyond the slopes on both its sides. Behind the last step the slope
// before it goes on, and bends on as it did. A smooth fall loses 30 % from one level to the next where levels
// are wide apart, and has no place to keep away from.
static bool is_jump(const struct results *results, size_t i) {
  const struct cliff *step = &results->steps[i];
  double before = slope_at(results, i, i - 1), after = slope_at(results, i, i + 1), expected = 0;
  double earlier = i > 1 && isfinite(before) ? slope_at(results, i - 1, i - 2) : NAN;
  if (isfinite(before) && isfinite(after)) {
    expected = (before + after) / 2;
  } else if (isfinite(before)) {
    expected = fmin(before, isfinite(earlier) ? 2 * before - earlier : before);
  } else if (isfinite(after)) {
    expected = after;
  }
  double ln_jump = log(step->ratio.estimate) - expected * log((double)step->to / (double)step->from);
  return ln_jump < log(CLIFF_RATIO);
}

enum status levels_cliffs(struct results *results, double *first_cliff, struct error *error) {
  results->cliffs = calloc(results->step_count + 1, sizeof *results->cliffs);
  if (!results->cliffs) return status_memory(error);
  *first_cliff = INFINITY;
  for (size_t i = 0; i < results->step_count; i++) {
    struct cliff cliff = results->steps[i];
    const struct cell *from, *to;
    if (!(cliff.ratio.estimate < CLIFF_RATIO) || (!cliff.total && !is_jump(results, i))) continue;
    if (!cliff.total) {
      if (!isfinite(cliff.ratio.hi) && cells_behind(results, &cliff, &from, &to))
        cliff.ratio = ratio_of(to->tokens_per_s, from->tokens_per_s);
      cliff.possible = !(cliff.ratio.hi < 1) || best_may_lie_from(results, cliff.to);
    }
    if (!cliff.possible) *first_cliff = fmin(*first_cliff, (double)cliff.to);
    results->cliffs[results->cliff_count++] = cliff;
  }
  return STATUS_OK;
}
