// SPDX-License-Identifier: GPL-3.0-or-later
//
// Failed batches whose place a later measurement of the same cell takes.
//
// A batch in which nothing could connect ("dead") measured nothing: a later good batch of the same repetition
// replaces it. Batches that failed otherwise are replaced by a later run without any failure, in which the
// cell was measured at least as often as it had failed so until then. All others count as what they are.
#include <math.h>
#include <stdlib.h>

#include "analyze/input/load_reader.h"
#include "lib/base/array.h"

// What one run did with a cell.
struct tried {
  size_t run;
  double start_unix_s; // NaN: a table
  int64_t good, failing, dead;
};

struct history {
  struct tried *of;
  size_t count, room;
  bool dated;
};

struct good {
  int64_t rep;
  double start_s;
};

static int64_t rep_of(const struct load_replicate *replicate) {
  return replicate->block & UINT32_MAX;
}

static bool is_good(const struct load_replicate *replicate) {
  return !load_is_failing(replicate->requests, replicate->failed, replicate->cancelled);
}

static bool is_dead(int64_t requests, int64_t cancelled, const int64_t *errors) {
  return requests > cancelled && errors[FAILURE_CONNECT] == requests - cancelled;
}

// The run's entry, made if it is new; a cell's batches come run by run, so the last ones are tried first.
static enum status tried_of(const struct load_data *data, struct history *history, size_t run,
                            struct tried **out) {
  for (size_t i = history->count; i > 0; i--) {
    *out = &history->of[i - 1];
    if ((*out)->run == run) return STATUS_OK;
  }
  enum status status =
      array_grow(&history->of, &history->room, history->count, sizeof *history->of, LOAD_MAX_REPLICATES);
  if (status != STATUS_OK) return status;
  double start_unix_s = run < data->fact_count ? data->facts[run].start_unix_s : NAN;
  history->dated = history->dated && isfinite(start_unix_s);
  *out = &history->of[history->count++];
  **out = (struct tried){.run = run, .start_unix_s = start_unix_s};
  return STATUS_OK;
}

static int compare_dates(const void *left, const void *right) {
  const struct tried *a = left, *b = right;
  if (a->start_unix_s != b->start_unix_s) return a->start_unix_s < b->start_unix_s ? -1 : 1;
  return (a->run > b->run) - (a->run < b->run);
}

// What each run did, the earliest first; runs without a date are in the order of reading.
static enum status collect(const struct load_data *data, const struct load_cell *cell,
                           struct history *history) {
  enum status status = STATUS_OK;
  struct tried *tried;
  history->dated = true;
  for (size_t i = 0; i < cell->count && status == STATUS_OK; i++) {
    status = tried_of(data, history, cell->replicates[i].run, &tried);
    if (status != STATUS_OK) break;
    const struct load_replicate *one = &cell->replicates[i];
    bool good = is_good(one), dead = !good && is_dead(one->requests, one->cancelled, one->errors);
    tried->good += good;
    tried->dead += dead;
    tried->failing += !good && !dead;
  }
  for (size_t i = 0; i < cell->failing_count && status == STATUS_OK; i++) {
    const struct load_failing *one = &cell->failing[i];
    status = tried_of(data, history, one->run, &tried);
    if (status != STATUS_OK) break;
    bool dead = is_dead(one->requests, one->cancelled, one->errors);
    tried->dead += dead;
    tried->failing += !dead;
  }
  if (status == STATUS_OK && history->dated && history->count > 1)
    qsort(history->of, history->count, sizeof *history->of, compare_dates);
  return status;
}

// How many of the first runs are replaced by a later one.
static size_t count_replaced(const struct history *history) {
  size_t replaced = 0;
  int64_t failing = 0;
  for (size_t i = 0; i < history->count; i++) {
    const struct tried *tried = &history->of[i];
    if (tried->failing + tried->dead == 0 && tried->good >= failing) replaced = i;
    failing += tried->failing;
  }
  return replaced;
}

static bool run_is_replaced(const struct history *history, size_t replaced, size_t run) {
  for (size_t i = 0; i < replaced; i++) {
    if (history->of[i].run == run) return true;
  }
  return false;
}

static int compare_good(const void *left, const void *right) {
  const struct good *a = left, *b = right;
  if (a->rep != b->rep) return a->rep < b->rep ? -1 : 1;
  return (a->start_s > b->start_s) - (a->start_s < b->start_s);
}

// True when a good batch of this repetition started later.
static bool again(const struct good *good, size_t count, int64_t rep, double start_s) {
  const struct good key = {rep, start_s};
  size_t lo = 0, hi = count;
  while (lo < hi) {
    size_t middle = lo + (hi - lo) / 2;
    if (compare_good(&good[middle], &key) <= 0)
      lo = middle + 1;
    else
      hi = middle;
  }
  return lo < count && good[lo].rep == rep;
}

static size_t list_good(const struct load_cell *cell, struct good *good) {
  size_t count = 0;
  for (size_t i = 0; i < cell->count; i++) {
    const struct load_replicate *replicate = &cell->replicates[i];
    if (is_good(replicate) && isfinite(replicate->start_s))
      good[count++] = (struct good){rep_of(replicate), replicate->start_s};
  }
  if (count > 1) qsort(good, count, sizeof *good, compare_good);
  return count;
}

// Returns how many batches were left out.
static int64_t leave_out(struct load_cell *cell, const struct history *history, const struct good *good,
                         size_t good_count) {
  size_t replaced = count_replaced(history), kept = 0, kept_failing = 0;
  for (size_t i = 0; i < cell->count; i++) {
    const struct load_replicate *one = &cell->replicates[i];
    bool dead = is_dead(one->requests, one->cancelled, one->errors);
    if (!is_good(one) && (run_is_replaced(history, replaced, one->run) ||
                          (dead && again(good, good_count, rep_of(one), one->start_s))))
      continue;
    cell->replicates[kept++] = *one;
  }
  for (size_t i = 0; i < cell->failing_count; i++) {
    const struct load_failing *one = &cell->failing[i];
    bool dead = is_dead(one->requests, one->cancelled, one->errors);
    if (run_is_replaced(history, replaced, one->run) ||
        (dead && again(good, good_count, one->rep, one->start_s)))
      continue;
    cell->failing[kept_failing++] = *one;
  }
  int64_t left_out = (int64_t)(cell->count - kept + cell->failing_count - kept_failing);
  cell->count = kept;
  cell->failing_count = kept_failing;
  return left_out;
}

static enum status look_at(const struct load_data *data, struct load_cell *cell, int64_t *left_out) {
  struct history history = {0};
  struct good *good = NULL;
  enum status status = collect(data, cell, &history);
  for (size_t i = 0; i < history.count; i++)
    cell->failed_runs += history.of[i].failing + history.of[i].dead > 0;
  if (cell->failed_starts > cell->failed_runs) cell->failed_runs = cell->failed_starts;
  if (status == STATUS_OK && cell->failed_runs > 0) {
    good = calloc(cell->count + 1, sizeof *good);
    if (good)
      *left_out += leave_out(cell, &history, good, list_good(cell, good));
    else
      status = STATUS_MEMORY;
  }
  free(good);
  free(history.of);
  return status;
}

enum status load_replace_failed(struct load_data *data) {
  enum status status = STATUS_OK;
  int64_t left_out = 0;
  for (size_t i = 0; i < data->cell_count && status == STATUS_OK; i++)
    status = look_at(data, &data->cells[i], &left_out);
  if (left_out > 0) load_notice_add(data, WARNING_REPLACED, -1, left_out, NULL);
  return status;
}
