// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/sections.h"

#include <math.h>

static void say_times(struct chapters *c, struct document_node *parent, const struct cell *cell) {
  struct number_text latency =
      chapters_durations(c, cell->latency_s.p50.estimate, cell->latency_s.p95.estimate);
  if (isfinite(cell->ttft_s.p50.estimate)) {
    struct number_text ttft = chapters_durations(c, cell->ttft_s.p50.estimate, cell->ttft_s.p95.estimate);
    chapters_paragraph(c, parent, LANG_RECOMMEND_TIMES, LANG_WITH(ttft.text, latency.text));
  } else if (isfinite(cell->latency_s.p50.estimate)) {
    chapters_paragraph(c, parent, LANG_RECOMMEND_LATENCY, LANG_WITH(latency.text));
  }
}

// What more requests in flight would gain, and what they cost.
static void say_next_up(struct chapters *c, struct document_node *parent, const struct cell *cell) {
  const struct recommendation *chosen = &c->results->recommendation;
  if (chosen->next_up == SIZE_MAX) return;
  const struct cell *up = &c->results->cells[chosen->next_up];
  struct number_text workers = number_count(up->workers);
  struct number_text ratio = number_with_interval(chosen->next_up_ratio.estimate, chosen->next_up_ratio.lo,
                                                  chosen->next_up_ratio.hi, 4);
  double here = cell->ttft_s.p95.estimate, there = up->ttft_s.p95.estimate;
  if (isfinite(here) && isfinite(there)) {
    chapters_paragraph(c, parent, LANG_NEXT_UP_TTFT,
                       LANG_WITH(workers.text, ratio.text, chapters_duration(c, here).text,
                                 chapters_duration(c, there).text));
  } else {
    chapters_paragraph(c, parent, LANG_NEXT_UP, LANG_WITH(workers.text, ratio.text));
  }
}

// What gets by with less in flight, as far as measured: the reader may prefer its latency.
static void say_fewer(struct chapters *c, struct document_node *parent, const struct cell *cell) {
  const struct recommendation *chosen = &c->results->recommendation;
  if (chosen->fewer >= c->results->cell_count) return;
  const struct cell *fewer = &c->results->cells[chosen->fewer];
  struct number_text ratio =
      number_with_interval(chosen->fewer_ratio.estimate, chosen->fewer_ratio.lo, chosen->fewer_ratio.hi, 4);
  bool first = isfinite(cell->ttft_s.p95.estimate) && isfinite(fewer->ttft_s.p95.estimate);
  double here = first ? cell->ttft_s.p95.estimate : cell->latency_s.p95.estimate,
         there = first ? fewer->ttft_s.p95.estimate : fewer->latency_s.p95.estimate;
  bool timed = isfinite(here) && isfinite(there);
  chapters_paragraph(c, parent,
                     first   ? LANG_FEWER_TTFT
                     : timed ? LANG_FEWER_LATENCY
                             : LANG_FEWER,
                     LANG_WITH(number_count(fewer->workers).text, ratio.text,
                               chapters_duration(c, there).text, chapters_duration(c, here).text));
}

// One sentence on the limit that a cell misses by most, or has the least room to.
static void say_limit(struct chapters *c, struct document_node *parent, enum lang_id id, size_t index) {
  if (index >= c->results->cell_count) return;
  const struct cell *cell = &c->results->cells[index];
  struct buf name = {0}, value = {0};
  chapters_limits_binding(c, cell, &name, &value);
  if (value.len > 0)
    chapters_paragraph(c, parent, id,
                       LANG_WITH(chapters_cell_name(cell).text, buf_text(&name), buf_text(&value)));
  buf_free(&name);
  buf_free(&value);
}

static void say_shown(struct chapters *c, struct document_node *parent) {
  const struct results *results = c->results;
  const struct recommendation *chosen = &results->recommendation;
  const struct cell *cell = &results->cells[chosen->cell];
  bool is_best = !(chosen->below_best_at_most > 0), limited = chosen->limits == RECOMMENDATION_KEPT;
  struct buf text = {0}, limits = {0};
  chapters_limits_all(c, &limits);
  chapters_format(c, &text, chosen->steady ? LANG_RECOMMEND_STEADY : LANG_RECOMMEND,
                  LANG_WITH(number_count(cell->workers).text, number_count(cell->batch).text,
                            number_throughput(chosen->throughput.estimate, chosen->throughput.hi).text,
                            chapters_interval(chosen->throughput, 4).text));
  chapters_format(c, &text,
                  limited   ? is_best ? LANG_RECOMMEND_KEEPS_BEST : LANG_RECOMMEND_KEEPS
                  : is_best ? LANG_RECOMMEND_BEST
                            : LANG_RECOMMEND_WITHIN,
                  LANG_WITH(number_percent(chosen->below_best_at_most).text,
                            chapters_confidence(results).text, buf_text(&limits)));
  document_callout(parent, DOCUMENT_ANSWER, buf_text(&text));
  buf_free(&text);
  buf_free(&limits);
  say_times(c, parent, cell);
  say_next_up(c, parent, cell);
  say_fewer(c, parent, cell);
  if (limited && chosen->stopped < results->cell_count) {
    const struct cell *stopped = &results->cells[chosen->stopped];
    bool misses = stopped->meets_slo == CELL_SLO_MISSED && stopped->slo_certain;
    say_limit(c, parent, misses ? LANG_LIMIT_BINDS : LANG_LIMIT_BINDS_OPEN, chosen->stopped);
  }
}

static void say_candidates(struct chapters *c, struct document_node *parent, enum lang_id id) {
  const struct recommendation *chosen = &c->results->recommendation;
  struct chapters_list list = {0};
  for (size_t i = 0; i < chosen->candidate_count; i++)
    chapters_list_add(&list, chapters_cell_name(&c->results->cells[chosen->candidates[i]]).text);
  if (list.count > 1) chapters_paragraph(c, parent, id, LANG_WITH(chapters_list_text(c, &list)));
  chapters_list_free(&list);
}

static void say_undecided(struct chapters *c, struct document_node *parent) {
  const struct recommendation *chosen = &c->results->recommendation;
  const struct cell *cell = &c->results->cells[chosen->cell];
  struct number_text workers = number_count(cell->workers), batch = number_count(cell->batch);
  struct number_text rate = number_throughput(chosen->throughput.estimate, chosen->throughput.hi);
  struct number_text interval = chapters_interval(chosen->throughput, 4);
  struct number_text margin = number_percent(chosen->margin), repeat = number_count(chosen->repeat);
  chapters_callout(c, parent, DOCUMENT_ANSWER, chosen->steady ? LANG_UNDECIDED_STEADY : LANG_UNDECIDED,
                   LANG_WITH(margin.text, workers.text, batch.text, rate.text, interval.text));
  if (chosen->limits == RECOMMENDATION_KEPT) {
    struct buf limits = {0};
    chapters_limits_all(c, &limits);
    chapters_paragraph(c, parent, LANG_UNDECIDED_AMONG,
                       LANG_WITH(buf_text(&limits), chapters_confidence(c->results).text));
    buf_free(&limits);
  }
  say_candidates(c, parent, LANG_UNDECIDED_CANDIDATES);
  if (chosen->repeat > 0) {
    chapters_paragraph(c, parent, LANG_UNDECIDED_REPEAT, LANG_WITH(repeat.text));
  } else {
    chapters_paragraph(c, parent, LANG_UNDECIDED_BEYOND, LANG_ALONE);
  }
}

// Each time is known, but not which requests keep all limits: that is not in histograms.
static bool is_known_apart(const struct results *results, const struct cell *cell) {
  size_t limits = 0;
  for (size_t i = 0; i < results->limit_count; i++) {
    const struct limit *limit = &results->limits[i];
    const struct percentiles *times = limit->time == RESULTS_TTFT   ? &cell->ttft_s
                                      : limit->time == RESULTS_TPOT ? &cell->tpot_s
                                                                    : &cell->latency_s;
    limits += limit->percentile == 0;
    if (isnan(times->p50.estimate)) return false;
  }
  return limits > 1;
}

// Nothing keeps the limits for certain, or what does was measured once.
static void say_limits(struct chapters *c, struct document_node *parent) {
  const struct recommendation *chosen = &c->results->recommendation;
  const struct cell *cell = &c->results->cells[chosen->cell];
  bool open = chosen->limits == RECOMMENDATION_OPEN;
  enum lang_id id = chosen->limits == RECOMMENDATION_KEPT ? LANG_LIMITS_SINGLE
                    : !open                               ? LANG_LIMITS_MISSED_ALL
                    : cell->meets_slo != CELL_SLO_UNKNOWN ? LANG_LIMITS_OPEN
                    : is_known_apart(c->results, cell)    ? LANG_LIMITS_UNMEASURED_TOGETHER
                                                          : LANG_LIMITS_UNMEASURED;
  struct buf limits = {0};
  chapters_limits_all(c, &limits);
  chapters_callout(c, parent, DOCUMENT_ANSWER, id,
                   LANG_WITH(buf_text(&limits), chapters_confidence(c->results).text,
                             number_count(cell->workers).text, number_count(cell->batch).text,
                             number_throughput(chosen->throughput.estimate, chosen->throughput.hi).text,
                             chapters_interval(chosen->throughput, 4).text));
  buf_free(&limits);
  if (id == LANG_LIMITS_MISSED_ALL) say_limit(c, parent, LANG_LIMIT_MISSED_LOWEST, chosen->cell);
  if (id == LANG_LIMITS_OPEN) say_limit(c, parent, LANG_LIMIT_IN_DOUBT, chosen->cell);
  if (id == LANG_LIMITS_OPEN) say_candidates(c, parent, LANG_LIMITS_CANDIDATES);
}

// Where only one cell can be used there is nothing to compare it with.
static bool is_only_one(const struct results *results) {
  size_t usable = 0;
  for (size_t i = 0; i < results->cell_count; i++)
    usable += chapters_cell_usable(&results->cells[i]);
  return usable == 1;
}

static bool warned_of(const struct results *results, enum warning_code code) {
  for (size_t i = 0; i < results->warning_count; i++) {
    if (results->warnings[i].code == code) return true;
  }
  return false;
}

// Levels have a steady throughput each, but no spread: nothing was repeated, or all repetitions are equal.
static void say_highest_level(struct chapters *c, struct document_node *parent) {
  const struct recommendation *chosen = &c->results->recommendation;
  const struct cell *cell = &c->results->cells[chosen->cell];
  chapters_callout(c, parent, DOCUMENT_ANSWER,
                   cell->reps > 1 ? LANG_NOT_FROM_EQUAL : LANG_NOT_FROM_SINGLE_STEADY,
                   LANG_WITH(number_count(cell->workers).text,
                             number_throughput(chosen->throughput.estimate, chosen->throughput.hi).text));
}

static void say_largest(struct chapters *c, struct document_node *parent) {
  const struct best *best = &c->results->best;
  const struct cell *cell = &c->results->cells[best->cell];
  enum lang_id id = is_only_one(c->results) ? LANG_RECOMMEND_ONLY
                    : best->set_count == 0  ? LANG_LARGEST_NO_SPREAD
                                            : LANG_NOT_FROM_SINGLE;
  chapters_callout(c, parent, DOCUMENT_ANSWER, id,
                   LANG_WITH(number_count(cell->workers).text, number_count(cell->batch).text,
                             number_throughput(cell->tokens_per_s.estimate, cell->tokens_per_s.hi).text,
                             chapters_interval(cell->tokens_per_s, 4).text));
}

void chapters_recommendation(struct chapters *c, struct document_node *parent) {
  const struct results *results = c->results;
  const struct recommendation *chosen = &results->recommendation;
  if (results->cell_count == 0) {
    if (results->load_count == 0 && !results->curve.exists && results->warning_count > 0)
      chapters_callout(c, parent, DOCUMENT_ANSWER, LANG_NO_MEASUREMENT, LANG_ALONE);
    return;
  }
  if (!results->best.exists) {
    chapters_callout(c, parent, DOCUMENT_ANSWER,
                     warned_of(results, WARNING_ALL_FAILED) ? LANG_NO_USABLE_FAILED : LANG_NO_USABLE,
                     LANG_ALONE);
  } else if (chosen->state == RECOMMENDATION_SHOWN) {
    say_shown(c, parent);
  } else if (chosen->limits == RECOMMENDATION_OPEN ||
             (chosen->limits != RECOMMENDATION_UNLIMITED && chosen->state == RECOMMENDATION_NONE)) {
    say_limits(c, parent);
  } else if (chosen->state == RECOMMENDATION_UNDECIDED) {
    say_undecided(c, parent);
  } else if (chosen->steady && !is_only_one(results)) {
    say_highest_level(c, parent);
  } else {
    say_largest(c, parent);
  }
  if (chosen->fitted) chapters_paragraph(c, parent, LANG_STEADY_FITTED, LANG_ALONE);
}
