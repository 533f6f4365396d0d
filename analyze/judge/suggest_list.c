// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/suggest_list.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "analyze/judge/recommend.h"

int64_t suggest_wall(const struct results *results) {
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

int64_t suggest_batch_for(const struct results *results, int64_t workers) {
  if (!results->best.exists) return workers;
  const struct cell *best = &results->cells[results->best.recommended];
  if (best->timed) return 0;
  bool steady = results->recommendation.steady;
  if ((steady || common_batch(results) > 0) && best->batch >= 3 * workers) return best->batch;
  int64_t waves = steady ? 3 : (best->batch + best->workers / 2) / best->workers;
  return workers * (waves < 1 ? 1 : waves);
}

int64_t suggest_usual_repeat(const struct results *results) {
  int64_t most = 3;
  for (size_t i = 0; i < results->cell_count; i++) {
    if (results->cells[i].reps > most) most = results->cells[i].reps;
  }
  return most > 10 ? 10 : most;
}

int64_t suggest_look_repeat(const struct results *results, double enough) {
  if (results->recommendation.state == RECOMMENDATION_NONE) return suggest_usual_repeat(results);
  return results->sigma <= enough                           ? 1
         : results->sigma <= results->recommendation.margin ? 2
                                                            : suggest_usual_repeat(results);
}

void suggest_add(struct suggest_list *list, int64_t workers, int64_t batch, int64_t repeat, const char *why,
                 ...) {
  if (list->count == list->most || workers < 1 || workers > SUGGEST_MAX_WORKERS || batch < 0) return;
  for (size_t i = 0; i < list->count; i++) {
    if (list->cells[i].workers == workers && list->cells[i].batch == batch) return;
  }
  struct suggest_cell *cell = &list->cells[list->count++];
  *cell = (struct suggest_cell){.workers = workers, .batch = batch, .repeat = repeat, .on = list->on};
  va_list arguments;
  va_start(arguments, why);
  vsnprintf(cell->why, sizeof cell->why, why, arguments);
  va_end(arguments);
}

size_t suggest_row_of(const struct results *results, int64_t workers) {
  size_t i = 0;
  while (i < results->workers_count && results->workers[i].workers != workers)
    i++;
  return i;
}

const struct workers_row *suggest_usable_below(const struct results *results, size_t at) {
  while (at > 0 && !results->workers[at - 1].usable)
    at--;
  return at > 0 ? &results->workers[at - 1] : NULL;
}

int64_t suggest_reps_of(const struct results *results, const struct workers_row *row) {
  size_t cell = results_level_cell(results, row);
  return cell == SIZE_MAX ? 0 : results->cells[cell].reps;
}

bool suggest_may_rise_above(const struct results *results, const struct workers_row *last) {
  const struct cell *top = &results->cells[results->best.recommended];
  const struct workers_row *chosen = &results->workers[suggest_row_of(results, top->workers)];
  bool known = results->recommendation.state != RECOMMENDATION_NONE || suggest_reps_of(results, last) > 1;
  bool plateau = known && recommend_on_plateau(results);
  bool settled = results->recommendation.state == RECOMMENDATION_SHOWN && top->workers != last->workers;
  return suggest_wall(results) == INT64_MAX && !plateau && !settled &&
         recommend_level_throughput(results, last) >=
             SUGGEST_FALL * recommend_level_throughput(results, chosen);
}
