// SPDX-License-Identifier: GPL-3.0-or-later
//
// The one conclusion of an open loop: up to which rate the server keeps up, why not beyond, at what times,
// and what was not measured.
#include <math.h>

#include "analyze/sections/sections.h"

static struct number_text rate_of(const struct chapters *c, size_t index) {
  return number_significant(results_offered(c->results, index), 4);
}

// " within TTFT <= 0.5 s of 95% of requests, latency p95 <= 2 s"; nothing without limits.
static void limits_text(struct chapters *c, struct buf *out) {
  struct buf limits = {0};
  chapters_limits_all(c, &limits);
  if (limits.len > 0) lang_format(out, c->lang, LANG_LOADS_LIMITS, LANG_WITH(buf_text(&limits)));
  buf_free(&limits);
}

static struct number_text goodput_of(const struct load *load) {
  return number_with_interval(load->goodput.estimate, load->goodput.lo, load->goodput.hi, 3);
}

static bool misses_share(const struct load *load) {
  return load->meets_slo == CELL_SLO_MISSED && load->good_share.estimate < RESULTS_GOOD_SHARE;
}

// The first limit on a percentile that the load misses.
static void missed_text(struct chapters *c, const struct load *load, struct buf *out) {
  for (size_t i = 0; i < c->results->limit_count; i++) {
    const struct limit *limit = &c->results->limits[i];
    if (limit->percentile == 0) continue;
    double seen = chapters_limits_load(load, limit).estimate;
    if (!(seen > limit->limit_s)) continue;
    struct buf name = {0};
    chapters_limits_name(c, limit, &name);
    lang_format(out, c->lang, LANG_LOADS_MISSED, LANG_WITH(buf_text(&name), chapters_duration(c, seen).text));
    buf_free(&name);
    return;
  }
}

// What breaks a load, the plainest first.
static void reason_text(struct chapters *c, const struct load *load, struct buf *out) {
  struct number_text sent = number_significant(load->sent_per_s, 4);
  if (load->failing) {
    double share = load->requests > 0 ? (double)load->failed / (double)load->requests : NAN;
    lang_format(out, c->lang, LANG_LOADS_FAIL, LANG_WITH(number_percent(share).text));
  } else if (load->queue_grows && !misses_share(load)) {
    lang_format(out, c->lang, LANG_LOADS_QUEUE,
                LANG_WITH(number_significant(load->served_per_s.estimate, 4).text, sent.text));
  } else if (misses_share(load)) {
    lang_format(out, c->lang, LANG_LOADS_GOOD,
                LANG_WITH(number_percent(load->good_share.estimate).text, goodput_of(load).text, sent.text));
    if (load->queue_grows) lang_format(out, c->lang, LANG_LOADS_AND_QUEUE, LANG_ALONE);
  } else {
    missed_text(c, load, out);
  }
}

// How far the measurements reach: `kept` and `broken` hold for certain where there are limits.
static enum lang_id answer_of(const struct results *results) {
  const struct load_answer *answer = &results->load_answer;
  bool kept = answer->kept != SIZE_MAX, broken = answer->broken != SIZE_MAX;
  if (kept && broken) return LANG_LOADS_UP_TO;
  if (!results->slo_edge.exists) return kept ? LANG_LOADS_ALL : broken ? LANG_LOADS_NONE : LANG_LOADS_UNKNOWN;
  if (kept) return answer->kept + 1 == results->load_count ? LANG_LOADS_ALL : LANG_LOADS_ABOVE_OPEN;
  if (!broken) return LANG_LOADS_UNDECIDED;
  return answer->broken == 0 ? LANG_LOADS_NONE : LANG_LOADS_BELOW_OPEN;
}

static void say_answer(struct chapters *c, struct document_node *parent) {
  const struct load_answer *answer = &c->results->load_answer;
  bool broken = answer->broken != SIZE_MAX;
  struct buf limits = {0}, reason = {0}, text = {0};
  limits_text(c, &limits);
  if (broken) reason_text(c, &c->results->loads[answer->broken], &reason);
  lang_format(&text, c->lang, answer_of(c->results),
              LANG_WITH(buf_text(&limits), answer->kept != SIZE_MAX ? rate_of(c, answer->kept).text : "",
                        broken ? rate_of(c, answer->broken).text : "", buf_text(&reason)));
  if (c->results->slo_edge.exists && answer->kept != SIZE_MAX && broken)
    lang_format(&text, c->lang, LANG_LOADS_SURE, LANG_WITH(chapters_confidence(c->results).text));
  chapters_limits_edge(c, LANG_LOADS_ESTIMATE, &text);
  document_callout(parent, DOCUMENT_ANSWER, buf_text(&text));
  buf_free(&limits);
  buf_free(&reason);
  buf_free(&text);
}

// At which times: of the highest load that holds, else of the lowest.
static void say_times(struct chapters *c, struct document_node *parent) {
  const struct load_answer *answer = &c->results->load_answer;
  size_t index = answer->kept != SIZE_MAX ? answer->kept : answer->broken;
  if (index == SIZE_MAX) return;
  const struct load *load = &c->results->loads[index];
  if (!isfinite(load->latency_s.p50.estimate)) return;
  struct number_text latency =
      chapters_durations(c, load->latency_s.p50.estimate, load->latency_s.p95.estimate);
  struct buf text = {0};
  struct number_text ttft = chapters_durations(c, load->ttft_s.p50.estimate, load->ttft_s.p95.estimate);
  if (isfinite(load->ttft_s.p50.estimate))
    lang_format(&text, c->lang, LANG_LOADS_TIMES, LANG_WITH(rate_of(c, index).text, ttft.text, latency.text));
  else
    lang_format(&text, c->lang, LANG_LOADS_LATENCY, LANG_WITH(rate_of(c, index).text, latency.text));
  if (index == answer->kept && isfinite(load->goodput.estimate))
    lang_format(&text, c->lang, LANG_LOADS_GOODPUT,
                LANG_WITH(goodput_of(load).text, number_percent(load->good_share.estimate).text));
  document_paragraph(parent, buf_text(&text));
  buf_free(&text);
}

// The limit that the load leaves open since its repetitions are too short; NULL: none.
static const struct limit *too_short(const struct results *results, const struct load *load,
                                     double *needs_s) {
  static const size_t times[] = {[RESULTS_TTFT] = 0, [RESULTS_LATENCY] = 1, [RESULTS_TPOT] = 2};
  for (size_t i = 0; i < results->limit_count; i++) {
    const struct limit *limit = &results->limits[i];
    if (limit->percentile == 0) continue;
    *needs_s = load->needs_s[times[limit->time]][limit->percentile == 50   ? 0
                                                 : limit->percentile == 95 ? 1
                                                                           : 2];
    if (*needs_s > 0 && chapters_limits_load(load, limit).estimate <= limit->limit_s) return limit;
  }
  return NULL;
}

// Of the lowest rate that keeps its limits by the measured times but not for certain. Where all repetitions
// together bound the edge, one rate alone need not be longer.
static void say_too_short(struct chapters *c, struct document_node *parent) {
  const struct results *results = c->results;
  if (results->slo_edge.crossing.estimate > 0) return;
  size_t first = results->load_answer.kept == SIZE_MAX ? 0 : results->load_answer.kept + 1;
  for (size_t i = first; i < results->load_count && i < results->load_answer.broken; i++) {
    double needs_s;
    const struct load *load = &results->loads[i];
    const struct limit *limit = load->reps > 0 ? too_short(results, load, &needs_s) : NULL;
    if (!limit) continue;
    struct buf name = {0};
    chapters_limits_name(c, limit, &name);
    chapters_paragraph(c, parent, LANG_LOADS_TOO_SHORT,
                       LANG_WITH(rate_of(c, i).text, buf_text(&name), chapters_duration(c, needs_s).text));
    buf_free(&name);
    return;
  }
}

static bool each_once(const struct results *results) {
  for (size_t i = 0; i < results->load_count; i++) {
    if (results->loads[i].reps > 1) return false;
  }
  return true;
}

// Rates that neither pass nor fail for certain, between those that do.
static void list_open(struct chapters *c, struct chapters_list *list) {
  const struct load_answer *answer = &c->results->load_answer;
  size_t first = answer->kept == SIZE_MAX ? 0 : answer->kept + 1;
  for (size_t i = first; i < c->results->load_count && i < answer->broken; i++)
    if (c->results->loads[i].reps > 0) chapters_list_add(list, rate_of(c, i).text);
}

static void say_not_measured(struct chapters *c, struct document_node *parent) {
  const struct load_answer *answer = &c->results->load_answer;
  bool kept = answer->kept != SIZE_MAX, broken = answer->broken != SIZE_MAX;
  struct buf text = {0};
  struct chapters_list open = {0};
  list_open(c, &open);
  if (open.count > 0 && (kept || broken))
    chapters_paragraph(c, parent, LANG_LOADS_OPEN, LANG_WITH(chapters_list_text(c, &open)));
  if ((kept || broken) && open.count == 0) {
    lang_format(&text, c->lang,
                kept && broken ? LANG_LOADS_NOT_BETWEEN
                : kept         ? LANG_LOADS_NOT_ABOVE
                               : LANG_LOADS_NOT_BELOW,
                LANG_WITH(rate_of(c, kept ? answer->kept : answer->broken).text,
                          broken ? rate_of(c, answer->broken).text : ""));
  }
  if (each_once(c->results)) {
    if (text.len > 0) buf_append_text(&text, "; ");
    lang_format(&text, c->lang, LANG_LOADS_NOT_REPEATED, LANG_ALONE);
  }
  chapters_list_free(&open);
  if (text.len > 0) chapters_paragraph(c, parent, LANG_LOADS_NOT_MEASURED, LANG_WITH(buf_text(&text)));
  buf_free(&text);
}

// Rates that narrow the answer, and bounds of it that stand on too few repetitions.
static void say_next_rates(struct chapters *c, struct document_node *parent) {
  struct chapters_list list = {0};
  for (size_t i = 0; i < c->results->next_count; i++)
    chapters_list_add(&list, number_significant(c->results->next[i].rate, 4).text);
  if (list.count > 0) chapters_paragraph(c, parent, LANG_NEXT_RATES, LANG_WITH(chapters_list_text(c, &list)));
  chapters_list_free(&list);
}

static bool none_valid(const struct results *results) {
  for (size_t i = 0; i < results->load_count; i++) {
    if (results->loads[i].reps > 0) return false;
  }
  return true;
}

void chapters_loads_answer(struct chapters *c, struct document_node *parent) {
  if (c->results->load_count == 0) return;
  if (none_valid(c->results)) {
    struct buf limits = {0};
    limits_text(c, &limits);
    chapters_callout(c, parent, DOCUMENT_ANSWER, LANG_LOADS_NONE_VALID, LANG_WITH(buf_text(&limits)));
    buf_free(&limits);
    say_next_rates(c, parent);
    return;
  }
  say_answer(c, parent);
  say_times(c, parent);
  say_too_short(c, parent);
  chapters_demand(c, parent);
  say_not_measured(c, parent);
  say_next_rates(c, parent);
}
