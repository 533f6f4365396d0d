// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/suggest_again.h"

#include <inttypes.h>
#include <math.h>

#include "analyze/judge/recommend.h"

#define NEARLY 0.67    // of the margin: what was measured so far below the highest may well be within it
#define ONE_SIDED 0.43 // of the half of a two-sided 95 % interval: a bound that holds in four of five cases

// Repetitions of a cell, on what time is best spent on: one in a run, where runs differ; batches so many
// times as long, and so many times fewer, where requests do. A level gets these once, and only where steady
// windows compare them with the others.
static void add_repetitions(struct suggest_list *list, const struct cell *cell, int64_t repeat,
                            const char *why) {
  const struct results *results = list->results;
  const struct spend *spend = &results->spend;
  int64_t batch = cell->timed ? 0 : cell->batch, times = (int64_t)spend->times;
  bool longer = batch > 0 && results->recommendation.steady &&
                results->workers[suggest_row_of(results, cell->workers)].cell_count == 1;
  list->on = spend->on == SPEND_ON_LONGER_BATCHES && !longer ? SPEND_ON_REPETITIONS : spend->on;
  if (list->on == SPEND_ON_LONGER_BATCHES) {
    batch *= times;
    repeat = (repeat + times - 1) / times;
  }
  if (list->on == SPEND_ON_GROUPS && spend->groups == SPEND_RUNS) repeat = 1;
  suggest_add(list, cell->workers, batch, repeat, "%s", why);
  list->on = SPEND_ON_NOTHING;
}

// Nothing is tried there: the recommended level is shown to be enough although a level between was measured,
// or throughput does not rise towards it.
static bool is_beyond(const struct results *results, const struct workers_row *row) {
  const struct workers_row *last = recommend_last_usable(results);
  if (!last) return false;
  size_t chosen = suggest_row_of(results, results->cells[results->best.recommended].workers);
  if (results->recommendation.state == RECOMMENDATION_SHOWN) {
    for (size_t i = chosen + 1; &results->workers[i] < row; i++) {
      if (results->workers[i].usable) return true;
    }
  }
  return row > last && !suggest_may_rise_above(results, last);
}

// A level of which no batch counts, since the client could not keep up: it may be as good as any. As often as
// two runs measure a cell, at most.
static void measure_left_out(struct suggest_list *list, size_t at, int64_t repeat) {
  const struct results *results = list->results;
  const struct workers_row *row = &results->workers[at];
  if (row->usable || is_beyond(results, row)) return;
  for (size_t i = row->first_cell; i < row->first_cell + row->cell_count; i++) {
    const struct cell *cell = &results->cells[i];
    if (cell->flags & CELL_INVALID_CLIENT && cell->invalid <= 2 * repeat)
      suggest_add(list, row->workers, cell->timed ? 0 : cell->batch, repeat, "no batch of it was valid");
  }
}

void suggest_measure_holes(struct suggest_list *list) {
  const struct results *results = list->results;
  int64_t repeat = suggest_usual_repeat(results);
  for (size_t w = 0; w < results->workers_count && list->count < list->most; w++) {
    const struct workers_row *row = &results->workers[w];
    measure_left_out(list, w, repeat);
    for (size_t i = row->first_cell; row->hole && i < row->first_cell + row->cell_count; i++) {
      if (results->cells[i].flags & CELL_FAILED && results->cells[i].failed_runs < RESULTS_TRIES)
        suggest_add(list, row->workers, results->cells[i].timed ? 0 : results->cells[i].batch, repeat,
                    "failed, while levels below and above work");
    }
  }
}

void suggest_decide_cliffs(struct suggest_list *list) {
  const struct results *results = list->results;
  for (size_t i = 0; i < results->cliff_count && list->count < list->most; i++) {
    const struct cliff *cliff = &results->cliffs[i];
    // Where it falls for certain, and the best may lie beyond all the same, more batches change nothing.
    if (!cliff->possible || cliff->from >= suggest_wall(results) || cliff->ratio.hi < 1) continue;
    for (size_t w = 0; w < results->workers_count; w++) {
      const struct workers_row *row = &results->workers[w];
      if (!row->usable || (row->workers != cliff->from && row->workers != cliff->to)) continue;
      if (suggest_reps_of(results, row) >= SUGGEST_REPEATED) continue;
      suggest_add(list, row->workers, results->cells[row->first_cell].timed ? 0 : row->best_batch,
                  suggest_usual_repeat(results),
                  "a cliff in (%" PRId64 ", %" PRId64 "] is possible, but not established", cliff->from,
                  cliff->to);
    }
  }
}

static struct estimate throughput_of(const struct results *results, size_t cell) {
  if (!results->recommendation.steady) return results->cells[cell].tokens_per_s;
  return results->workers[suggest_row_of(results, results->cells[cell].workers)].steady.throughput;
}

// It may be better than `top` by more than the margin, for all that a one-sided 95 % bound says.
static bool may_matter(const struct results *results, size_t top, size_t rival) {
  struct estimate a = throughput_of(results, top), b = throughput_of(results, rival);
  double off = ONE_SIDED * hypot(log(a.estimate / a.lo), log(b.hi / b.estimate));
  return !(log(b.estimate / a.estimate) + off <= -log1p(-results->recommendation.margin));
}

void suggest_confirm(struct suggest_list *list) {
  const struct results *results = list->results;
  const struct recommendation *chosen = &results->recommendation;
  if (chosen->state == RECOMMENDATION_SHOWN) return;
  bool few = chosen->repeat > 0 && chosen->repeat <= SUGGEST_REPEATED;
  bool open =
      few || results->cells[results->best.recommended].reps < 2; // the highest of many owes it to chance
  for (size_t i = 1; i < chosen->candidate_count; i++)
    open |= may_matter(results, chosen->candidates[0], chosen->candidates[i]);
  for (size_t i = 0; i < chosen->candidate_count && open && list->count < 2; i++) {
    const struct cell *cell = &results->cells[chosen->candidates[i]];
    int64_t missing = few ? chosen->repeat - cell->reps : 2;
    if (cell->reps >= SUGGEST_REPEATED || missing < 1) continue;
    if (!few && i > 0 && !may_matter(results, chosen->candidates[0], chosen->candidates[i])) continue;
    add_repetitions(list, cell, missing < SUGGEST_BLOCKS ? missing : SUGGEST_BLOCKS,
                    "may be the best; nothing is shown yet");
  }
  if (chosen->candidate_count > 0) return;
  const struct cell *cell = &results->cells[results->best.recommended];
  if (cell->reps > 1) return; // equal values: more of them would be equal too
  suggest_add(list, cell->workers, cell->timed ? 0 : cell->batch, SUGGEST_BLOCKS,
              "the largest, and no spread is known");
}

static void repeat_level(struct suggest_list *list, const struct workers_row *row, const char *why) {
  add_repetitions(list, &list->results->cells[results_level_cell(list->results, row)], 2, why);
}

// The level that may be the highest by most: whose interval reaches highest.
static const struct workers_row *strongest_rival(const struct results *results,
                                                 const struct workers_row *than) {
  const struct workers_row *rival = NULL;
  for (size_t i = 0; i < results->workers_count; i++) {
    const struct workers_row *row = &results->workers[i];
    if (row->usable && row != than && (!rival || row->steady.throughput.hi > rival->steady.throughput.hi))
      rival = row;
  }
  return rival;
}

void suggest_confirm_lower(struct suggest_list *list) {
  const struct results *results = list->results;
  const struct recommendation *chosen = &results->recommendation;
  double enough = (1 - NEARLY * chosen->margin) * recommend_highest_level(results);
  size_t at = 0;
  if (chosen->state != RECOMMENDATION_SHOWN || !chosen->steady) return;
  while (recommend_level_throughput(results, &results->workers[at]) < enough)
    at++;
  const struct workers_row *row = &results->workers[at], *rival = strongest_rival(results, row);
  if (!rival || row->workers >= results->cells[chosen->cell].workers) return;
  int64_t own = suggest_reps_of(results, row), other = suggest_reps_of(results, rival);
  if (own < SUGGEST_REPEATED && own <= other) repeat_level(list, row, "may be enough; that is not shown yet");
  if (other < SUGGEST_REPEATED && other <= own) repeat_level(list, rival, "the highest; fewer may be enough");
}
