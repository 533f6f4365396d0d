// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/limits.h"

#include <math.h>

static struct estimate percentile_of(const struct percentiles *times, const struct limit *limit) {
  return limit->percentile == 50 ? times->p50 : limit->percentile == 95 ? times->p95 : times->p99;
}

static struct estimate value_of(const struct cell *cell, const struct limit *limit) {
  return percentile_of(limit->time == RESULTS_TTFT   ? &cell->ttft_s
                       : limit->time == RESULTS_TPOT ? &cell->tpot_s
                                                     : &cell->latency_s,
                       limit);
}

struct estimate chapters_limits_load(const struct load *load, const struct limit *limit) {
  return percentile_of(limit->time == RESULTS_TTFT   ? &load->ttft_s
                       : limit->time == RESULTS_TPOT ? &load->tpot_s
                                                     : &load->latency_s,
                       limit);
}

// True when the intervals of all its percentiles lie on the side that `meets_slo` says (one is enough to
// miss).
static bool certain(const struct results *results, const struct cell *cell) {
  bool kept = cell->meets_slo == CELL_SLO_MET;
  if (cell->flags & CELL_FAILED) return true;
  for (size_t i = 0; i < results->limit_count; i++) {
    const struct limit *limit = &results->limits[i];
    if (limit->percentile == 0) continue;
    struct estimate value = value_of(cell, limit);
    if (kept && !(value.hi <= limit->limit_s)) return false;
    if (!kept && value.lo > limit->limit_s) return true;
  }
  return kept;
}

bool chapters_limits_judged(const struct results *results) {
  for (size_t i = 0; i < results->cell_count; i++) {
    if (results->cells[i].meets_slo != CELL_SLO_UNKNOWN) return true;
  }
  return false;
}

const char *chapters_limits_word(struct chapters *c, const struct cell *cell) {
  if (cell->meets_slo == CELL_SLO_UNKNOWN) return NUMBER_UNKNOWN;
  bool sure = certain(c->results, cell);
  if (cell->meets_slo == CELL_SLO_MET)
    return lang_text(c->lang, sure ? LANG_LIMITS_KEPT : LANG_LIMITS_KEPT_OPEN);
  return lang_text(c->lang, sure ? LANG_LIMITS_MISSED : LANG_LIMITS_MISSED_OPEN);
}

void chapters_limits_name(struct chapters *c, const struct limit *limit, struct buf *out) {
  static const enum lang_id names[RESULTS_TIMES] = {[RESULTS_LATENCY] = LANG_LIMIT_LATENCY,
                                                    [RESULTS_TTFT] = LANG_LIMIT_TTFT,
                                                    [RESULTS_TPOT] = LANG_LIMIT_TPOT};
  struct buf percentile = {0};
  if (limit->percentile > 0) buf_printf(&percentile, " p%d", limit->percentile);
  chapters_format(c, out, names[limit->time],
                  LANG_WITH(buf_text(&percentile), chapters_duration(c, limit->limit_s).text));
  buf_free(&percentile);
}

void chapters_limits_names(struct chapters *c, bool requests, struct buf *out) {
  for (size_t i = 0; i < c->results->limit_count; i++) {
    const struct limit *limit = &c->results->limits[i];
    if ((limit->percentile == 0) != requests) continue;
    if (out->len) buf_append_text(out, ", ");
    chapters_limits_name(c, limit, out);
  }
}

static bool keeps(const struct cell *cell) {
  return chapters_cell_usable(cell) && cell->meets_slo == CELL_SLO_MET;
}

// What keeps the limits and is no slower, as far as the intervals tell.
static void equals(struct chapters *c, const struct cell *best, struct buf *out) {
  struct chapters_list list = {0};
  for (size_t i = 0; i < c->results->cell_count; i++) {
    const struct cell *cell = &c->results->cells[i];
    if (cell == best || !keeps(cell) || !chapters_has_interval(cell->tokens_per_s)) continue;
    if (cell->tokens_per_s.hi >= best->tokens_per_s.lo)
      chapters_list_add(&list, chapters_cell_name(cell).text);
  }
  if (list.count > 0) chapters_format(c, out, LANG_SLO_EQUALS, LANG_WITH(chapters_list_text(c, &list)));
  chapters_list_free(&list);
}

static void by_throughput(struct chapters *c, struct document_node *parent) {
  const struct results *results = c->results;
  const struct cell *best = NULL;
  int64_t kept = 0, judged = 0;
  for (size_t i = 0; i < results->cell_count; i++) {
    const struct cell *cell = &results->cells[i];
    judged += cell->meets_slo != CELL_SLO_UNKNOWN;
    if (!keeps(cell)) continue;
    kept++;
    if (!best || cell->tokens_per_s.estimate > best->tokens_per_s.estimate) best = cell;
  }
  struct buf names = {0}, text = {0};
  chapters_limits_names(c, false, &names);
  if (best) {
    chapters_format(c, &text, LANG_PARETO_SLO,
                    LANG_WITH(chapters_cell_name(best).text,
                              number_throughput(best->tokens_per_s.estimate, best->tokens_per_s.hi).text,
                              chapters_interval(best->tokens_per_s, 4).text, buf_text(&names),
                              number_count(kept).text, number_count(judged).text));
    chapters_format(c, &text, certain(results, best) ? LANG_SLO_CERTAIN : LANG_SLO_OPEN, LANG_ALONE);
    equals(c, best, &text);
  } else {
    chapters_format(c, &text, LANG_PARETO_SLO_NONE, LANG_WITH(buf_text(&names)));
  }
  document_callout(parent, DOCUMENT_NOTE, buf_text(&text));
  buf_free(&text);
  buf_free(&names);
}

static void by_goodput(struct chapters *c, struct document_node *parent) {
  const struct cell *best = NULL;
  for (size_t i = 0; i < c->results->cell_count; i++) {
    const struct cell *cell = &c->results->cells[i];
    if (!chapters_cell_usable(cell) || !(cell->goodput.estimate > 0)) continue;
    if (!best || cell->goodput.estimate > best->goodput.estimate) best = cell;
  }
  struct buf names = {0};
  chapters_limits_names(c, true, &names);
  if (best) {
    chapters_callout(c, parent, DOCUMENT_NOTE, LANG_SLO_GOODPUT,
                     LANG_WITH(chapters_cell_name(best).text, buf_text(&names),
                               number_significant(best->goodput.estimate, 4).text,
                               chapters_interval(best->goodput, 4).text));
  } else {
    chapters_callout(c, parent, DOCUMENT_NOTE, LANG_SLO_GOODPUT_NONE, LANG_WITH(buf_text(&names)));
  }
  buf_free(&names);
}

static bool any_goodput(const struct results *results) {
  for (size_t i = 0; i < results->cell_count; i++) {
    if (isfinite(results->cells[i].goodput.estimate)) return true;
  }
  return false;
}

void chapters_limits(struct chapters *c, struct document_node *parent) {
  if (chapters_limits_judged(c->results)) by_throughput(c, parent);
  if (any_goodput(c->results)) by_goodput(c, parent);
}
