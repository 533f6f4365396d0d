// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/spend.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/judge/estimate.h"
#include "analyze/judge/strata.h"
#include "analyze/stat/components.h"
#include "analyze/stat/quantile.h"

struct batch {
  double start_s, total_s;
  size_t session, run;
};

static int compare_batches(const void *left, const void *right) {
  const struct batch *a = left, *b = right;
  return (a->start_s > b->start_s) - (a->start_s < b->start_s);
}

static bool is_taken(const struct load_replicate *replicate) {
  return !replicate->cold && replicate->tokens_per_s > 0;
}

static enum spend_group group_of(const struct cells_samples *samples) {
  if (samples->managed) return SPEND_RESTARTS;
  if (samples->by_run) return SPEND_RUNS;
  return samples->in_passes ? SPEND_PASSES : SPEND_ALONE;
}

// The repetitions of usable cells that have several, and how many cells these are. Groups are their sessions;
// those that span levels have no workers.
static size_t list_values(const struct cells_samples *samples, const struct results *results,
                          enum spend_group groups, struct strata_value *values, size_t *cells) {
  size_t count = 0;
  for (size_t i = 0; i < samples->count; i++) {
    const struct load_cell *cell = samples->of[i].cell;
    size_t first = count;
    double mean = 0;
    for (size_t r = 0; r < cell->count && cells_usable(&results->cells[i]); r++) {
      const struct load_replicate *replicate = &cell->replicates[r];
      if (!is_taken(replicate)) continue;
      int64_t group = groups == SPEND_RESTARTS ? (int64_t)replicate->session
                      : groups == SPEND_RUNS   ? replicate->block >> 32
                                               : replicate->block;
      values[count] = (struct strata_value){.workers = groups == SPEND_RESTARTS ? cell->workers : 0,
                                            .session = (size_t)group,
                                            .residual = log(replicate->tokens_per_s)};
      count++;
      mean += (values[count - 1].residual - mean) / (double)(count - first);
    }
    if (count - first < 2) count = first;
    for (size_t k = first; k < count; k++)
      values[k].residual -= mean;
    *cells += count > first;
  }
  return count;
}

// One batch of a cell in each group cannot be told from its group.
static struct components_sums sum_up(struct strata_value *values, size_t count, size_t cells, bool grouped) {
  struct stratum between = strata_between_sessions(values, count);
  double all = 0, df = (double)(count - cells);
  for (size_t i = 0; i < count; i++)
    all += values[i].residual * values[i].residual;
  if (!grouped || !(df > between.df)) return (struct components_sums){.within = all, .within_df = df};
  return (struct components_sums){.between = between.squares,
                                  .between_df = between.df,
                                  .within = fmax(0, all - between.squares),
                                  .within_df = df - between.df,
                                  .size = (double)count / between.groups};
}

static struct estimate root_of(struct ci variance) {
  return (struct estimate){sqrt(variance.estimate), sqrt(fmax(0, variance.lo)),
                           isfinite(variance.hi) ? sqrt(variance.hi) : NAN};
}

// The variance that the requests of a batch make, the median of batches, and what batches take.
struct windows {
  double variance, fixed_s, steady_s; // fixed: start and drain
};

static void look_at_windows(const struct cells_samples *samples, const struct results *results, double *room,
                            struct windows *windows, struct spend *spend) {
  size_t count = 0;
  for (size_t i = 0; i < samples->count; i++) {
    const struct load_cell *cell = samples->of[i].cell;
    for (size_t r = 0; r < cell->count && cells_usable(&results->cells[i]); r++) {
      const struct steady *steady = &cell->replicates[r].steady;
      if (!is_taken(&cell->replicates[r]) || !(steady->squares > 0) ||
          cell->batch < SPEND_WAVES * cell->workers)
        continue;
      room[count++] = steady->squares / steady->amount / steady->amount;
      double share = 1 / (double)count;
      windows->steady_s += share * (steady->window_s - windows->steady_s);
      windows->fixed_s += share * (steady->batch_s - steady->window_s - windows->fixed_s);
    }
  }
  struct ci ci;
  windows->variance = NAN;
  qsort(room, count, sizeof *room, stat_compare_doubles); // a short window may be empty in part
  if (quantile_interval(room, count, 0.5, results->confidence, &ci, NULL) != STATUS_OK) return;
  windows->variance = ci.estimate;
  spend->requests = root_of(ci);
}

// Mean seconds between two batches of one run that follow each other: of one session, and of two.
static void find_seconds(const struct cells_samples *samples, struct batch *batches, struct spend *spend,
                         double *pause_s) {
  size_t count = 0, pauses = 0, restarts = 0;
  double pause = 0, restart = 0, total = 0;
  for (size_t i = 0; i < samples->count; i++) {
    const struct load_cell *cell = samples->of[i].cell;
    for (size_t r = 0; r < cell->count; r++) {
      const struct load_replicate *one = &cell->replicates[r];
      if (!isfinite(one->start_s)) continue;
      batches[count++] = (struct batch){one->start_s, one->total_s, one->session, one->run};
      total += one->total_s;
    }
  }
  qsort(batches, count, sizeof *batches, compare_batches);
  for (size_t i = 1; i < count; i++) {
    const struct batch *one = &batches[i], *before = one - 1;
    double gap = fmax(0, one->start_s - before->start_s - before->total_s);
    if (one->run != before->run) continue;
    if (one->session == before->session)
      pause += gap, pauses++;
    else
      restart += gap, restarts++;
  }
  *pause_s = pauses > 0 ? pause / (double)pauses : 0;
  spend->batch_s = count > 0 ? total / (double)count : NAN;
  spend->group_s = restarts > 0 ? restart / (double)restarts : NAN;
}

// What the next second is best spent on. `size`: batches that share one restart.
static void decide(struct spend *spend, struct windows windows, double size, double pause_s) {
  double group = isfinite(spend->group.estimate) ? pow(spend->group.estimate, 2) : 0;
  double batch = pow(spend->batch.estimate, 2), requests = fmin(batch, windows.variance);
  if (!isfinite(spend->batch_s)) return;
  spend->on = group > batch && spend->groups != SPEND_PASSES ? SPEND_ON_GROUPS : SPEND_ON_REPETITIONS;
  if (!(windows.variance > 0) || !(windows.steady_s > 0)) return;
  double restart_s = isfinite(spend->group_s) && size > 0 ? spend->group_s / size : 0;
  double times = components_share(group + batch - requests, windows.fixed_s + pause_s + restart_s, requests,
                                  windows.steady_s);
  if (times < SPEND_MIN_TIMES) return;
  spend->on = SPEND_ON_LONGER_BATCHES;
  spend->times = floor(fmin(times, SPEND_MAX_TIMES));
}

enum status spend_find(const struct cells_samples *samples, struct results *results, struct error *error) {
  size_t room = 1, cells = 0;
  for (size_t i = 0; i < samples->count; i++)
    room += samples->of[i].cell->count;
  struct strata_value *values = calloc(room, sizeof *values);
  struct batch *batches = calloc(room, sizeof *batches);
  double *variances = calloc(room, sizeof *variances);
  struct spend spend = {.groups = group_of(samples), .requests = {NAN, NAN, NAN}, .times = 1};
  struct components components;
  enum status status = values && batches && variances ? STATUS_OK : status_memory(error);
  if (status == STATUS_OK) {
    size_t count = list_values(samples, results, spend.groups, values, &cells);
    struct components_sums sums = sum_up(values, count, cells, spend.groups != SPEND_ALONE);
    spend.exists = components_find(&sums, results->confidence, &components, NULL) == STATUS_OK &&
                   components.batch.estimate > 0;
    if (spend.exists) {
      struct windows windows = {0};
      double pause_s;
      spend.group = root_of(components.group);
      spend.batch = root_of(components.batch);
      look_at_windows(samples, results, variances, &windows, &spend);
      find_seconds(samples, batches, &spend, &pause_s);
      decide(&spend, windows, sums.size, pause_s);
      results->spend = spend;
    }
  }
  free(values);
  free(batches);
  free(variances);
  return status;
}
