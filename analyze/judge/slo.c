// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/slo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/judge/loads.h"
#include "lib/base/clock.h"
#include "lib/base/units.h"

#define LONGEST_NS (INT64_C(86400) * CLOCK_NS_PER_S)

static const char *const names[SLO_TIMES] = {"ttft", "tpot", "latency"};
static const char *const suffixes[LOAD_PERCENTILES] = {"_p50", "_p95", "_p99"};

static int64_t *request_limit(struct slo *slo, size_t time) {
  int64_t *limits[SLO_TIMES] = {&slo->request.ttft_ns, &slo->request.tpot_ns, &slo->request.latency_ns};
  return limits[time];
}

// Puts one limit where its name says; false: there is no such name.
static bool set_limit(struct slo *slo, const char *name, size_t len, int64_t limit_ns, bool *twice) {
  for (size_t time = 0; time < SLO_TIMES; time++) {
    size_t stem = strlen(names[time]);
    if (len < stem || strncmp(name, names[time], stem) != 0) continue;
    if (len == stem) {
      *twice = *request_limit(slo, time) >= 0;
      *request_limit(slo, time) = limit_ns;
      slo->has_request = true;
      return true;
    }
    for (size_t p = 0; p < LOAD_PERCENTILES; p++) {
      if (len - stem != strlen(suffixes[p]) || strncmp(name + stem, suffixes[p], len - stem) != 0) continue;
      *twice = slo->cell_s[time][p] > 0;
      slo->cell_s[time][p] = clock_seconds(limit_ns);
      slo->has_cell = true;
      return true;
    }
  }
  return false;
}

static enum status parse_one(const char *text, size_t len, struct slo *slo, struct error *error) {
  const char *equals = memchr(text, '=', len);
  if (!equals) {
    return status_fail(error, STATUS_USAGE, "'%.*s' is no name=limit (ttft=0.5s)", len > 80 ? 80 : (int)len,
                       text);
  }
  size_t name_len = (size_t)(equals - text);
  char *value = strndup(equals + 1, len - name_len - 1);
  if (!value) return status_memory(error);
  int64_t limit_ns;
  enum status status = units_duration_ns(value, 1, LONGEST_NS, &limit_ns, error);
  free(value);
  if (status != STATUS_OK) return status;
  bool twice = false;
  int shown = name_len > 80 ? 80 : (int)name_len;
  if (!set_limit(slo, text, name_len, limit_ns, &twice)) {
    return status_fail(error, STATUS_USAGE,
                       "'%.*s' is not one of ttft, tpot, latency, or these with _p50, _p95, _p99", shown,
                       text);
  }
  return twice ? status_fail(error, STATUS_USAGE, "'%.*s' has two limits", shown, text) : STATUS_OK;
}

enum status slo_parse(const char *text, struct slo *slo, struct error *error) {
  for (const char *at = text;; at++) {
    size_t len = strcspn(at, ",");
    enum status status = parse_one(at, len, slo, error);
    if (status != STATUS_OK) return status;
    at += len;
    if (!*at) return STATUS_OK;
  }
}

struct slo_subject slo_subject_of_cell(const struct cell *cell) {
  return (struct slo_subject){.ttft_s = &cell->ttft_s,
                              .tpot_s = &cell->tpot_s,
                              .latency_s = &cell->latency_s,
                              .good_share = cell->good_share,
                              .failing = cell->flags & CELL_FAILED};
}

struct slo_subject slo_subject_of_load(const struct load *load) {
  return (struct slo_subject){.ttft_s = &load->ttft_s,
                              .tpot_s = &load->tpot_s,
                              .latency_s = &load->latency_s,
                              .good_share = load->good_share,
                              .failing = load->failing || load->queue_grows};
}

struct estimate slo_value(const struct slo_subject *subject, const struct limit *limit) {
  const struct percentiles *times = limit->time == RESULTS_TTFT   ? subject->ttft_s
                                    : limit->time == RESULTS_TPOT ? subject->tpot_s
                                                                  : subject->latency_s;
  if (limit->percentile == 0) return subject->good_share;
  return limit->percentile == 50 ? times->p50 : limit->percentile == 95 ? times->p95 : times->p99;
}

// Whether one limit is kept; *certain: the interval agrees; *part: how much of the limit is used.
static enum cell_slo keeps(const struct slo_subject *subject, const struct limit *limit, bool *certain,
                           double *part) {
  struct estimate value = slo_value(subject, limit);
  if (isnan(value.estimate)) return CELL_SLO_UNKNOWN;
  if (limit->percentile == 0) {
    bool kept = value.estimate >= RESULTS_GOOD_SHARE;
    *certain = kept ? value.lo >= RESULTS_GOOD_SHARE : value.hi < RESULTS_GOOD_SHARE;
    *part = (1 - value.estimate) / (1 - RESULTS_GOOD_SHARE);
    return kept ? CELL_SLO_MET : CELL_SLO_MISSED;
  }
  bool kept = value.estimate <= limit->limit_s;
  *certain = kept ? value.hi <= limit->limit_s : value.lo > limit->limit_s;
  *part = value.estimate / limit->limit_s;
  return kept ? CELL_SLO_MET : CELL_SLO_MISSED;
}

struct slo_verdict slo_judge(const struct results *results, const struct slo_subject *subject) {
  struct slo_verdict verdict = {CELL_SLO_UNKNOWN, false, SIZE_MAX};
  bool all_certain = true, missed_certain = subject->failing;
  size_t unknown = 0, missed = 0;
  double most = -1;
  for (size_t i = 0; i < results->limit_count; i++) {
    bool certain = false;
    double part = NAN;
    enum cell_slo slo = keeps(subject, &results->limits[i], &certain, &part);
    unknown += slo == CELL_SLO_UNKNOWN;
    missed += slo == CELL_SLO_MISSED;
    missed_certain |= slo == CELL_SLO_MISSED && certain;
    all_certain &= certain;
    if (part > most) {
      most = part;
      verdict.limit = i;
    }
  }
  if (results->limit_count == 0) return verdict;
  if (subject->failing || missed > 0) {
    verdict.slo = CELL_SLO_MISSED;
    verdict.certain = missed_certain;
  } else if (unknown == 0) {
    verdict.slo = CELL_SLO_MET;
    verdict.certain = all_certain;
  }
  return verdict;
}

static void add_limit(struct results *results, size_t time, int percentile, double limit_s) {
  static const enum results_time times[SLO_TIMES] = {RESULTS_TTFT, RESULTS_TPOT, RESULTS_LATENCY};
  if (!(limit_s > 0) || results->limit_count == RESULTS_LIMITS) return;
  results->limits[results->limit_count++] = (struct limit){times[time], percentile, limit_s};
}

static void write_limits(const struct slo *slo, struct results *results) {
  static const int percentiles[LOAD_PERCENTILES] = {50, 95, 99};
  const int64_t request_ns[SLO_TIMES] = {slo->request.ttft_ns, slo->request.tpot_ns, slo->request.latency_ns};
  results->limit_count = 0;
  for (size_t time = 0; time < SLO_TIMES; time++) {
    add_limit(results, time, 0, clock_seconds(request_ns[time]));
    for (size_t p = 0; p < LOAD_PERCENTILES; p++)
      add_limit(results, time, percentiles[p], slo->cell_s[time][p]);
  }
}

void slo_apply(const struct slo *slo, struct results *results) {
  write_limits(slo, results);
  for (size_t i = 0; i < results->cell_count; i++) {
    struct cell *cell = &results->cells[i];
    struct slo_subject subject = slo_subject_of_cell(cell);
    struct slo_verdict verdict = slo_judge(results, &subject);
    cell->meets_slo = verdict.slo;
    cell->slo_certain = verdict.certain;
    cell->slo_limit = verdict.limit;
  }
  loads_judge(results);
}
