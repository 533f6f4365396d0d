// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/suggest_new.h"

#include <inttypes.h>
#include <math.h>

#include "analyze/judge/recommend.h"

#define HIDDEN_FALL 0.1 // of the logarithm of throughput: more than the steps of a server that works

void suggest_go_up(struct suggest_list *list) {
  const struct results *results = list->results;
  const struct workers_row *last = &results->workers[results->workers_count - 1];
  if (!last->usable || !suggest_may_rise_above(results, last)) return;
  bool rises = recommend_level_throughput(results, last) >= recommend_highest_level(results);
  suggest_add(list, 2 * last->workers, suggest_batch_for(results, 2 * last->workers),
              suggest_look_repeat(results, results->recommendation.margin),
              rises ? "throughput still rises at %" PRId64 " workers"
                    : "no fall is shown at %" PRId64 " workers, the last level",
              last->workers);
}

// How much higher than at `at` the last number of workers before `to` may be, as a logarithm, if throughput
// goes on as it came up to there.
static double rise_up_to(const struct results *results, size_t at, int64_t to) {
  const struct workers_row *row = &results->workers[at], *below = suggest_usable_below(results, at);
  double slope = 1;
  if (below) {
    slope = log(recommend_level_throughput(results, row) / recommend_level_throughput(results, below)) /
            log((double)row->workers / (double)below->workers);
  }
  return fmin(1, fmax(0, slope)) * log((double)(to - 1) / (double)row->workers);
}

void suggest_bisect_cliffs(struct suggest_list *list) {
  const struct results *results = list->results;
  double top = recommend_highest_level(results);
  for (size_t i = 0; i < results->cliff_count; i++) {
    const struct cliff *cliff = &results->cliffs[i];
    size_t at = suggest_row_of(results, cliff->from);
    if (cliff->possible || cliff->to != suggest_wall(results) || at == results->workers_count) continue;
    double rise = rise_up_to(results, at, cliff->to);
    double lost = log(top / recommend_level_throughput(results, &results->workers[at]));
    if (cliff->to - cliff->from <= 1 || rise - lost <= results->recommendation.margin / 3) continue;
    int64_t middle = cliff->from + (cliff->to - cliff->from) / 2;
    suggest_add(list, middle, suggest_batch_for(results, middle),
                suggest_look_repeat(results, results->recommendation.margin),
                "the cliff lies somewhere in (%" PRId64 ", %" PRId64 "]", cliff->from, cliff->to);
  }
}

// A level between two others, near `wanted`: one of 1, 2, 3, 4, 6, 8, 12, ... where there is one, since
// servers have their steps there.
static int64_t between(int64_t from, int64_t to, double wanted) {
  int64_t nearest = (int64_t)lround(wanted);
  nearest = nearest <= from ? from + 1 : nearest >= to ? to - 1 : nearest;
  for (int64_t power = 1; power <= SUGGEST_MAX_WORKERS; power *= 2) {
    for (int64_t round = power; round <= 3 * power / 2; round += power > 1 ? power / 2 : 1) {
      double off = fabs(log((double)round / wanted));
      if (round > from && round < to && off < log(SUGGEST_REFINED)) return round;
    }
  }
  return nearest;
}

void suggest_look_between(struct suggest_list *list, const struct workers_row *lower,
                          const struct workers_row *upper, double wanted, const char *why) {
  int64_t from = lower->workers, to = upper->workers;
  if (to - from < 2) return;
  int64_t workers = between(from, to, wanted);
  if (suggest_row_of(list->results, workers) < list->results->workers_count) return; // it failed, twice
  suggest_add(list, workers, suggest_batch_for(list->results, workers),
              suggest_look_repeat(list->results, list->results->recommendation.margin),
              "%s (%" PRId64 ", %" PRId64 ")", why, from, to);
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

void suggest_look_for_peak(struct suggest_list *list) {
  const struct results *results = list->results;
  size_t highest = highest_row(results);
  size_t at = highest + 1 == results->workers_count && highest > 0 ? highest - 1 : highest;
  const struct workers_row *below = suggest_usable_below(results, at), *row = &results->workers[at],
                           *above = row + 1;
  if (!below || !row->usable || !above->usable || above->workers >= suggest_wall(results)) return;
  double x = log((double)row->workers), y = log(recommend_level_throughput(results, row));
  double left = x - log((double)below->workers), right = log((double)above->workers) - x;
  double down = (y - log(recommend_level_throughput(results, below))) / left;
  double up = (log(recommend_level_throughput(results, above)) - y) / right;
  double bend = (down - up) / (left + right), slope = (down * right + up * left) / (left + right);
  double top = y + slope * slope / (4 * bend), wanted = x + slope / (2 * bend);
  if (!(bend > 0) || wanted >= x + right ||
      top - log(recommend_highest_level(results)) <= fmax(results->recommendation.margin / 6, results->sigma))
    return;
  suggest_look_between(list, slope < 0 ? below : row, slope < 0 ? row : above, exp(wanted),
                       "a peak may lie in");
}

void suggest_look_for_hidden_fall(struct suggest_list *list) {
  const struct results *results = list->results;
  for (size_t i = 2; i < results->workers_count && results->recommendation.steady; i++) {
    const struct workers_row *above = &results->workers[i], *row = above - 1, *below = row - 1;
    if (!above->usable || !row->usable || !below->usable || above->workers > suggest_wall(results)) continue;
    double low = log(recommend_level_throughput(results, below)),
           high = log(recommend_level_throughput(results, above));
    double part = log((double)row->workers / (double)below->workers) /
                  log((double)above->workers / (double)below->workers);
    double missing = low + part * (high - low) - log(recommend_level_throughput(results, row));
    if (missing > fmax(HIDDEN_FALL, 4 * results->sigma))
      suggest_look_between(list, below, row, sqrt((double)below->workers * (double)row->workers),
                           "throughput may fall in");
  }
}

void suggest_look_lower(struct suggest_list *list) {
  const struct results *results = list->results;
  double enough = (1 - results->recommendation.margin) * recommend_highest_level(results);
  size_t at = 0;
  while (recommend_level_throughput(results, &results->workers[at]) < enough)
    at++;
  const struct workers_row *below = suggest_usable_below(results, at), *row = &results->workers[at];
  if (!below || (double)row->workers <= SUGGEST_REFINED * (double)below->workers) return;
  double low = log(recommend_level_throughput(results, below)),
         high = log(recommend_level_throughput(results, row));
  double target = log(enough) - log1p(-results->recommendation.margin) / 2;
  double part = fmin(0.6, fmax(0.4, (target - low) / (high - low)));
  double wanted = exp(log((double)below->workers) * (1 - part) + log((double)row->workers) * part);
  suggest_look_between(list, below, row, wanted, "fewer requests in flight may be enough");
}
