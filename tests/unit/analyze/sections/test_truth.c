// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a report must not claim: sentences that the numbers beside them contradict.
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
// clang-format on

#include <gsl/gsl_errno.h>

#include "analyze/judge/warnings.h"
#include "tests/unit/analyze/sections/made.h"

static void test_nobody_is_kept_away_from_a_drop_that_is_not_established(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  made->results.cliffs = calloc(1, sizeof *made->results.cliffs);
  made->results.cliff_count = 1;
  made->results.cliffs[0] = (struct cliff){.from = 4, .to = 8, .ratio = {0.673, NAN, NAN}, .possible = true};
  struct warning warning = warnings_new(WARNING_CLIFF_POSSIBLE);
  warning.workers = 4, warning.count = 8, warning.value = 0.673;
  assert_int_equal(warnings_add(&made->results, &warning), STATUS_OK);
  const char *report = made_report(made, LANG_EN);
  LACKS(report, "Do not use");
  LACKS(report, "throughput drops");
  HAS(report, "From 4 to 8 workers throughput measured 0.673 of what it was, but that it drops there is not "
              "established.");
  HAS(report, "Measure 4 and 8 workers again");
  HAS(made_report(made, LANG_RU), "что она там обрывается, не установлено");
}

// A curve without a peak, and whether an end of its interval is known.
static const char *peakless(struct made *made, enum lang lang, enum curve_course course, double at_least) {
  struct curve *curve = &made->results.curve;
  curve->course = course;
  curve->optimum_established = false;
  curve->optimum_edge = true;
  curve->optimum_n = (struct estimate){NAN, at_least, NAN};
  curve->optimum_range = (struct estimate){NAN, NAN, NAN};
  curve->optimum_throughput = (struct estimate){NAN, NAN, NAN};
  return made_report(made, lang);
}

static void test_a_curve_is_said_to_do_what_it_does(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  made_with_curve(&made->results);
  const char *report = peakless(made, LANG_EN, CURVE_FALLS, NAN);
  HAS(report, "it falls over the whole fitted range (n from 16 to 32)");
  LACKS(report, "rises over");
  LACKS(report, "its peak");
  report = peakless(made, LANG_EN, CURVE_DIPS, 3);
  HAS(report, "it falls and rises again");
  LACKS(report, "its peak");
  report = peakless(made, LANG_EN, CURVE_RISES, 30);
  HAS(report, "it lies at 30 requests in flight or more");
  LACKS(report, "its peak");
  HAS(peakless(made, LANG_EN, CURVE_RISES, NAN), "it rises over the whole fitted range");
  HAS(peakless(made, LANG_RU, CURVE_FALLS, NAN), "она падает во всем диапазоне подгонки");
  HAS(peakless(made, LANG_RU, CURVE_DIPS, NAN), "она падает и снова растет");
}

static void test_a_failed_cell_has_no_throughput_in_any_table(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  struct cell *cell = &made->results.cells[5];
  cell->tokens = cell->amount = 144; // some requests did succeed
  cell->failed = 4;
  const char *report = made_report(made, LANG_EN);
  const char *level = strstr(report, "Results for 16 ");
  assert_non_null(level);
  char *row = strstr(level, "|      16 |");
  assert_non_null(row);
  *strchr(row, '\n') = '\0';
  LACKS(row, " 0 |");
  HAS(row, "failed");
  size_t told = 0;
  for (const struct plot *plot = made->plots.first; plot; plot = plot->next) {
    for (const struct plot_series *series = plot->series; series; series = series->next) {
      for (size_t i = 0; i < series->count; i++) {
        if (series->second || series->points[i].y > 0) continue;
        assert_true(series->bare); // its height is no value
        told++;
      }
    }
  }
  assert_true(told > 0);
}

static void warn_of_client(struct made *made, double cpu, double failed, struct run_reason reason) {
  free(made->results.warnings);
  made->results.warnings = NULL;
  made->results.warning_count = 0;
  struct warning warning = warnings_new(WARNING_INVALID_CLIENT);
  warning.count = 24, warning.value = cpu, warning.lo = failed, warning.reason = reason;
  assert_int_equal(warnings_add(&made->results, &warning), STATUS_OK);
}

// 6 % of a core is no bottleneck; the reason comes in the language of the report; words of others stay.
static void test_a_client_without_cpu_is_not_called_slow(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  warn_of_client(made, 0.06, 13,
                 (struct run_reason){.kind = RUN_REASON_STALL, .seen = 0.0415, .allowed = 0.02});
  const char *report = made_report(made, LANG_EN);
  HAS(report,
      "24 batches left out: the measuring client did not get the CPU in time, although it used 6% of a "
      "core at most (the first: the event loop stalled for 41.5 ms, allowed 20 ms): something else was "
      "running on "
      "its machine. Of these 13 failed as well and count as failed.");
  LACKS(report, "bottleneck");
  report = made_report(made, LANG_RU);
  HAS(report, "цикл событий простоял 41,5 мс, допустимо 20 мс");
  LACKS(report, "stalled");
  warn_of_client(made, 0.97, 0, (struct run_reason){.kind = RUN_REASON_CPU, .seen = 0.97, .allowed = 0.9});
  HAS(made_report(made, LANG_EN),
      "24 batches left out: the measuring client was the bottleneck (the first: the client "
      "used 0.97 of a core, allowed 0.90).");
  HAS(made_report(made, LANG_RU), "клиент занимал 0,97 ядра, допустимо 0,90");
  warn_of_client(made, NAN, 0, (struct run_reason){.kind = RUN_REASON_OTHER, .text = {"too busy %s", 11}});
  HAS(made_report(made, LANG_RU), "(первый: too busy %s)");
  warn_of_client(made, NAN, 0, (struct run_reason){.kind = RUN_REASON_NONE});
  HAS(made_report(made, LANG_EN), "24 batches left out: the measuring client was the bottleneck.");
}

static void test_a_single_cell_is_compared_with_nothing(void **state) {
  struct made *made = *state;
  struct results *results = &made->results;
  fixture_start(results, 1);
  made_add(results, 4, 8, 120);
  fixture_finish(results);
  results->best.set = calloc(1, sizeof *results->best.set);
  results->best.set_count = 1;
  results->best.regret_bound = 0;
  const char *report = made_report(made, LANG_EN);
  LACKS(report, "Every other");
  LACKS(report, "some other usable configuration");
  HAS(report, "there is nothing to compare it with");
  HAS(made_report(made, LANG_RU), "сравнивать не с чем");
}

static void test_the_best_is_what_is_recommended_and_not_the_highest(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  HAS(made_report(made, LANG_EN), "**Workers:** 8\n- **Batch (batch_size):** 8\n");
  HAS(made_report(made, LANG_EN), "has the highest measured throughput, ");
  HAS(made_report(made, LANG_EN), "needs no more requests in flight and is at most 3.1% below");
  HAS(made_report(made, LANG_RU), "Наибольшая измеренная скорость — у ");
  made->results.recommendation.cell = made->results.best.cell;
  LACKS(made_report(made, LANG_EN), "has the highest measured");
}

static void test_a_front_of_one_cell_does_not_rise(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  for (size_t i = 0; i < 5; i++) // the highest is also the fastest
    made->results.cells[i].latency_s.p95 = made->results.cells[i].latency_s.p50 =
        (struct estimate){i == 3 ? 0.5 : 1 + (double)i, NAN, NAN};
  HAS(made_report(made, LANG_EN), "5 cells, one of which beats all others in both, with 204 tokens/s");
  LACKS(made_report(made, LANG_EN), "the front rises");
}

static void test_a_fit_that_failed_says_why_in_the_reader_s_language(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  made_with_curve(&made->results);
  made->results.curve.models[0].converged = false;
  made->results.curve.models[0].stop = "iteration limit";
  HAS(made_report(made, LANG_RU), "не сошлась, предел числа итераций");
  made->results.curve.models[0].stop = gsl_strerror(GSL_ENOPROG);
  HAS(made_report(made, LANG_RU), "ни один шаг не улучшает подгонку");
  HAS(made_report(made, LANG_EN), "did not converge, no step led lower");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      MADE(test_nobody_is_kept_away_from_a_drop_that_is_not_established),
      MADE(test_a_curve_is_said_to_do_what_it_does),
      MADE(test_a_failed_cell_has_no_throughput_in_any_table),
      MADE(test_a_client_without_cpu_is_not_called_slow),
      MADE(test_a_single_cell_is_compared_with_nothing),
      MADE(test_the_best_is_what_is_recommended_and_not_the_highest),
      MADE(test_a_front_of_one_cell_does_not_rise),
      MADE(test_a_fit_that_failed_says_why_in_the_reader_s_language),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
