// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/suggest.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/judge/recommend.h"
#include "analyze/judge/suggest_rates.h"
#include "lib/json/json_write.h"

#define MAX_WORKERS 1000000
#define REFINED 1.2     // neighbouring levels closer than this are not told apart further
#define HIDDEN_FALL 0.1 // of the logarithm of throughput: more than the steps of a server that works
#define NEARLY 0.67     // of the margin: what was measured so far below the highest may well be within it
#define ONE_SIDED 0.43  // of the half of a two-sided 95 % interval: a bound that holds in four of five cases

struct list {
  const struct results *results;
  struct suggest_cell *cells;
  size_t count, most;
  enum spend_on on; // of what is added
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

// A new level is only looked at: where the spread is known and below `enough` for one batch, one shows on
// which side of the margin the level lies.
static int64_t look_repeat(const struct results *results, double enough) {
  if (results->recommendation.state == RECOMMENDATION_NONE) return usual_repeat(results);
  return results->sigma <= enough                           ? 1
         : results->sigma <= results->recommendation.margin ? 2
                                                            : usual_repeat(results);
}

static void add(struct list *list, int64_t workers, int64_t batch, int64_t repeat, const char *why, ...)
    PRINTF_LIKE(5, 6);
static void add(struct list *list, int64_t workers, int64_t batch, int64_t repeat, const char *why, ...) {
  if (list->count == list->most || workers < 1 || workers > MAX_WORKERS || batch < 0) return;
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

static size_t row_of(const struct results *results, int64_t workers) {
  size_t i = 0;
  while (i < results->workers_count && results->workers[i].workers != workers)
    i++;
  return i;
}

// Repetitions of a cell, on what time is best spent on: one in a run, where runs differ; batches so many
// times as long, and so many times fewer, where requests do. A level gets these once, and only where steady
// windows compare them with the others.
static void add_repetitions(struct list *list, const struct cell *cell, int64_t repeat, const char *why) {
  const struct results *results = list->results;
  const struct spend *spend = &results->spend;
  int64_t batch = cell->timed ? 0 : cell->batch, times = (int64_t)spend->times;
  bool longer = batch > 0 && results->recommendation.steady &&
                results->workers[row_of(results, cell->workers)].cell_count == 1;
  list->on = spend->on == SPEND_ON_LONGER_BATCHES && !longer ? SPEND_ON_REPETITIONS : spend->on;
  if (list->on == SPEND_ON_LONGER_BATCHES) {
    batch *= times;
    repeat = (repeat + times - 1) / times;
  }
  if (list->on == SPEND_ON_GROUPS && spend->groups == SPEND_RUNS) repeat = 1;
  add(list, cell->workers, batch, repeat, "%s", why);
  list->on = SPEND_ON_NOTHING;
}

static void when_nothing_works(struct list *list) {
  if (list->results->workers_count == 0) return;
  int64_t lowest = list->results->workers[0].workers / 2;
  add(list, lowest, lowest, usual_repeat(list->results), "every level tested so far is unusable");
}

static const struct workers_row *usable_below(const struct results *results, size_t at) {
  while (at > 0 && !results->workers[at - 1].usable)
    at--;
  return at > 0 ? &results->workers[at - 1] : NULL;
}

static int64_t reps_of(const struct results *results, const struct workers_row *row) {
  size_t cell = results_level_cell(results, row);
  return cell == SIZE_MAX ? 0 : results->cells[cell].reps;
}

// More requests in flight than `last` has, the last usable level, may be what to choose. A level that does
// not gain is a plateau; beyond a fall, a failure or a cliff nothing is tried.
static bool may_rise_above(const struct results *results, const struct workers_row *last) {
  const struct cell *top = &results->cells[results->best.recommended];
  const struct workers_row *chosen = &results->workers[row_of(results, top->workers)];
  bool known = results->recommendation.state != RECOMMENDATION_NONE || reps_of(results, last) > 1;
  bool plateau = known && recommend_on_plateau(results);
  bool settled = results->recommendation.state == RECOMMENDATION_SHOWN && top->workers != last->workers;
  return wall(results) == INT64_MAX && !plateau && !settled &&
         recommend_level_throughput(results, last) >=
             SUGGEST_FALL * recommend_level_throughput(results, chosen);
}

// Nothing is tried there: the recommended level is shown to be enough although a level between was measured,
// or throughput does not rise towards it.
static bool is_beyond(const struct results *results, const struct workers_row *row) {
  const struct workers_row *last = recommend_last_usable(results);
  if (!last) return false;
  size_t chosen = row_of(results, results->cells[results->best.recommended].workers);
  if (results->recommendation.state == RECOMMENDATION_SHOWN) {
    for (size_t i = chosen + 1; &results->workers[i] < row; i++) {
      if (results->workers[i].usable) return true;
    }
  }
  return row > last && !may_rise_above(results, last);
}

// A level of which no batch counts, since the client could not keep up: it may be as good as any. As often as
// two runs measure a cell, at most.
static void measure_left_out(struct list *list, size_t at, int64_t repeat) {
  const struct results *results = list->results;
  const struct workers_row *row = &results->workers[at];
  if (row->usable || is_beyond(results, row)) return;
  for (size_t i = row->first_cell; i < row->first_cell + row->cell_count; i++) {
    const struct cell *cell = &results->cells[i];
    if (cell->flags & CELL_INVALID_CLIENT && cell->invalid <= 2 * repeat)
      add(list, row->workers, cell->timed ? 0 : cell->batch, repeat, "no batch of it was valid");
  }
}

// Whatever else is tried next depends on what a hole holds. What failed in two runs is not tried a third
// time.
static void measure_holes(struct list *list) {
  const struct results *results = list->results;
  int64_t repeat = usual_repeat(results);
  for (size_t w = 0; w < results->workers_count && list->count < list->most; w++) {
    const struct workers_row *row = &results->workers[w];
    measure_left_out(list, w, repeat);
    for (size_t i = row->first_cell; row->hole && i < row->first_cell + row->cell_count; i++) {
      if (results->cells[i].flags & CELL_FAILED && results->cells[i].failed_runs < RESULTS_TRIES)
        add(list, row->workers, results->cells[i].timed ? 0 : results->cells[i].batch, repeat,
            "failed, while levels below and above work");
    }
  }
}

static void go_up(struct list *list) {
  const struct results *results = list->results;
  const struct workers_row *last = &results->workers[results->workers_count - 1];
  if (!last->usable || !may_rise_above(results, last)) return;
  bool rises = recommend_level_throughput(results, last) >= recommend_highest_level(results);
  add(list, 2 * last->workers, batch_for(results, 2 * last->workers),
      look_repeat(results, results->recommendation.margin),
      rises ? "throughput still rises at %" PRId64 " workers"
            : "no fall is shown at %" PRId64 " workers, the last level",
      last->workers);
}

// How much higher than at `at` the last number of workers before `to` may be, as a logarithm, if throughput
// goes on as it came up to there.
static double rise_up_to(const struct results *results, size_t at, int64_t to) {
  const struct workers_row *row = &results->workers[at], *below = usable_below(results, at);
  double slope = 1;
  if (below) {
    slope = log(recommend_level_throughput(results, row) / recommend_level_throughput(results, below)) /
            log((double)row->workers / (double)below->workers);
  }
  return fmin(1, fmax(0, slope)) * log((double)(to - 1) / (double)row->workers);
}

// Until what lies before the cliff can gain nothing that matters.
static void bisect_cliffs(struct list *list) {
  const struct results *results = list->results;
  double top = recommend_highest_level(results);
  for (size_t i = 0; i < results->cliff_count; i++) {
    const struct cliff *cliff = &results->cliffs[i];
    size_t at = row_of(results, cliff->from);
    if (cliff->possible || cliff->to != wall(results) || at == results->workers_count) continue;
    double rise = rise_up_to(results, at, cliff->to);
    double lost = log(top / recommend_level_throughput(results, &results->workers[at]));
    if (cliff->to - cliff->from <= 1 || rise - lost <= results->recommendation.margin / 3) continue;
    int64_t middle = cliff->from + (cliff->to - cliff->from) / 2;
    add(list, middle, batch_for(results, middle), look_repeat(results, results->recommendation.margin),
        "the cliff lies somewhere in (%" PRId64 ", %" PRId64 "]", cliff->from, cliff->to);
  }
}

// A level between two others, near `wanted`: one of 1, 2, 3, 4, 6, 8, 12, ... where there is one, since
// servers have their steps there.
static int64_t between(int64_t from, int64_t to, double wanted) {
  int64_t nearest = (int64_t)lround(wanted);
  nearest = nearest <= from ? from + 1 : nearest >= to ? to - 1 : nearest;
  for (int64_t power = 1; power <= MAX_WORKERS; power *= 2) {
    for (int64_t round = power; round <= 3 * power / 2; round += power > 1 ? power / 2 : 1) {
      double off = fabs(log((double)round / wanted));
      if (round > from && round < to && off < log(REFINED)) return round;
    }
  }
  return nearest;
}

static void look_between(struct list *list, const struct workers_row *lower, const struct workers_row *upper,
                         double wanted, const char *why) {
  int64_t from = lower->workers, to = upper->workers;
  if (to - from < 2) return;
  int64_t workers = between(from, to, wanted);
  if (row_of(list->results, workers) < list->results->workers_count) return; // it failed, twice
  add(list, workers, batch_for(list->results, workers),
      look_repeat(list->results, list->results->recommendation.margin), "%s (%" PRId64 ", %" PRId64 ")", why,
      from, to);
}

static size_t highest_row(const struct results *results) {
  size_t best = 0;
  for (size_t i = 1; i < results->workers_count; i++) {
    if (recommend_level_throughput(results, &results->workers[i]) >
        recommend_level_throughput(results, &results->workers[best]))
      best = i;
  }
  return best;
}

// The peak of a parabola through three levels around the highest, on logarithms of both, where it is higher
// than what was measured by more than chance and a part of the margin. A last level has none above: the peak
// may still lie before it, but nobody is sent beyond.
static void look_for_peak(struct list *list) {
  const struct results *results = list->results;
  size_t highest = highest_row(results);
  size_t at = highest + 1 == results->workers_count && highest > 0 ? highest - 1 : highest;
  const struct workers_row *below = usable_below(results, at), *row = &results->workers[at], *above = row + 1;
  if (!below || !row->usable || !above->usable || above->workers >= wall(results)) return;
  double x = log((double)row->workers), y = log(recommend_level_throughput(results, row));
  double left = x - log((double)below->workers), right = log((double)above->workers) - x;
  double down = (y - log(recommend_level_throughput(results, below))) / left;
  double up = (log(recommend_level_throughput(results, above)) - y) / right;
  double bend = (down - up) / (left + right), slope = (down * right + up * left) / (left + right);
  double top = y + slope * slope / (4 * bend), wanted = x + slope / (2 * bend);
  if (!(bend > 0) || wanted >= x + right ||
      top - log(recommend_highest_level(results)) <= fmax(results->recommendation.margin / 6, results->sigma))
    return;
  look_between(list, slope < 0 ? below : row, slope < 0 ? row : above, exp(wanted), "a peak may lie in");
}

// On logarithms of both, throughput bends down as workers rise. A level that lies well below the line from
// the one before it to the one after it has a fall before it: a cliff that the tested levels step over. Whole
// batches bend for other reasons.
static void look_for_hidden_fall(struct list *list) {
  const struct results *results = list->results;
  for (size_t i = 2; i < results->workers_count && results->recommendation.steady; i++) {
    const struct workers_row *above = &results->workers[i], *row = above - 1, *below = row - 1;
    if (!above->usable || !row->usable || !below->usable || above->workers > wall(results)) continue;
    double low = log(recommend_level_throughput(results, below)),
           high = log(recommend_level_throughput(results, above));
    double part = log((double)row->workers / (double)below->workers) /
                  log((double)above->workers / (double)below->workers);
    double missing = low + part * (high - low) - log(recommend_level_throughput(results, row));
    if (missing > fmax(HIDDEN_FALL, 4 * results->sigma))
      look_between(list, below, row, sqrt((double)below->workers * (double)row->workers),
                   "throughput may fall in");
  }
}

// Fewer requests in flight may be good enough: between the last level that is not and the first that is,
// where a line through both leaves the margin.
static void look_lower(struct list *list) {
  const struct results *results = list->results;
  double enough = (1 - results->recommendation.margin) * recommend_highest_level(results);
  size_t at = 0;
  while (recommend_level_throughput(results, &results->workers[at]) < enough)
    at++;
  const struct workers_row *below = usable_below(results, at), *row = &results->workers[at];
  if (!below || (double)row->workers <= REFINED * (double)below->workers) return;
  double low = log(recommend_level_throughput(results, below)),
         high = log(recommend_level_throughput(results, row));
  double target = log(enough) - log1p(-results->recommendation.margin) / 2;
  double part = fmin(0.6, fmax(0.4, (target - low) / (high - low)));
  double wanted = exp(log((double)below->workers) * (1 - part) + log((double)row->workers) * part);
  look_between(list, below, row, wanted, "fewer requests in flight may be enough");
}

// A cliff that is not established is decided by measuring both of its levels again.
static void decide_possible_cliffs(struct list *list) {
  const struct results *results = list->results;
  for (size_t i = 0; i < results->cliff_count && list->count < list->most; i++) {
    const struct cliff *cliff = &results->cliffs[i];
    // Where it falls for certain, and the best may lie beyond all the same, more batches change nothing.
    if (!cliff->possible || cliff->from >= wall(results) || cliff->ratio.hi < 1) continue;
    for (size_t w = 0; w < results->workers_count; w++) {
      const struct workers_row *row = &results->workers[w];
      if (!row->usable || (row->workers != cliff->from && row->workers != cliff->to)) continue;
      if (reps_of(results, row) >= SUGGEST_REPEATED) continue;
      add(list, row->workers, results->cells[row->first_cell].timed ? 0 : row->best_batch,
          usual_repeat(results), "a cliff in (%" PRId64 ", %" PRId64 "] is possible, but not established",
          cliff->from, cliff->to);
    }
  }
}

static struct estimate throughput_of(const struct results *results, size_t cell) {
  if (!results->recommendation.steady) return results->cells[cell].tokens_per_s;
  return results->workers[row_of(results, results->cells[cell].workers)].steady.throughput;
}

// It may be better than `top` by more than the margin, for all that a one-sided 95 % bound says.
static bool may_matter(const struct results *results, size_t top, size_t rival) {
  struct estimate a = throughput_of(results, top), b = throughput_of(results, rival);
  double off = ONE_SIDED * hypot(log(a.estimate / a.lo), log(b.hi / b.estimate));
  return !(log(b.estimate / a.estimate) + off <= -log1p(-results->recommendation.margin));
}

// Those that may be the best, where nothing is shown yet: as many more as would show it, if these are few;
// else until none can be better by more than the margin.
static void confirm(struct list *list) {
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
  add(list, cell->workers, cell->timed ? 0 : cell->batch, SUGGEST_BLOCKS,
      "the largest, and no spread is known");
}

static void repeat_level(struct list *list, const struct workers_row *row, const char *why) {
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

// One is shown, but a level below it is nearly as good as far as measured: it and what may beat it are
// measured again, the less often measured first, until both were often enough that more would hardly show it.
static void confirm_lower(struct list *list) {
  const struct results *results = list->results;
  const struct recommendation *chosen = &results->recommendation;
  double enough = (1 - NEARLY * chosen->margin) * recommend_highest_level(results);
  size_t at = 0;
  if (chosen->state != RECOMMENDATION_SHOWN || !chosen->steady) return;
  while (recommend_level_throughput(results, &results->workers[at]) < enough)
    at++;
  const struct workers_row *row = &results->workers[at], *rival = strongest_rival(results, row);
  if (!rival || row->workers >= results->cells[chosen->cell].workers) return;
  int64_t own = reps_of(results, row), other = reps_of(results, rival);
  if (own < SUGGEST_REPEATED && own <= other) repeat_level(list, row, "may be enough; that is not shown yet");
  if (other < SUGGEST_REPEATED && other <= own) repeat_level(list, rival, "the highest; fewer may be enough");
}

static const struct cell *cell_of(const struct results *results, const struct workers_row *row) {
  return &results->cells[results_level_cell(results, row)];
}

static bool is_certain(const struct results *results, const struct workers_row *row, enum cell_slo slo) {
  const struct cell *cell = cell_of(results, row);
  return cell->meets_slo == slo && cell->slo_certain;
}

// Nothing above the lowest level that misses a limit for certain is tried. Between it and the highest that
// keeps all: levels whose intervals leave it open are measured again, then the gap is halved, unless more
// requests in flight gain nothing there. True where that leaves the rest to the rules without limits.
static bool look_within_limits(struct list *list) {
  const struct results *results = list->results;
  const struct workers_row *kept = NULL, *missed = NULL;
  for (size_t i = 0; i < results->workers_count && !missed; i++) {
    const struct workers_row *row = &results->workers[i];
    if (!row->usable) continue;
    if (is_certain(results, row, CELL_SLO_MISSED)) missed = row;
    if (is_certain(results, row, CELL_SLO_MET)) kept = row;
    if (cell_of(results, row)->meets_slo == CELL_SLO_UNKNOWN) return true; // no such times
  }
  const struct workers_row *end = missed ? missed : results->workers + results->workers_count;
  for (const struct workers_row *row = kept ? kept + 1 : results->workers; row < end; row++) {
    if (!row->usable || reps_of(results, row) >= SUGGEST_REPEATED) continue;
    const struct cell *cell = cell_of(results, row); // times are in question, not the spread of throughput
    add(list, row->workers, cell->timed ? 0 : cell->batch, 2, "whether it keeps the limits is open");
  }
  if (list->count > 0) return false;
  if (!missed) return kept != NULL;
  if (!kept) {
    int64_t lower = missed->workers / 2;
    if (row_of(results, lower) == results->workers_count)
      add(list, lower, batch_for(results, lower), look_repeat(results, results->recommendation.margin),
          "the lowest level misses a limit");
    return false;
  }
  bool gains = recommend_level_throughput(results, missed) >
               (1 + results->recommendation.margin) * recommend_level_throughput(results, kept);
  if (gains && (double)missed->workers > REFINED * (double)kept->workers)
    look_between(list, kept, missed, sqrt((double)kept->workers * (double)missed->workers),
                 "the limits are kept up to somewhere in");
  return false;
}

bool suggest_is_hole(const struct results *results, const struct suggest_cell *cell) {
  size_t row = row_of(results, cell->workers);
  return row < results->workers_count && results->workers[row].hole;
}

size_t suggest_next(const struct results *results, size_t most, struct suggest_cell *cells) {
  struct list list = {.results = results, .cells = cells, .most = most};
  if (results->load_count > 0) return suggest_rates(results, most, cells);
  measure_holes(&list);
  if (list.count == 0 && !results->best.exists) when_nothing_works(&list);
  if (list.count > 0 || !results->best.exists) return list.count;
  if (results->limit_count > 0 && !look_within_limits(&list)) {
    if (list.count == 0 && results->recommendation.limits == RECOMMENDATION_KEPT) confirm(&list);
    return list.count;
  }
  go_up(&list);
  bisect_cliffs(&list);
  decide_possible_cliffs(&list);
  if (list.count > 0) return list.count;
  look_for_hidden_fall(&list);
  look_for_peak(&list);
  look_lower(&list);
  if (list.count == 0) confirm(&list);
  if (list.count == 0) confirm_lower(&list);
  return list.count;
}

enum status suggest_print(const struct suggest_cell *cells, size_t count, struct buf *out) {
  for (size_t i = 0; i < count; i++) {
    struct json_writer writer = JSON_WRITER(out), *w = &writer;
    json_write_object(w);
    if (cells[i].rate > 0) {
      json_member_number(w, "rate", cells[i].rate);
      if (cells[i].duration_s > 0) json_member_number(w, "duration_s", cells[i].duration_s);
    } else {
      json_member_int(w, "workers", cells[i].workers);
      if (cells[i].batch > 0) json_member_int(w, "batch", cells[i].batch); // else it is timed
    }
    json_member_int(w, "repeat", cells[i].repeat);
    if (cells[i].on != SPEND_ON_NOTHING) json_member_string(w, "spend_on", spend_on_names[cells[i].on]);
    json_member_string(w, "why", cells[i].why);
    json_write_object_end(w);
    buf_append_char(out, '\n');
  }
  return out->status;
}
