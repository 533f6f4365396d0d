// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/cells.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/judge/cells_times.h"
#include "analyze/judge/estimate.h"
#include "analyze/stat/pseudo_replicates.h"

bool cells_usable(const struct cell *cell) {
  return cell->reps > 0 && !(cell->flags & (CELL_COLD | CELL_FAILED | CELL_INVALID_CLIENT)) &&
         cell->tokens_per_s.estimate > 0;
}

static int compare_cells(const void *left, const void *right) {
  const struct load_cell *a = ((const struct cells_sample *)left)->cell;
  const struct load_cell *b = ((const struct cells_sample *)right)->cell;
  if (a->workers != b->workers) return a->workers < b->workers ? -1 : 1;
  return (a->batch > b->batch) - (a->batch < b->batch);
}

// Takes the warm replicates; a cell that was only measured cold keeps those and is flagged.
static void choose_replicates(struct cells_sample *sample, size_t *replicates, struct cell *cell) {
  const struct load_cell *from = sample->cell;
  for (int cold = 0; cold < 2 && sample->count == 0; cold++) {
    for (size_t i = 0; i < from->count; i++) {
      if (from->replicates[i].cold == (cold == 1)) replicates[sample->count++] = i;
    }
    if (cold == 1 && sample->count > 0) cell->flags |= CELL_COLD;
  }
  sample->replicates = replicates;
}

// Mean of a count that some replicates may not know; NaN when none does.
static double mean_known(double sum, int64_t known) {
  return known > 0 ? sum / (double)known : NAN;
}

static void add_up(const struct cells_sample *sample, struct cell *cell) {
  double total = 0, mean = 0, amount = 0, tokens = 0, input = 0, cached = 0;
  int64_t tokens_known = 0, inputs_known = 0, cached_known = 0;
  for (size_t i = 0; i < sample->count; i++) {
    const struct load_replicate *replicate = &sample->cell->replicates[sample->replicates[i]];
    total += replicate->total_s;
    mean += replicate->mean_s;
    amount += replicate->amount;
    if (replicate->tokens >= 0) tokens += (double)replicate->tokens, tokens_known++;
    if (replicate->input_tokens >= 0) input += (double)replicate->input_tokens, inputs_known++;
    if (replicate->cached_tokens >= 0) cached += (double)replicate->cached_tokens, cached_known++;
    cell->requests += replicate->requests;
    cell->failed += replicate->failed;
    for (size_t e = 0; e < FAILURE_COUNT; e++)
      cell->errors[e] += replicate->errors[e];
    // Sessions come one after the other, so a new one differs from the last.
    cell->sessions +=
        i == 0 || sample->cell->replicates[sample->replicates[i - 1]].session != replicate->session;
  }
  for (size_t i = 0; i < sample->cell->failing_count; i++) {
    const struct load_failing *failing = &sample->cell->failing[i];
    cell->requests += failing->requests;
    cell->failed += failing->failed;
    for (size_t e = 0; e < FAILURE_COUNT; e++)
      cell->errors[e] += failing->errors[e];
  }
  cell->reps = (int64_t)sample->count;
  cell->total_s = mean_known(total, cell->reps);
  cell->mean_s = mean_known(mean, cell->reps);
  cell->amount = mean_known(amount, cell->reps);
  cell->tokens = mean_known(tokens, tokens_known);
  cell->input_tokens = mean_known(input, inputs_known);
  cell->cached_tokens = mean_known(cached, cached_known);
}

// A failed batch is never a throughput of nearly zero: it fails its cell.
static bool has_failed(const struct cells_sample *sample, const struct cell *cell) {
  const struct load_cell *from = sample->cell;
  if (sample->count == 0) return from->failed_starts > 0 || from->failing_count > 0;
  for (size_t i = 0; i < from->failing_count; i++) {
    if (from->failing[i].amount <= 0) return true;
  }
  if (load_is_failing(cell->requests, cell->failed, cell->errors[FAILURE_CANCELLED])) return true;
  for (size_t i = 0; i < sample->count; i++) {
    if (from->replicates[sample->replicates[i]].amount <= 0) return true;
  }
  return false;
}

static struct estimate good_share_of(const struct cells_sample *sample, double confidence, double *scratch) {
  double hits = 0, trials = 0;
  size_t count = 0;
  for (size_t i = 0; i < sample->count; i++) {
    const struct load_replicate *replicate = &sample->cell->replicates[sample->replicates[i]];
    double answered = (double)(replicate->requests - replicate->cancelled);
    if (replicate->good < 0) return (struct estimate){NAN, NAN, NAN};
    if (answered <= 0) continue;
    hits += (double)replicate->good;
    trials += answered;
    scratch[count++] = (double)replicate->good / answered;
  }
  return cells_times_share(scratch, count, hits, trials, confidence);
}

static struct estimate goodput_of(const struct cells_sample *sample, double confidence, double *scratch) {
  struct ci ci = {NAN, NAN, NAN};
  for (size_t i = 0; i < sample->count; i++) {
    const struct load_replicate *replicate = &sample->cell->replicates[sample->replicates[i]];
    if (replicate->good < 0) return estimate_of(ci);
    scratch[i] = (double)replicate->good / replicate->total_s;
  }
  if (sample->count == 0) return estimate_of(ci);
  struct ci_sample values = {scratch, sample->count};
  if (ci_of_sample(values, STAT_SCALE_LINEAR, NULL, confidence, &ci, NULL) == STATUS_OK) {
    ci.lo = fmax(ci.lo, 0);
    return estimate_of(ci);
  }
  double sum = 0;
  for (size_t i = 0; i < sample->count; i++)
    sum += scratch[i];
  return estimate_of(ci_unbounded(sum / (double)sample->count));
}

// A cell that was measured in two files, against a server that is not managed: each file is another life.
static bool has_two_runs(const struct load_data *data, const struct load_cell *cell) {
  for (size_t i = 1; i < cell->count; i++) {
    const struct load_replicate *one = &cell->replicates[i], *first = &cell->replicates[0];
    if (one->block >> 32 != first->block >> 32 && !data->sessions[one->session].managed) return true;
  }
  return false;
}

static bool is_by_run(const struct load_data *data) {
  for (size_t i = 0; i < data->cell_count; i++) {
    if (has_two_runs(data, &data->cells[i])) return true;
  }
  return false;
}

static bool has_restarts(const struct load_data *data) {
  size_t lives = 0;
  for (size_t i = 0; i < data->session_count; i++)
    lives += data->sessions[i].managed && data->sessions[i].batches > 0;
  return lives > 1;
}

// Of a managed server a life is a session, else a run.
static int64_t life_of(const struct load_data *data, const struct load_replicate *replicate) {
  bool managed = data->sessions[replicate->session].managed;
  return managed ? (int64_t)replicate->session : -1 - (replicate->block >> 32);
}

// Batches of one cell in one life of the server share its effect, so that together they are one replicate:
// their geometric mean. Where there is no second life at all they stay what they are, which warnings.c
// states.
static void merge_lives(const struct load_data *data, const struct cells_samples *samples,
                        struct cells_sample *sample, double *values, size_t *replicates) {
  size_t kept = 0;
  const struct load_replicate *all = sample->cell->replicates;
  for (size_t i = 0; i < sample->count; i++) {
    bool managed = data->sessions[all[replicates[i]].session].managed;
    if (managed ? !samples->managed : !samples->by_run) return;
  }
  for (size_t i = 0; i < sample->count;) {
    size_t first = i;
    int64_t life = life_of(data, &all[replicates[i]]);
    double sum = 0;
    for (; i < sample->count && life_of(data, &all[replicates[i]]) == life; i++)
      sum += log(values[i]);
    replicates[kept] = replicates[first];
    values[kept++] = exp(sum / (double)(i - first));
  }
  sample->count = kept;
}

// Everything about one cell but its throughput's interval. `values` has room for its replicates.
static enum status fill_cell(const struct load_data *data, const struct cells_samples *samples,
                             struct cells_sample *sample, double *values, size_t *replicates,
                             double confidence, struct cell *cell, struct error *error) {
  cell->workers = sample->cell->workers;
  cell->batch = sample->cell->batch;
  cell->timed = sample->cell->timed;
  cell->invalid = (int64_t)sample->cell->invalid_count;
  cell->failed_runs = sample->cell->failed_runs;
  choose_replicates(sample, replicates, cell);
  add_up(sample, cell);
  cell->goodput = goodput_of(sample, confidence, values);
  cell->good_share = good_share_of(sample, confidence, values);
  cell->tokens_per_s = cell->failure_rate = (struct estimate){NAN, NAN, NAN};
  cells_times_fill(sample->cell, confidence, cell);
  if (data->has_limits && data->limits.tpot_ns >= 0 && isnan(cell->tpot_s.p50.estimate))
    cell->goodput = cell->good_share = (struct estimate){NAN, NAN, NAN}; // no request has what is limited
  if (!cell->timed && cell->batch > cell->workers && cell->batch % cell->workers != 0)
    cell->flags |= CELL_PARTIAL_WAVE;
  if (cell->reps == 1) cell->flags |= CELL_UNREPLICATED;
  if (cell->reps == 0 && cell->invalid > 0 && sample->cell->failing_count == 0)
    cell->flags |= CELL_INVALID_CLIENT;
  int64_t tried = cell->requests - cell->errors[FAILURE_CANCELLED];
  if (tried > 0 && cell->failed <= tried && cell->failed >= 0) {
    struct ci rate;
    enum status status = ci_proportion((uint64_t)cell->failed, (uint64_t)tried, confidence, &rate, error);
    if (status != STATUS_OK) return status;
    cell->failure_rate = estimate_of(rate);
  }
  if (has_failed(sample, cell)) {
    cell->flags |= CELL_FAILED;
    cell->tokens_per_s.estimate = 0;
    sample->count = 0;
    return STATUS_OK;
  }
  for (size_t i = 0; i < sample->count; i++) {
    const struct load_replicate *replicate = &sample->cell->replicates[replicates[i]];
    values[i] = replicate->tokens_per_s;
  }
  sample->values = values;
  if (sample->count == 0) return STATUS_OK;
  merge_lives(data, samples, sample, values, replicates);
  if (sample->count == 1) {
    cell->tokens_per_s.estimate = values[0]; // exactly, where exp(log(x)) would not be
    return STATUS_OK;
  }
  return ci_geometric_mean(values, sample->count, &cell->tokens_per_s.estimate, error);
}

// Of cells that should be alike, where that is below CELLS_COLD_SD: beyond a cliff they are not.
static struct ci_spread spread_of_alike(const struct results *results) {
  struct ci_spread found = {0};
  if (cells_alike(results, STAT_SCALE_LN, INFINITY, &found, NULL) != STATUS_OK) stat_end_without_memory();
  bool good = found.df > 0 && found.sd > 0 && found.sd < CELLS_COLD_SD;
  return good ? found : (struct ci_spread){CELLS_COLD_SD, INFINITY};
}

// The spread of batches: of those that were repeated, else of cells that should be alike.
static struct ci_spread spread_of_all(const struct cells_samples *samples, const struct results *results) {
  struct ci_spread all = {0};
  double squares = 0;
  for (size_t i = 0; i < samples->count; i++) {
    double mean;
    struct ci_spread own;
    struct ci_sample sample = {samples->of[i].values, samples->of[i].count};
    if (ci_spread_of(sample, STAT_SCALE_LN, &mean, &own, NULL) != STATUS_OK) continue;
    squares += own.sd * own.sd * own.df;
    all.df += own.df;
  }
  if (!(squares > 0)) return spread_of_alike(results);
  all.sd = sqrt(squares / all.df);
  return all;
}

// The first batch of each level of a table, when throughput is shown to grow by more than the batch does to
// the next, one-sided.
static void flag_cold_starts(const struct cells_samples *samples, double confidence,
                             struct results *results) {
  struct ci_spread spread = spread_of_all(samples, results);
  double multiplier = stat_t_multiplier(2 * confidence - 1, spread.df);
  for (size_t i = 0; i + 1 < results->cell_count; i++) {
    struct cell *first = &results->cells[i], *next = &results->cells[i + 1];
    bool starts = i == 0 || results->cells[i - 1].workers != first->workers;
    if (!starts || next->workers != first->workers || !cells_usable(first) || !cells_usable(next)) continue;
    double values = 1 / (double)samples->of[i].count + 1 / (double)samples->of[i + 1].count;
    if (pseudo_replicates_is_cold((double)first->batch, first->tokens_per_s.estimate, (double)next->batch,
                                  next->tokens_per_s.estimate, multiplier * spread.sd * sqrt(values)))
      first->flags |= CELL_COLD;
  }
}

enum status cells_build(const struct load_data *data, double confidence, struct results *results,
                        struct cells_samples *samples, struct error *error) {
  size_t total = 0;
  for (size_t i = 0; i < data->cell_count; i++)
    total += data->cells[i].count;
  samples->of = calloc(data->cell_count + 1, sizeof *samples->of);
  samples->values = calloc(total + 1, sizeof *samples->values);
  samples->replicates = calloc(total + 1, sizeof *samples->replicates);
  results->cells = calloc(data->cell_count + 1, sizeof *results->cells);
  if (!samples->of || !samples->values || !samples->replicates || !results->cells) {
    return status_memory(error);
  }
  for (size_t i = 0; i < data->cell_count; i++)
    samples->of[i].cell = &data->cells[i];
  samples->count = data->cell_count;
  samples->by_run = is_by_run(data);
  samples->in_passes = load_knows_passes(data);
  samples->managed = has_restarts(data);
  qsort(samples->of, samples->count, sizeof *samples->of, compare_cells);
  size_t offset = 0;
  for (size_t i = 0; i < samples->count; i++) {
    struct cells_sample *sample = &samples->of[i];
    size_t room = sample->cell->count;
    enum status status = fill_cell(data, samples, sample, samples->values + offset,
                                   samples->replicates + offset, confidence, &results->cells[i], error);
    if (status != STATUS_OK) {
      return status_prefix(error, status, "workers %lld, batch %lld", (long long)sample->cell->workers,
                           (long long)sample->cell->batch);
    }
    results->cell_count = i + 1;
    offset += room;
  }
  if (data->imported || data->no_warmup) flag_cold_starts(samples, confidence, results);
  return STATUS_OK;
}

void cells_free(struct cells_samples *samples) {
  free(samples->of);
  free(samples->values);
  free(samples->replicates);
  *samples = (struct cells_samples){0};
}
