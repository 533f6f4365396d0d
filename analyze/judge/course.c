// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/course.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *left, const void *right) {
  const struct course_batch *a = left, *b = right;
  if (a->run != b->run) return a->run < b->run ? -1 : 1;
  return (a->at_s > b->at_s) - (a->at_s < b->at_s);
}

static bool is_taken(const struct load_replicate *replicate) {
  return !replicate->cold && replicate->tokens_per_s > 0;
}

// NaN: of fewer than two batches.
static double mean_log(const struct load_cell *cell) {
  double mean = 0;
  size_t count = 0;
  for (size_t r = 0; r < cell->count; r++) {
    const struct load_replicate *one = &cell->replicates[r];
    if (is_taken(one)) mean += (log(one->tokens_per_s) - mean) / (double)++count;
  }
  return count < 2 ? NAN : mean;
}

static void add(const struct load_data *data, struct results *results, struct course_batch batch,
                double start_s) {
  batch.at_s = start_s - data->facts[batch.run].start_unix_s;
  if (isfinite(batch.at_s)) results->course[results->course_count++] = batch;
}

// A batch without a throughput: it failed, or is left out.
static void add_bare(const struct load_data *data, const struct load_cell *cell, size_t run, double start_s,
                     bool failed, struct results *results) {
  add(data, results,
      (struct course_batch){.ratio = NAN,
                            .workers = cell->workers,
                            .batch = cell->batch,
                            .run = run,
                            .failed = failed,
                            .left_out = !failed},
      start_s);
}

static void add_cell(const struct load_data *data, const struct load_cell *cell, struct results *results) {
  double mean = mean_log(cell);
  for (size_t r = 0; r < cell->count; r++) {
    const struct load_replicate *one = &cell->replicates[r];
    bool failed = !(one->tokens_per_s > 0);
    size_t life = data->sessions[one->session].managed ? one->session + 1 : 0;
    add(data, results,
        (struct course_batch){.ratio = failed ? NAN : exp(log(one->tokens_per_s) - mean),
                              .workers = cell->workers,
                              .batch = cell->batch,
                              .run = one->run,
                              .server_life = life,
                              .failed = failed,
                              .cold = one->cold},
        one->start_s);
  }
  for (size_t r = 0; r < cell->invalid_count; r++)
    add_bare(data, cell, cell->invalid[r].run, cell->invalid[r].start_s, false, results);
  for (size_t r = 0; r < cell->failing_count; r++)
    add_bare(data, cell, cell->failing[r].run, cell->failing[r].start_s, true, results);
}

enum status course_build(const struct load_data *data, struct results *results, struct error *error) {
  size_t most = 1;
  if (data->fact_count == 0) return STATUS_OK; // simulated: it has no run, and no start
  for (size_t i = 0; i < data->cell_count; i++)
    most += data->cells[i].count + data->cells[i].failing_count + data->cells[i].invalid_count;
  results->course = calloc(most, sizeof *results->course);
  if (!results->course) return status_memory(error);
  for (size_t i = 0; i < data->cell_count; i++)
    add_cell(data, &data->cells[i], results);
  qsort(results->course, results->course_count, sizeof *results->course, compare);
  return STATUS_OK;
}
