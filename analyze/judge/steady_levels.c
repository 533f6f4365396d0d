// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/steady_levels.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/judge/estimate.h"
#include "analyze/judge/strata.h"
#include "analyze/stat/capacity.h"

// The windows of one replicate, over all batch sizes of its level.
struct pooled {
  int64_t unit, block; // unit: session or block
  struct steady sum;
};

struct pool {
  struct pooled *of;
  size_t count;
};

static int compare_units(const void *left, const void *right) {
  int64_t a = ((const struct pooled *)left)->unit, b = ((const struct pooled *)right)->unit;
  return (a > b) - (a < b);
}

// Puts the windows of one unit together.
static void merge_units(struct pool *pool) {
  size_t kept = 0;
  qsort(pool->of, pool->count, sizeof *pool->of, compare_units);
  for (size_t i = 0; i < pool->count; i++) {
    if (kept > 0 && pool->of[kept - 1].unit == pool->of[i].unit) {
      steady_add(&pool->of[kept - 1].sum, &pool->of[i].sum);
    } else {
      pool->of[kept++] = pool->of[i];
    }
  }
  pool->count = kept;
}

static void pool_cell(const struct load_data *data, const struct load_cell *cell, struct pool *pool) {
  for (size_t r = 0; r < cell->count; r++) {
    const struct load_replicate *replicate = &cell->replicates[r];
    if (replicate->cold || replicate->steady.window_s <= 0 || replicate->steady.amount <= 0) continue;
    bool managed = data->sessions[replicate->session].managed;
    pool->of[pool->count++] =
        (struct pooled){.unit = managed ? (int64_t)replicate->session : replicate->block,
                        .block = replicate->block,
                        .sum = replicate->steady};
  }
}

// `room` for the values of one level: its replicates.
static size_t room_of(const struct cells_samples *samples, const struct workers_row *row) {
  size_t room = 0;
  for (size_t i = 0; i < row->cell_count; i++)
    room += samples->of[row->first_cell + i].cell->count;
  return room;
}

static struct steady_sample sample_of(const struct pool *pool, double *values, int64_t *blocks) {
  struct steady_sample sample = {.values = values, .blocks = blocks, .count = pool->count};
  for (size_t i = 0; i < pool->count; i++) {
    values[i] = steady_throughput(&pool->of[i].sum);
    blocks[i] = pool->of[i].block;
    steady_add(&sample.sum, &pool->of[i].sum);
  }
  return sample;
}

// One batch of a level that fills its workers.
struct full_batch {
  int64_t block;
  size_t cell;
  double amount, total_s;
};

static int compare_batches(const void *left, const void *right) {
  const struct full_batch *a = left, *b = right;
  if (a->block != b->block) return a->block < b->block ? -1 : 1;
  return (a->cell > b->cell) - (a->cell < b->cell);
}

static size_t list_batches(const struct cells_samples *samples, const struct results *results,
                           const struct workers_row *row, struct full_batch *batches) {
  size_t count = 0;
  for (size_t i = row->first_cell; i < row->first_cell + row->cell_count; i++) {
    const struct cell *cell = &results->cells[i];
    if (!cells_usable(cell) || cell->batch < cell->workers) continue;
    for (size_t r = 0; r < samples->of[i].count; r++) {
      const struct load_replicate *replicate = &samples->of[i].cell->replicates[samples->of[i].replicates[r]];
      batches[count++] = (struct full_batch){replicate->block, i, replicate->amount, replicate->total_s};
    }
  }
  qsort(batches, count, sizeof *batches, compare_batches);
  return count;
}

// Of the batches of one block; 0: it does not stand. `values`: room for twice their number.
static double block_capacity(const struct full_batch *batches, size_t count, double confidence,
                             double *values) {
  struct capacity capacity;
  size_t sizes = 0;
  for (size_t i = 0; i < count; i++) {
    sizes += i == 0 || batches[i].cell != batches[i - 1].cell;
    values[i] = batches[i].amount;
    values[count + i] = batches[i].total_s;
  }
  if (sizes < 2 + CAPACITY_MIN_DF ||
      capacity_fit(values, values + count, count, confidence, &capacity, NULL) != STATUS_OK)
    return 0;
  return capacity.stands ? capacity.xinf.estimate : 0;
}

// The capacities of one level, one per block where all stand; none where one does not.
static struct steady_sample fit_level(const struct full_batch *batches, size_t count, double confidence,
                                      double *scratch, double *values, int64_t *blocks) {
  struct steady_sample sample = {.values = values, .blocks = blocks};
  for (size_t from = 0, to; from < count; from = to) {
    for (to = from; to < count && batches[to].block == batches[from].block;)
      to++;
    double value = block_capacity(batches + from, to - from, confidence, scratch);
    if (!(value > 0)) return (struct steady_sample){0};
    values[sample.count] = value;
    blocks[sample.count++] = batches[from].block;
  }
  return sample;
}

// Levels are alike only where all of them have a capacity, and compared only where a spread is known.
static enum status fit_levels(const struct cells_samples *samples, const struct results *results, size_t room,
                              struct steady_levels *out) {
  struct full_batch *batches = calloc(room, sizeof *batches);
  double *scratch = calloc(2 * room, sizeof *scratch);
  enum status status = batches && scratch ? STATUS_OK : STATUS_MEMORY;
  size_t used = 0, repeated = 0;
  bool complete = status == STATUS_OK;
  for (size_t w = 0; w < results->workers_count && complete; w++) {
    const struct workers_row *row = &results->workers[w];
    if (!row->usable) continue;
    size_t count = list_batches(samples, results, row, batches);
    struct steady_sample sample =
        fit_level(batches, count, results->confidence, scratch, out->values + used, out->blocks + used);
    sample.row = w;
    sample.workers = row->workers;
    out->of[out->count++] = sample;
    used += sample.count;
    repeated += sample.count > 1;
    complete = sample.count > 0;
  }
  out->fitted = out->complete = complete && repeated > 0;
  if (!out->fitted) out->count = 0;
  free(batches);
  free(scratch);
  return status;
}

enum status steady_levels_build(const struct load_data *data, const struct cells_samples *samples,
                                const struct results *results, struct steady_levels *out,
                                struct error *error) {
  size_t room = 1, used = 0, usable = 0;
  for (size_t w = 0; w < results->workers_count; w++)
    room += room_of(samples, &results->workers[w]);
  struct pool pool = {calloc(room, sizeof *pool.of), 0};
  out->of = calloc(results->workers_count + 1, sizeof *out->of);
  out->values = calloc(room, sizeof *out->values);
  out->blocks = calloc(room, sizeof *out->blocks);
  if (!pool.of || !out->of || !out->values || !out->blocks) {
    free(pool.of);
    return status_memory(error);
  }
  for (size_t w = 0; w < results->workers_count; w++) {
    const struct workers_row *row = &results->workers[w];
    usable += row->usable;
    pool.count = 0;
    for (size_t i = row->first_cell; i < row->first_cell + row->cell_count; i++) {
      if (cells_usable(&results->cells[i])) pool_cell(data, samples->of[i].cell, &pool);
    }
    if (pool.count == 0) continue;
    merge_units(&pool);
    struct steady_sample *sample = &out->of[out->count++];
    *sample = sample_of(&pool, out->values + used, out->blocks + used);
    sample->row = w;
    sample->workers = row->workers;
    used += pool.count;
  }
  out->complete = usable > 0 && out->count == usable;
  free(pool.of);
  if (out->count > 0) return STATUS_OK;
  return fit_levels(samples, results, room, out) == STATUS_OK ? STATUS_OK : status_memory(error);
}

void steady_levels_free(struct steady_levels *levels) {
  free(levels->of);
  free(levels->values);
  free(levels->blocks);
  *levels = (struct steady_levels){0};
}

static enum status fill_row(const struct steady_sample *sample, struct ci_sample values,
                            enum stat_scale scale, const struct ci_pool *pool, double confidence,
                            struct steady_level *out, struct error *error) {
  struct ci ci;
  enum ci_source source;
  enum status status = ci_of_cell(values, scale, pool, confidence, &ci, &source, error);
  if (status != STATUS_OK) return status;
  out->throughput = estimate_of(ci);
  out->window_share = steady_share(&sample->sum);
  out->in_flight = steady_in_flight(&sample->sum);
  out->littles_law = steady_littles_law(&sample->sum);
  return STATUS_OK;
}

// The independent values of a level: those of one run are its geometric mean. Writes their blocks too.
static struct ci_sample merge_runs(const struct steady_sample *level, bool by_run, double *values,
                                   int64_t *blocks) {
  struct ci_sample merged = {values, 0};
  for (size_t i = 0; i < level->count;) {
    size_t first = i;
    double sum = 0;
    int64_t block = by_run ? level->blocks[i] >> 32 : level->blocks[i];
    for (; i < level->count && (i == first || (by_run && level->blocks[i] >> 32 == block)); i++)
      sum += log(level->values[i]);
    values[merged.count] = i - first == 1 ? level->values[first] : exp(sum / (double)(i - first));
    blocks[merged.count++] = block;
  }
  return merged;
}

// Levels that were measured in one pass share what it brings.
static enum status depend(const struct ci_sample *levels, size_t count, const int64_t *blocks,
                          enum stat_scale scale, struct ci_pool *pool, struct error *error) {
  size_t total = 1, used = 0;
  for (size_t i = 0; i < count; i++)
    total += levels[i].count;
  struct strata_value *values = calloc(total, sizeof *values);
  if (!values) return status_memory(error);
  for (size_t i = 0; i < count; i++) {
    double mean = 0;
    for (size_t r = 0; r < levels[i].count; r++)
      mean += stat_to_scale(scale, levels[i].values[r]) / (double)levels[i].count;
    for (size_t r = 0; r < levels[i].count && levels[i].count > 1; r++, used++) {
      double value = stat_to_scale(scale, levels[i].values[r]);
      values[used] = (struct strata_value){.workers = (int64_t)i,
                                           .block = blocks[levels[i].values + r - levels[0].values],
                                           .session = used,
                                           .cell = i,
                                           .residual = value - mean};
    }
  }
  enum status status = strata_depend(values, used, count, pool, error);
  free(values);
  return status;
}

enum status steady_levels_fill(const struct steady_levels *levels, const struct cells_samples *samples,
                               enum stat_scale scale, struct ci_spread given, struct results *results,
                               struct error *error) {
  size_t total = 1, used = 0;
  for (size_t i = 0; i < levels->count; i++)
    total += levels->of[i].count;
  struct ci_sample *of = calloc(levels->count + 1, sizeof *of);
  double *values = calloc(total, sizeof *values);
  int64_t *blocks = calloc(total, sizeof *blocks);
  enum status status = of && values && blocks ? STATUS_OK : status_memory(error);
  for (size_t i = 0; i < levels->count && status == STATUS_OK; used += of[i++].count)
    of[i] = merge_runs(&levels->of[i], samples->by_run, values + used, blocks + used);
  struct ci_pool pool = {.spread = given, .p = 1, .p_widest = 1};
  if (status == STATUS_OK && levels->count > 0 && !(given.df > 0)) {
    status = ci_pool_samples(of, levels->count, scale, &pool, error);
    if (status == STATUS_OK && pool.spread.df > 0 && samples->in_passes)
      status = depend(of, levels->count, blocks, scale, &pool, error);
  }
  for (size_t i = 0; i < levels->count && status == STATUS_OK; i++) {
    status = fill_row(&levels->of[i], of[i], scale, &pool, results->confidence,
                      &results->workers[levels->of[i].row].steady, error);
  }
  free(of);
  free(values);
  free(blocks);
  return status;
}
