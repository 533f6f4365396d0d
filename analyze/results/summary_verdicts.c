// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/results/summary_verdicts.h"

#include <math.h>

#include "analyze/results/summary_curve.h"

static void write_verdict(struct json_writer *w, struct estimate ratio, const char *verdict,
                          int64_t replicates_needed) {
  summary_estimate(w, "ratio", ratio);
  json_member_string(w, "verdict", verdict);
  json_member_count(w, "replicates_needed", replicates_needed);
}

static void write_before_after(struct json_writer *w, const char *name, struct before_after value) {
  json_write_key(w, name);
  json_write_object(w);
  json_member_number(w, "before", value.before > 0 ? value.before : NAN);
  json_member_number(w, "now", value.now > 0 ? value.now : NAN);
  json_write_object_end(w);
}

void summary_comparison(struct json_writer *w, const struct results *results) {
  const struct comparison *comparison = &results->comparison;
  json_write_key(w, "comparison");
  if (!comparison->baseline) {
    json_write_null(w);
    return;
  }
  json_write_object(w);
  json_member_string(w, "baseline", comparison->baseline);
  json_member_number(w, "margin", comparison->margin);
  json_member_number(w, "max_regression", comparison->max_regression);
  json_member_bool(w, "regressed", comparison->regressed);
  json_member_bool(w, "by_blocks", comparison->by_blocks);
  write_verdict(w, comparison->ratio, comparison->verdict, comparison->replicates_needed);
  json_write_key(w, "cells");
  json_write_array(w);
  for (size_t i = 0; i < comparison->cell_count; i++) {
    const struct comparison_cell *cell = &comparison->cells[i];
    json_write_object(w);
    json_member_int(w, "workers", cell->workers);
    json_member_int(w, "batch", cell->batch);
    write_verdict(w, cell->ratio, cell->verdict, cell->replicates_needed);
    write_before_after(w, "ttft_p95_s", cell->ttft_p95_s);
    write_before_after(w, "latency_p50_s", cell->latency_p50_s);
    json_write_object_end(w);
  }
  json_write_array_end(w);
  json_write_key(w, "missing");
  json_write_array(w);
  for (size_t i = 0; i < comparison->missing_count; i++) {
    json_write_object(w);
    json_member_int(w, "workers", comparison->missing[i].workers);
    json_member_int(w, "batch", comparison->missing[i].batch);
    json_write_object_end(w);
  }
  json_write_array_end(w);
  json_write_object_end(w);
}

void summary_assertions(struct json_writer *w, const struct results *results) {
  json_write_key(w, "assertions");
  json_write_array(w);
  for (size_t i = 0; i < results->assertion_count; i++) {
    json_write_object(w);
    json_member_string(w, "expression", results->assertions[i].expression);
    json_member_number(w, "value", results->assertions[i].value);
    json_member_bool(w, "passed", results->assertions[i].passed);
    json_write_object_end(w);
  }
  json_write_array_end(w);
}
