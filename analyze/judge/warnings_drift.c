// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/warnings_drift.h"

#include <math.h>
#include <stdlib.h>

// One measurement: of a batch, or of a session after gathering.
struct moment {
  double value, start_s; // value: ln X; then both without the mean of their group
  size_t group;          // cell, or workers row
  size_t session;
  int64_t block;
};

// The batches of usable cells that came at a known time at least twice; groups are cells. `moments` has room
// for all replicates. *complete: every usable cell came equally often.
static size_t list_batches(const struct cells_samples *samples, const struct results *results,
                           struct moment *moments, bool *complete) {
  size_t count = 0, each = 0;
  *complete = true;
  for (size_t i = 0; i < samples->count; i++) {
    const struct cells_sample *sample = &samples->of[i];
    size_t before = count;
    if (!cells_usable(&results->cells[i])) continue;
    for (size_t r = 0; r < sample->count; r++) {
      const struct load_replicate *replicate = &sample->cell->replicates[sample->replicates[r]];
      if (!isfinite(replicate->start_s)) continue;
      moments[count++] = (struct moment){log(sample->values[r]), replicate->start_s, i, replicate->session,
                                         replicate->block};
    }
    if (each == 0) each = count - before;
    *complete = *complete && count - before == each;
    if (count - before < 2) count = before;
  }
  return count;
}

// Takes each group's means out of values and times; moments of a group stand together. Returns how many
// groups.
static size_t centre_groups(struct moment *moments, size_t count) {
  size_t groups = 0;
  for (size_t i = 0; i < count; groups++) {
    size_t first = i;
    double value = 0, start_s = 0;
    for (; i < count && moments[i].group == moments[first].group; i++) {
      double share = 1 / (double)(i - first + 1);
      value += share * (moments[i].value - value);
      start_s += share * (moments[i].start_s - start_s);
    }
    for (size_t j = first; j < i; j++) {
      moments[j].value -= value;
      moments[j].start_s -= start_s;
    }
  }
  return groups;
}

static int compare_sessions(const void *left, const void *right) {
  const struct moment *a = left, *b = right;
  if (a->group != b->group) return a->group < b->group ? -1 : 1;
  return (a->session > b->session) - (a->session < b->session);
}

// Makes one moment of each session: the mean of its batches, whose cells' levels are out already. Groups are
// then workers rows.
static size_t gather_sessions(const struct results *results, struct moment *moments, size_t count) {
  for (size_t i = 0, row = 0; i < count; i++) { // cells ascend, and so do their rows
    while (row + 1 < results->workers_count && results->workers[row + 1].first_cell <= moments[i].group)
      row++;
    moments[i].group = row;
  }
  qsort(moments, count, sizeof *moments, compare_sessions);
  size_t kept = 0;
  for (size_t i = 0; i < count;) {
    struct moment one = moments[i], sum = {0};
    size_t first = i;
    for (; i < count && moments[i].group == one.group && moments[i].session == one.session; i++) {
      sum.value += moments[i].value;
      sum.start_s += moments[i].start_s;
    }
    one.value = sum.value / (double)(i - first);
    one.start_s = sum.start_s / (double)(i - first);
    moments[kept++] = one;
  }
  return kept;
}

static bool is_managed(const struct load_data *data) {
  for (size_t i = 0; i < data->session_count; i++) {
    if (data->sessions[i].managed) return true;
  }
  return false;
}

// The slope of `moments` on their times; false where it cannot be told.
static bool test_slope(const struct moment *moments, size_t count, size_t lost_df, double confidence,
                       struct drift *drift) {
  double *values = calloc(2 * count + 1, sizeof *values), *times = values + count;
  if (!values) stat_end_without_memory();
  if (!values) return false;
  for (size_t i = 0; i < count; i++) {
    values[i] = moments[i].value;
    times[i] = moments[i].start_s;
  }
  bool told = drift_test(values, times, count, lost_df, confidence, drift, NULL) == STATUS_OK;
  free(values);
  return told;
}

static int compare_blocks(const void *left, const void *right) {
  const struct moment *a = left, *b = right;
  return (a->block > b->block) - (a->block < b->block);
}

// Takes the blocks' means out of the moments and writes them to `means`; returns how many.
static size_t split_blocks(struct moment *moments, size_t count, struct moment *means) {
  size_t blocks = 0;
  qsort(moments, count, sizeof *moments, compare_blocks);
  for (size_t i = 0; i < count; i++)
    moments[i].group = i > 0 && moments[i].block == moments[i - 1].block ? blocks - 1 : blocks++;
  for (size_t i = 0, n = 0; i < count; i++) {
    struct moment *mean = &means[moments[i].group];
    n = i > 0 && moments[i].group == moments[i - 1].group ? n + 1 : 1;
    mean->value += (moments[i].value - mean->value) / (double)n;
    mean->start_s += (moments[i].start_s - mean->start_s) / (double)n;
  }
  centre_groups(moments, count);
  return blocks;
}

// Batches of a block share what it brings, so that the slope of all of them is surer than it should be. What
// blocks' means and what batches within blocks show of it are independent: their one-sided chances of one
// sign together (Fisher, Statistical Methods for Research Workers, 21.1), for the likelier sign.
static void test_by_blocks(struct moment *moments, size_t count, size_t groups, double confidence,
                           struct drift *drift) {
  struct moment *means = calloc(count, sizeof *means);
  struct drift parts[2];
  if (!means) stat_end_without_memory();
  if (!means) return;
  size_t blocks = split_blocks(moments, count, means);
  bool between = test_slope(means, blocks, 1, confidence, &parts[0]);
  bool within = test_slope(moments, count, groups + blocks - 1, confidence, &parts[1]);
  free(means);
  double chance = 1;
  for (int sign = -1; sign <= 1 && (between || within); sign += 2) {
    double product = 1;
    for (int i = 0; i < 2; i++) {
      if (i == 0 ? !between : !within) continue;
      double half = parts[i].p / 2;
      product *= parts[i].slope.estimate * sign > 0 ? half : 1 - half;
    }
    double together = between && within ? product * (1 - log(product)) : product;
    chance = fmin(chance, 2 * together);
  }
  drift->p = chance;
}

static bool test_moments(struct moment *moments, size_t count, size_t groups, double span_s, bool by_blocks,
                         double confidence, struct drift *drift) {
  if (!test_slope(moments, count, groups, confidence, drift)) return false;
  struct ci slope = drift->slope;
  drift->over_run = (struct ci){span_s * slope.estimate, span_s * slope.lo, span_s * slope.hi};
  if (by_blocks) test_by_blocks(moments, count, groups, confidence, drift);
  return true;
}

bool warnings_drift(const struct load_data *data, const struct cells_samples *samples,
                    const struct results *results, struct drift *drift) {
  size_t room = 1;
  for (size_t i = 0; i < samples->count; i++)
    room += samples->of[i].count;
  struct moment *moments = calloc(room, sizeof *moments);
  if (!moments) stat_end_without_memory();
  if (!moments) return false;
  bool complete, told = false, managed = is_managed(data);
  size_t count = list_batches(samples, results, moments, &complete);
  double first_s = INFINITY, last_s = -INFINITY;
  for (size_t i = 0; i < count; i++) {
    first_s = fmin(first_s, moments[i].start_s);
    last_s = fmax(last_s, moments[i].start_s);
  }
  size_t groups = centre_groups(moments, count);
  if (managed && complete) {
    count = gather_sessions(results, moments, count);
    groups = centre_groups(moments, count);
  }
  if (count > 0 && (!managed || complete)) {
    told = test_moments(moments, count, groups, last_s - first_s, samples->in_passes, results->confidence,
                        drift);
  }
  free(moments);
  return told;
}
