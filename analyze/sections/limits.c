// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/sections.h"

#include <math.h>

static struct estimate percentile_of(const struct percentiles *times, const struct limit *limit) {
  return limit->percentile == 50 ? times->p50 : limit->percentile == 95 ? times->p95 : times->p99;
}

struct estimate chapters_limits_load(const struct load *load, const struct limit *limit) {
  return percentile_of(limit->time == RESULTS_TTFT   ? &load->ttft_s
                       : limit->time == RESULTS_TPOT ? &load->tpot_s
                                                     : &load->latency_s,
                       limit);
}

bool chapters_limits_judged(const struct results *results) {
  for (size_t i = 0; i < results->cell_count; i++) {
    if (results->cells[i].meets_slo != CELL_SLO_UNKNOWN) return true;
  }
  return false;
}

const char *chapters_limits_word(struct chapters *c, const struct cell *cell) {
  if (cell->meets_slo == CELL_SLO_UNKNOWN) return NUMBER_UNKNOWN;
  bool sure = chapters_limits_cell_certain(c->results, cell);
  if (cell->meets_slo == CELL_SLO_MET)
    return lang_text(c->lang, sure ? LANG_LIMITS_KEPT : LANG_LIMITS_KEPT_OPEN);
  return lang_text(c->lang, sure ? LANG_LIMITS_MISSED : LANG_LIMITS_MISSED_OPEN);
}

bool chapters_limits_certain(const struct results *results, size_t index, enum cell_slo meets, bool own) {
  const struct slo_edge *edge = &results->slo_edge;
  if (own || !edge->exists || edge->uneven) return own;
  bool passes = edge->passes != SIZE_MAX && index <= edge->passes, fails = index >= edge->fails;
  return (passes && meets == CELL_SLO_MET) || (fails && meets == CELL_SLO_MISSED);
}

bool chapters_limits_cell_certain(const struct results *results, const struct cell *cell) {
  if (results->load_count > 0) return cell->slo_certain; // the edge is one of loads then
  for (size_t i = 0; i < results->workers_count; i++) {
    if (results_level_cell(results, &results->workers[i]) == (size_t)(cell - results->cells))
      return chapters_limits_certain(results, i, cell->meets_slo, cell->slo_certain);
  }
  return cell->slo_certain;
}

void chapters_limits_mark(struct chapters *c, enum cell_slo meets, bool certain,
                          struct chapters_list *marks) {
  if (meets == CELL_SLO_UNKNOWN || (meets == CELL_SLO_MET && certain)) return;
  chapters_list_add(marks, lang_text(c->lang, certain ? LANG_MARK_SLO_MISSED : LANG_MARK_SLO_OPEN));
}

void chapters_limits_name(struct chapters *c, const struct limit *limit, struct buf *out) {
  static const enum lang_id names[RESULTS_TIMES] = {[RESULTS_LATENCY] = LANG_LIMIT_LATENCY,
                                                    [RESULTS_TTFT] = LANG_LIMIT_TTFT,
                                                    [RESULTS_TPOT] = LANG_LIMIT_TPOT};
  struct buf percentile = {0};
  if (limit->percentile > 0) buf_printf(&percentile, " p%d", limit->percentile);
  chapters_format(c, out, names[limit->time],
                  LANG_WITH(buf_text(&percentile), chapters_duration_limit(c, limit->limit_s).text));
  buf_free(&percentile);
}

void chapters_limits_time(struct chapters *c, const struct limit *limit, struct buf *out) {
  static const enum lang_id names[RESULTS_TIMES] = {[RESULTS_LATENCY] = LANG_NAME_LATENCY,
                                                    [RESULTS_TTFT] = LANG_NAME_TTFT,
                                                    [RESULTS_TPOT] = LANG_NAME_TPOT};
  buf_printf(out, "%s p%d", lang_text(c->lang, names[limit->time]), limit->percentile);
}

void chapters_limits_names(struct chapters *c, bool requests, struct buf *out) {
  for (size_t i = 0; i < c->results->limit_count; i++) {
    const struct limit *limit = &c->results->limits[i];
    if ((limit->percentile == 0) != requests) continue;
    if (out->len) buf_append_text(out, ", ");
    chapters_limits_name(c, limit, out);
  }
}

void chapters_limits_all(struct chapters *c, struct buf *out) {
  struct buf requests = {0}, percentiles = {0};
  chapters_limits_names(c, true, &requests);
  chapters_limits_names(c, false, &percentiles);
  if (requests.len > 0)
    lang_format(out, c->lang, LANG_LIMITS_REQUESTS,
                LANG_WITH(buf_text(&requests), number_percent(RESULTS_GOOD_SHARE).text));
  if (percentiles.len > 0)
    buf_printf(out, "%s%s", requests.len > 0 ? lang_text(c->lang, LANG_LIMITS_AND) : "",
               buf_text(&percentiles));
  buf_free(&requests);
  buf_free(&percentiles);
}

// "latency p95 <= 1.5 s", or the limits on requests all together, which are judged as one.
static void limit_in_words(struct chapters *c, const struct limit *limit, struct buf *out) {
  struct buf name = {0};
  if (limit->percentile > 0) {
    chapters_limits_name(c, limit, out);
    return;
  }
  chapters_limits_names(c, true, &name);
  lang_format(out, c->lang, LANG_LIMITS_REQUESTS,
              LANG_WITH(buf_text(&name), number_percent(RESULTS_GOOD_SHARE).text));
  buf_free(&name);
}

void chapters_limits_binding(struct chapters *c, const struct cell *cell, struct buf *name,
                             struct buf *value) {
  struct estimate measured = *results_limit_value(c->results, cell);
  if (!isfinite(measured.estimate)) return;
  const struct limit *limit = &c->results->limits[cell->slo_limit];
  limit_in_words(c, limit, name);
  if (limit->percentile > 0)
    buf_append_text(value, chapters_duration_interval(c, measured).text);
  else
    lang_format(value, c->lang, LANG_LIMITS_SHARE, LANG_WITH(number_percent(measured.estimate).text));
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

void chapters_limits_edge(struct chapters *c, enum lang_id sentence, struct buf *out) {
  const struct slo_edge *edge = &c->results->slo_edge;
  if (!edge->exists) return;
  if (isfinite(edge->at)) {
    struct buf name = {0};
    limit_in_words(c, &c->results->limits[edge->limit], &name);
    if (out->len > 0) buf_append_char(out, ' ');
    bool crossed = edge->crossing.estimate > 0;
    lang_format(out, c->lang, sentence,
                LANG_WITH(buf_text(&name), number_significant(edge->at, 3).text,
                          crossed ? chapters_interval(edge->crossing, 3).text : ""));
    buf_free(&name);
  }
  if (!edge->uneven) return;
  if (out->len > 0) buf_append_char(out, ' ');
  lang_format(out, c->lang, LANG_LIMITS_UNEVEN, LANG_ALONE);
}

static void by_edge(struct chapters *c, struct document_node *parent) {
  struct buf text = {0};
  if (c->results->load_count == 0) chapters_limits_edge(c, LANG_LIMITS_ESTIMATE, &text);
  if (text.len > 0) document_paragraph(parent, buf_text(&text));
  buf_free(&text);
}

void chapters_limits(struct chapters *c, struct document_node *parent) {
  chapters_one_piece(c, parent, true);
  by_edge(c, parent);
  if (any_goodput(c->results)) by_goodput(c, parent);
}
