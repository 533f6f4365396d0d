// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/suggest.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/judge/recommend.h"
#include "lib/json/json_write.h"

#define MAX_WORKERS 1000000
#define REFINED 1.2 // neighbouring levels closer than this are not told apart further

struct list {
  const struct results *results;
  struct suggest_cell *cells;
  size_t count, most;
};

// The workers from which on nothing is to be tried; INT64_MAX: none are known.
static int64_t wall(const struct results *results) {
  int64_t lowest = INT64_MAX;
  for (size_t i = 0; i < results->cliff_count; i++) {
    if (!results->cliffs[i].possible && results->cliffs[i].to < lowest) lowest = results->cliffs[i].to;
  }
  return lowest;
}

// The batch that all levels of the run have in common; 0: they differ.
static int64_t common_batch(const struct results *results) {
  for (size_t i = 1; i < results->cell_count; i++) {
    if (results->cells[i].batch != results->cells[0].batch) return 0;
  }
  return results->cell_count > 0 ? results->cells[0].batch : 0;
}

// 0 where the run's batches are timed. The run's own batch where it is long enough for a steady window, so
// that levels do the same work; else three waves, or as many as the best cell had.
static int64_t batch_for(const struct results *results, int64_t workers) {
  if (!results->best.exists) return workers;
  const struct cell *best = &results->cells[results->best.recommended];
  if (best->timed) return 0;
  bool steady = results->recommendation.steady;
  if ((steady || common_batch(results) > 0) && best->batch >= 3 * workers) return best->batch;
  int64_t waves = steady ? 3 : (best->batch + best->workers / 2) / best->workers;
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
  if (list->count == list->most || workers < 1 || workers > MAX_WORKERS || batch < 0) return;
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

static size_t row_of(const struct results *results, int64_t workers) {
  size_t i = 0;
  while (i < results->workers_count && results->workers[i].workers != workers)
    i++;
  return i;
}

// Whatever else is tried next depends on what a hole holds. What failed in two runs is not tried a third
// time.
static void measure_holes(struct list *list) {
  const struct results *results = list->results;
  for (size_t w = 0; w < results->workers_count; w++) {
    const struct workers_row *row = &results->workers[w];
    for (size_t i = row->first_cell; row->hole && i < row->first_cell + row->cell_count; i++) {
      if (results->cells[i].flags & CELL_FAILED && results->cells[i].failed_runs < RESULTS_TRIES)
        add(list, row->workers, results->cells[i].timed ? 0 : results->cells[i].batch, usual_repeat(results),
            "failed, while levels below and above work");
    }
  }
}

static const struct workers_row *usable_below(const struct results *results, size_t at) {
  while (at > 0 && !results->workers[at - 1].usable)
    at--;
  return at > 0 ? &results->workers[at - 1] : NULL;
}

// Up only from the last level, and only while it may be the one to choose: a level that does not gain is a
// plateau, and beyond a fall, a failure or a cliff nothing is tried.
static void go_up(struct list *list) {
  const struct results *results = list->results;
  const struct workers_row *last = &results->workers[results->workers_count - 1];
  const struct cell *top = &results->cells[results->best.recommended];
  bool plateau = results->recommendation.state != RECOMMENDATION_NONE && recommend_on_plateau(results);
  bool chosen = results->recommendation.state == RECOMMENDATION_SHOWN && top->workers != last->workers;
  if (wall(results) != INT64_MAX || !last->usable || plateau || chosen ||
      recommend_level_throughput(results, last) <
          SUGGEST_FALL *
              recommend_level_throughput(results, &results->workers[row_of(results, top->workers)]))
    return;
  add(list, 2 * last->workers, batch_for(results, 2 * last->workers), usual_repeat(results),
      "throughput still rises at %" PRId64 " workers", last->workers);
}

static void bisect_cliffs(struct list *list) {
  const struct results *results = list->results;
  for (size_t i = 0; i < results->cliff_count; i++) {
    const struct cliff *cliff = &results->cliffs[i];
    if (cliff->possible || cliff->to != wall(results)) continue;
    int64_t gap = cliff->to - cliff->from;
    if (gap <= 1 || (double)gap <= 0.1 * (double)cliff->from) continue;
    int64_t middle = cliff->from + gap / 2;
    add(list, middle, batch_for(results, middle), usual_repeat(results),
        "the cliff lies somewhere in (%" PRId64 ", %" PRId64 "]", cliff->from, cliff->to);
  }
}

// Between two levels, on the scale of ratios.
static void bisect_levels(struct list *list, const struct workers_row *lower, const struct workers_row *upper,
                          const char *why) {
  int64_t from = lower->workers, to = upper->workers;
  int64_t middle = (int64_t)lround(sqrt((double)from * (double)to));
  if (row_of(list->results, middle) < list->results->workers_count) return; // it failed, twice
  if ((double)to <= REFINED * (double)from || middle <= from || middle >= to) return;
  add(list, middle, batch_for(list->results, middle), usual_repeat(list->results),
      "%s (%" PRId64 ", %" PRId64 ")", why, from, to);
}

// Fewer requests in flight may be good enough, down to a level that is not; and a peak may lie beside the
// highest.
static void refine(struct list *list) {
  const struct results *results = list->results;
  const struct recommendation *chosen = &results->recommendation;
  size_t at = row_of(results, results->cells[results->best.recommended].workers);
  const struct workers_row *below = usable_below(results, at);
  if (below && at < results->workers_count)
    bisect_levels(list, below, &results->workers[at], "fewer requests in flight may be enough");
  if (at + 1 >= results->workers_count || chosen->state == RECOMMENDATION_NONE) return;
  const struct workers_row *above = &results->workers[at + 1];
  if (above->usable && above->workers < wall(results) &&
      recommend_level_throughput(results, above) <
          (1 - chosen->margin) * recommend_level_throughput(results, &results->workers[at]))
    bisect_levels(list, &results->workers[at], above, "a peak may lie in");
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
      add(list, row->workers, results->cells[row->first_cell].timed ? 0 : row->best_batch,
          usual_repeat(results), "a cliff in (%" PRId64 ", %" PRId64 "] is possible, but not established",
          cliff->from, cliff->to);
    }
  }
}

// Those that may be the best, where nothing is shown yet.
static void confirm(struct list *list) {
  const struct results *results = list->results;
  const struct recommendation *chosen = &results->recommendation;
  if (chosen->state == RECOMMENDATION_SHOWN) return;
  for (size_t i = 0; i < chosen->candidate_count; i++) {
    const struct cell *cell = &results->cells[chosen->candidates[i]];
    add(list, cell->workers, cell->timed ? 0 : cell->batch, SUGGEST_BLOCKS,
        "may be the best; nothing is shown yet");
  }
  if (chosen->candidate_count > 0) return;
  const struct cell *cell = &results->cells[results->best.cell];
  add(list, cell->workers, cell->timed ? 0 : cell->batch, SUGGEST_BLOCKS,
      "the largest, and no spread is known");
}

bool suggest_is_hole(const struct results *results, const struct suggest_cell *cell) {
  size_t row = row_of(results, cell->workers);
  return row < results->workers_count && results->workers[row].hole;
}

size_t suggest_next(const struct results *results, size_t most, struct suggest_cell *cells) {
  struct list list = {.results = results, .cells = cells, .most = most};
  if (!results->best.exists) {
    when_nothing_works(&list);
    return list.count;
  }
  measure_holes(&list);
  if (list.count > 0) return list.count;
  go_up(&list);
  bisect_cliffs(&list);
  decide_possible_cliffs(&list);
  refine(&list);
  confirm(&list);
  return list.count;
}

enum status suggest_print(const struct suggest_cell *cells, size_t count, struct buf *out) {
  for (size_t i = 0; i < count; i++) {
    struct json_writer writer = JSON_WRITER(out), *w = &writer;
    json_write_object(w);
    json_member_int(w, "workers", cells[i].workers);
    if (cells[i].batch > 0) json_member_int(w, "batch", cells[i].batch); // else it is timed
    json_member_int(w, "repeat", cells[i].repeat);
    json_member_string(w, "why", cells[i].why);
    json_write_object_end(w);
    buf_append_char(out, '\n');
  }
  return out->status;
}
