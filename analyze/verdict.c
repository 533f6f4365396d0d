// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/verdict.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/input/notices.h"
#include "analyze/judge/baseline.h"
#include "analyze/judge/warnings.h"
#include "analyze/report/number.h"
#include "analyze/results/assertion.h"

static void tell_comparison(const struct comparison *comparison, struct log *log) {
  const struct estimate *ratio = &comparison->ratio;
  char more[64] = "";
  bool bounded = isfinite(ratio->lo) && isfinite(ratio->hi);
  if (comparison->replicates_needed > 0) {
    snprintf(more, sizeof more, " (about %" PRId64 " replicates would decide)",
             comparison->replicates_needed);
  }
  if (isfinite(ratio->estimate)) {
    log_notice(log, "%s: throughput is %s of it%s: %s%s", comparison->baseline,
               number_with_interval(ratio->estimate, ratio->lo, ratio->hi, 3).text,
               bounded ? "" : " (no interval)", comparison->verdict, more);
  } else {
    log_notice(log, "%s: throughput cannot be compared as a whole: %s", comparison->baseline,
               comparison->verdict);
  }
  if (comparison->slowest < comparison->cell_count && comparison->cell_count > 1) {
    const struct comparison_cell *cell = &comparison->cells[comparison->slowest];
    log_notice(log, "%s: workers %" PRId64 ", batch %" PRId64 " is slower with certainty: %s of it",
               comparison->baseline, cell->workers, cell->batch,
               number_with_interval(cell->ratio.estimate, cell->ratio.lo, cell->ratio.hi, 3).text);
  }
  for (size_t i = 0; i < comparison->cell_count; i++) {
    const struct comparison_cell *cell = &comparison->cells[i];
    if (strcmp(cell->verdict, "failed") == 0) {
      log_notice(log, "%s: workers %" PRId64 ", batch %" PRId64 " worked there and fails now",
                 comparison->baseline, cell->workers, cell->batch);
    }
  }
  if (comparison->missing_count > 0) {
    log_notice(log,
               "%s: %zu of its cells were not measured in the run (the first: workers %" PRId64
               ", batch %" PRId64 ")",
               comparison->baseline, comparison->missing_count, comparison->missing[0].workers,
               comparison->missing[0].batch);
  }
}

static enum status compare_baseline(const struct opts *opts, const struct load_data *data,
                                    struct load_data *baseline, struct results *results, struct log *log,
                                    bool *lost, struct error *error) {
  struct baseline_options options = {opts->analysis.confidence, opts->max_regression, opts->session_sd};
  baseline->measure = data->measure;
  baseline->has_measure = true;
  enum status status = load_file(baseline, opts->baseline, error);
  if (status == STATUS_OK) {
    status = load_finish(baseline, error);
    if (status != STATUS_OK) status_prefix(error, status, "%s", opts->baseline);
  }
  if (status == STATUS_OK) {
    status = baseline_compare(baseline, data, &options, &results->comparison, error);
    if (status != STATUS_OK) status_prefix(error, status, "%s", opts->baseline);
  }
  if (status == STATUS_OK) {
    *lost = *lost || baseline->lost;
    results->comparison.baseline = strdup(opts->baseline);
    if (!results->comparison.baseline) status = status_memory(error);
  }
  if (status == STATUS_OK) {
    load_note_unlike_baseline(baseline, results->facts, results->fact_count);
    notices_tell(baseline, log);
    tell_comparison(&results->comparison, log);
    status = warnings_of_input(results, baseline);
    if (status != STATUS_OK) return status_plain(error, status);
  }
  return status;
}

static enum status check_assertions(const struct opts *opts, struct results *results, struct log *log,
                                    bool *bad, struct error *error) {
  enum status status = STATUS_OK;
  results->assertions = calloc(opts->assertions.count, sizeof *results->assertions);
  if (!results->assertions) return status_memory(error);
  for (size_t i = 0; i < opts->assertions.count && status == STATUS_OK; i++) {
    struct assertion_parts parts;
    struct assertion *assertion = &results->assertions[i];
    status = assertion_parse(opts->assertions.items[i], &parts, error);
    if (status != STATUS_OK) break;
    assertion->expression = strdup(opts->assertions.items[i]);
    results->assertion_count = i + 1;
    assertion->passed = assertion_holds(opts->assertions.items[i], &parts, results, &assertion->value);
    if (assertion->passed) continue;
    *bad = true;
    if (isnan(assertion->value)) {
      log_error(log, "assertion failed: %s (no such value)", opts->assertions.items[i]);
    } else {
      log_error(log, "assertion failed: %s (it is %.6g)", opts->assertions.items[i], assertion->value);
    }
  }
  return status;
}

enum status verdict_reach(const struct opts *opts, const struct load_data *data, struct load_data *baseline,
                          struct results *results, struct log *log, bool *bad, bool *lost,
                          struct error *error) {
  enum status status = STATUS_OK;
  if (opts->demand.traffic) status = demand_find(&opts->demand, data, results, error);
  if (status == STATUS_OK && opts->baseline)
    status = compare_baseline(opts, data, baseline, results, log, lost, error);
  if (status == STATUS_OK && results->comparison.regressed) {
    *bad = true;
    log_error(
        log,
        "regression: slower than %s by more than %.4g%% with certainty, as a whole or in one cell, or failed "
        "where it worked",
        opts->baseline, 100 * opts->max_regression);
  }
  if (status == STATUS_OK && opts->assertions.count > 0) {
    status = check_assertions(opts, results, log, bad, error);
  }
  return status;
}
