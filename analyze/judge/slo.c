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
  if (!value) return status_fail(error, STATUS_MEMORY, "%s", status_name(STATUS_MEMORY));
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

static enum cell_slo judge(const struct slo *slo, const struct cell *cell) {
  const struct percentiles *times[SLO_TIMES] = {&cell->ttft_s, &cell->tpot_s, &cell->latency_s};
  enum cell_slo answer = CELL_SLO_MET;
  for (size_t time = 0; time < SLO_TIMES; time++) {
    const double seen[LOAD_PERCENTILES] = {times[time]->p50.estimate, times[time]->p95.estimate,
                                           times[time]->p99.estimate};
    for (size_t p = 0; p < LOAD_PERCENTILES; p++) {
      if (!(slo->cell_s[time][p] > 0)) continue;
      if (seen[p] > slo->cell_s[time][p]) return CELL_SLO_MISSED;
      if (isnan(seen[p])) answer = CELL_SLO_UNKNOWN;
    }
  }
  return answer;
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
    cell->meets_slo = CELL_SLO_UNKNOWN;
    if (slo->has_cell) cell->meets_slo = cell->flags & CELL_FAILED ? CELL_SLO_MISSED : judge(slo, cell);
  }
  loads_judge(results);
}
