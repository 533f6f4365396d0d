// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/steady_levels.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/judge/estimate.h"

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
  return STATUS_OK;
}

void steady_levels_free(struct steady_levels *levels) {
  free(levels->of);
  free(levels->values);
  free(levels->blocks);
  *levels = (struct steady_levels){0};
}

static enum status fill_row(const struct steady_sample *sample, enum stat_scale scale,
                            const struct ci_pool *pool, double confidence, struct steady_level *out,
                            struct error *error) {
  struct ci ci;
  enum ci_source source;
  struct ci_sample values = {sample->values, sample->count};
  enum status status = ci_of_cell(values, scale, pool, confidence, &ci, &source, error);
  if (status != STATUS_OK) return status;
  out->throughput = estimate_of(ci);
  out->window_share = steady_share(&sample->sum);
  out->in_flight = steady_in_flight(&sample->sum);
  out->littles_law = steady_littles_law(&sample->sum);
  return STATUS_OK;
}

enum status steady_levels_fill(const struct steady_levels *levels, enum stat_scale scale,
                               struct results *results, struct error *error) {
  struct ci_sample *values = calloc(levels->count + 1, sizeof *values);
  if (!values) return status_memory(error);
  for (size_t i = 0; i < levels->count; i++)
    values[i] = (struct ci_sample){levels->of[i].values, levels->of[i].count};
  struct ci_pool pool;
  enum status status = STATUS_OK;
  if (levels->count > 0) status = ci_pool_samples(values, levels->count, scale, &pool, error);
  for (size_t i = 0; i < levels->count && status == STATUS_OK; i++) {
    status = fill_row(&levels->of[i], scale, &pool, results->confidence,
                      &results->workers[levels->of[i].row].steady, error);
  }
  free(values);
  return status;
}
