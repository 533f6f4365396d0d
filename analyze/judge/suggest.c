// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/suggest.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/stat/models.h"
#include "lib/json/json_write.h"

#define MAX_WORKERS 1000000
#define FAMILY_FACTOR 4.0 // levels within this factor of the best are what the quadratic describes
#define FAMILY_POINTS 9   // fewer levels than this decide nothing
#define CAUTION 1.25      // widens the quadratic's one-sided bound, since it is no law
#define NEAR 1.06         // levels closer than this are the same for a first look

struct list {
  const struct results *results;
  struct suggest_cell *cells;
  size_t count, most;
};

static double best_throughput(const struct results *results) {
  return results->cells[results->best.cell].tokens_per_s.estimate;
}

static int64_t best_workers(const struct results *results) {
  return results->cells[results->best.cell].workers;
}

// The workers from which on nothing is to be tried; INT64_MAX: none are known.
static int64_t wall(const struct results *results) {
  int64_t lowest = INT64_MAX;
  for (size_t i = 0; i < results->cliff_count; i++) {
    if (!results->cliffs[i].possible && results->cliffs[i].to < lowest) lowest = results->cliffs[i].to;
  }
  return lowest;
}

static bool level_is_near(const struct results *results, int64_t workers, double factor) {
  for (size_t i = 0; i < results->workers_count; i++) {
    double ratio = (double)workers / (double)results->workers[i].workers;
    if (ratio < factor && ratio > 1 / factor) return true;
  }
  return false;
}

// As many waves as the best cell had.
static int64_t batch_for(const struct results *results, int64_t workers) {
  if (!results->best.exists) return workers;
  const struct cell *best = &results->cells[results->best.cell];
  int64_t waves = (best->batch + best->workers / 2) / best->workers;
  return workers * (waves < 1 ? 1 : waves);
}

static int64_t usual_repeat(const struct results *results) {
  int64_t most = 3;
  for (size_t i = 0; i < results->cell_count; i++) {
    if (results->cells[i].reps > most) most = results->cells[i].reps;
  }
  return most > 10 ? 10 : most;
}

static void add(struct list *list, int64_t workers, int64_t batch, int64_t repeat, const char *why, ...)
    PRINTF_LIKE(5, 6);
static void add(struct list *list, int64_t workers, int64_t batch, int64_t repeat, const char *why, ...) {
  if (list->count == list->most || workers < 1 || workers > MAX_WORKERS || batch < 1) return;
  for (size_t i = 0; i < list->count; i++) {
    if (list->cells[i].workers == workers && list->cells[i].batch == batch) return;
  }
  struct suggest_cell *cell = &list->cells[list->count++];
  *cell = (struct suggest_cell){.workers = workers, .batch = batch, .repeat = repeat};
  va_list arguments;
  va_start(arguments, why);
  vsnprintf(cell->why, sizeof cell->why, why, arguments);
  va_end(arguments);
}

static void when_nothing_works(struct list *list) {
  if (list->results->workers_count == 0) return;
  int64_t lowest = list->results->workers[0].workers / 2;
  add(list, lowest, lowest, usual_repeat(list->results), "every level tested so far is unusable");
}

static void go_up_and_bisect(struct list *list) {
  const struct results *results = list->results;
  int64_t repeat = usual_repeat(results);
  const struct workers_row *last = &results->workers[results->workers_count - 1];
  // Far beyond the best without a fall is a plateau: no number of workers would ever be enough.
  bool open = wall(results) == INT64_MAX && last->usable &&
              (double)last->workers < FAMILY_FACTOR * (double)best_workers(results) &&
              last->max_tokens_per_s >= SUGGEST_FALL * best_throughput(results);
  if (open) {
    add(list, 2 * last->workers, batch_for(results, 2 * last->workers), repeat,
        "throughput has not fallen by 10 %% up to %" PRId64 " workers", last->workers);
  }
  for (size_t i = 0; i < results->cliff_count; i++) {
    const struct cliff *cliff = &results->cliffs[i];
    if (cliff->possible || cliff->to != wall(results)) continue;
    int64_t gap = cliff->to - cliff->from;
    if (gap <= 1 || (double)gap <= 0.1 * (double)cliff->from) continue;
    int64_t middle = cliff->from + gap / 2;
    add(list, middle, batch_for(results, middle), repeat,
        "the cliff lies somewhere in (%" PRId64 ", %" PRId64 "]", cliff->from, cliff->to);
  }
}

// A cliff that is not established is decided by measuring both of its levels again.
static void decide_possible_cliffs(struct list *list) {
  const struct results *results = list->results;
  for (size_t i = 0; i < results->cliff_count; i++) {
    const struct cliff *cliff = &results->cliffs[i];
    if (!cliff->possible || cliff->from >= wall(results)) continue;
    for (size_t w = 0; w < results->workers_count; w++) {
      const struct workers_row *row = &results->workers[w];
      if (!row->usable || (row->workers != cliff->from && row->workers != cliff->to)) continue;
      add(list, row->workers, row->best_batch, usual_repeat(results),
          "a cliff in (%" PRId64 ", %" PRId64 "] is possible, but not established", cliff->from, cliff->to);
    }
  }
}

static void look_around_the_best(struct list *list) {
  static const double exponents[] = {0.25, -0.25, 0.5, -0.5};
  const struct results *results = list->results;
  for (size_t i = 0; i < sizeof exponents / sizeof exponents[0]; i++) {
    int64_t workers = (int64_t)lround((double)best_workers(results) * exp2(exponents[i]));
    if (workers < 1 || workers >= wall(results) || level_is_near(results, workers, NEAR)) continue;
    add(list, workers, batch_for(results, workers), usual_repeat(results),
        "a neighbour of the best level, %" PRId64 " workers", best_workers(results));
  }
}

// Where a quadratic in ln n, fitted to the levels near the best, allows the highest throughput.
static void ask_the_quadratic(struct list *list) {
  const struct results *results = list->results;
  double *n = calloc(results->workers_count + 1, sizeof *n),
         *x = calloc(results->workers_count + 1, sizeof *x);
  size_t count = 0;
  double centre = (double)best_workers(results);
  for (size_t i = 0; n && x && i < results->workers_count; i++) {
    const struct workers_row *row = &results->workers[i];
    double ratio = (double)row->workers / centre;
    if (!row->usable || row->workers >= wall(results) || ratio > FAMILY_FACTOR || ratio < 1 / FAMILY_FACTOR)
      continue;
    n[count] = (double)row->workers;
    x[count++] = row->max_tokens_per_s;
  }
  struct fit_result fit;
  if (count >= 5 &&
      models_fit(MODELS_QUADRATIC_LN, n, x, NULL, count, STAT_SCALE_LN, &fit, NULL) == STATUS_OK &&
      fit.converged) {
    const struct fit_model *model = models_get(MODELS_QUADRATIC_LN);
    double t = stat_t_multiplier(0.90, (double)fit.df), highest = -INFINITY; // two-sided 90 %: one-sided 95 %
    int64_t where = -1;
    for (int64_t w = (int64_t)n[0]; w <= (int64_t)n[count - 1]; w++) {
      double at = (double)w, value, se;
      if (fit_predict(model, &fit, &at, NULL, &value, &se, NULL) != STATUS_OK) continue;
      if (value + CAUTION * t * se <= highest) continue;
      highest = value + CAUTION * t * se;
      where = w;
    }
    double regret = exp(highest - log(best_throughput(results))) - 1;
    if (where > 0 && (regret > SUGGEST_REGRET || count < FAMILY_POINTS) &&
        !level_is_near(results, where, 1.0 + 1e-9)) {
      add(list, where, batch_for(results, where), usual_repeat(results),
          "a quadratic in ln n allows %.1f %% more here", 100 * (regret > 0 ? regret : 0));
    }
  }
  free(n);
  free(x);
}

static void confirm(struct list *list) {
  const struct best *best = &list->results->best;
  bool known = isfinite(best->regret_bound);
  if (known && best->regret_bound <= SUGGEST_REGRET) return;
  size_t finalists = best->set_count > 0 ? best->set_count : 1;
  for (size_t i = 0; i < finalists; i++) {
    const struct cell *cell = &list->results->cells[best->set_count > 0 ? best->set[i] : best->cell];
    if (known) {
      add(list, cell->workers, cell->batch, SUGGEST_BLOCKS,
          "may be the best; the bound on the regret is %.1f %%", 100 * best->regret_bound);
    } else {
      add(list, cell->workers, cell->batch, SUGGEST_BLOCKS, "the largest, and no spread is known");
    }
  }
}

size_t suggest_next(const struct results *results, size_t most, struct suggest_cell *cells) {
  struct list list = {.results = results, .cells = cells, .most = most};
  if (!results->best.exists) {
    when_nothing_works(&list);
    return list.count;
  }
  go_up_and_bisect(&list);
  decide_possible_cliffs(&list);
  look_around_the_best(&list);
  ask_the_quadratic(&list);
  confirm(&list);
  return list.count;
}

enum status suggest_print(const struct suggest_cell *cells, size_t count, struct buf *out) {
  for (size_t i = 0; i < count; i++) {
    struct json_writer writer = JSON_WRITER(out), *w = &writer;
    json_write_object(w);
    json_member_int(w, "workers", cells[i].workers);
    json_member_int(w, "batch", cells[i].batch);
    json_member_int(w, "repeat", cells[i].repeat);
    json_member_string(w, "why", cells[i].why);
    json_write_object_end(w);
    buf_append_char(out, '\n');
  }
  return out->status;
}
