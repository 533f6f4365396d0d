// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a report says when there is little to say, or nothing, or too much.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/analyze/sections/made.h"

static void test_all_failed_is_said_plainly(void **state) {
  struct made *made = *state;
  fixture_start(&made->results, 4);
  made_add(&made->results, 1, 1, 0);
  made_add(&made->results, 2, 2, 0);
  made->results.cells[1].errors[FAILURE_HTTP_5XX] = 2;
  made->results.cells[1].failure_rate = (struct estimate){1, 0.158, 1};
  fixture_finish(&made->results);
  fixture_warn(&made->results, WARNING_ALL_FAILED, -1);
  fixture_warn(&made->results, WARNING_FAILED_LEVEL, 1);
  fixture_warn(&made->results, WARNING_PARTIAL_WAVES, -1);
  const char *text = made_report(made, LANG_EN);
  HAS(text, "> **No recommendation:** no level gave a usable measurement.");
  HAS(text, "> \u26a0 All cells failed (more than 5% of the requests, or no tokens were counted)");
  HAS(text, "None: no cell is usable.");
  HAS(text, "| http_5xx 2");
  HAS(text, "100% [16, 100]");
  LACKS(text, "All requests failed at workers"); // that would only repeat it
  LACKS(text, "partial wave");
  LACKS(text, "overview");
  LACKS(text, "### Analysis of dependencies");
  HAS(made_report(made, LANG_RU), "**Рекомендации нет:**");
  HAS(made_brief(made, LANG_RU), "Рекомендации нет:");
  made->results.next[0] = (struct next_cell){.workers = 1, .batch = 1};
  made->results.next_count = 1;
  HAS(made_brief(made, LANG_EN), "Next: Measure (workers\u00d7batch) 1\u00d71, as --suggest proposes.");
}

static void test_one_cell_makes_a_report(void **state) {
  struct made *made = *state;
  fixture_start(&made->results, 1);
  made_add(&made->results, 1, 1, 42.5);
  fixture_finish(&made->results);
  HAS(made_report(made, LANG_EN), "**Throughput:** 42.50 tokens/s\n");
  HAS(made_report(made, LANG_RU), "### Результаты для 1 параллельного запроса");
  HAS(made_brief(made, LANG_EN), "42.5");
}

static void test_nothing_at_all_makes_a_report(void **state) {
  struct made *made = *state;
  fixture_start(&made->results, 1);
  HAS(made_report(made, LANG_EN), "# Performance report\n\nThere is no measurement in the input.\n");
  HAS(made_brief(made, LANG_RU), "Отчет о производительности\n");
}

// Everything that may be unknown is.
static void test_unknown_numbers_never_show_as_numbers(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  struct results *results = &made->results;
  struct estimate none = {NAN, NAN, NAN};
  for (size_t i = 0; i < results->cell_count; i++) {
    struct cell *cell = &results->cells[i];
    cell->total_s = cell->mean_s = cell->tokens = NAN;
    cell->tokens_per_s.lo = cell->tokens_per_s.hi = NAN;
    cell->requests = cell->failed = -1;
    cell->ttft_s.p50.estimate = 0.5;
  }
  results->sigma = results->sigma_df = results->best.regret_bound = NAN;
  for (int code = 0; code < WARNING_CODE_COUNT; code++)
    fixture_warn(results, (enum warning_code)code, -1);
  fixture_cliff(results, 4, 8, none);
  results->curve.exists = results->curve.has_optimum = true;
  results->curve.points = calloc(1, sizeof *results->curve.points);
  results->curve.points[0] = (struct curve_point){NAN, NAN, -1, -1, -1, true};
  results->curve.point_count = 1;
  results->curve.models = calloc(1, sizeof *results->curve.models);
  results->curve.models[0] = (struct curve_model){.name = "usl",
                                                  .parameter_count = 1,
                                                  .parameter_names = {"lambda"},
                                                  .parameters = {none},
                                                  .rss = NAN,
                                                  .df = NAN,
                                                  .aicc = NAN,
                                                  .weight = NAN,
                                                  .optimum_n = NAN};
  results->curve.model_count = 1;
  results->curve.selected = 0;
  results->facts = calloc(1, sizeof *results->facts);
  results->facts[0].start_unix_s = NAN;
  results->fact_count = 1;
  for (int lang = 0; lang < LANG_COUNT; lang++) {
    made_report(made, (enum lang)lang);
    made_brief(made, (enum lang)lang);
  }
}

static void test_every_warning_is_one_sentence_in_each_language(void **state) {
  struct made *made = *state;
  for (int lang = 0; lang < LANG_COUNT; lang++) {
    for (int code = 0; code < WARNING_CODE_COUNT; code++) {
      results_free(&made->results);
      fixture_start(&made->results, 2);
      made_add(&made->results, 8, 8, 0);
      fixture_finish(&made->results);
      fixture_warn(&made->results, (enum warning_code)code, 8);
      struct warning *warning = &made->results.warnings[0];
      *warning = (struct warning){.code = (enum warning_code)code,
                                  .workers = 8,
                                  .batch = 8,
                                  .count = 3,
                                  .value = 0.25,
                                  .lo = 0.125,
                                  .hi = 0.5,
                                  .words = "words",
                                  .reason = {.kind = RUN_REASON_LAG, .seen = 0.25, .allowed = 0.125}};
      const char *text = made_report(made, (enum lang)lang);
      const char *first = strstr(text, "\u26a0");
      if (!first) {
        fail_msg("warning %s says nothing", warning_code_names[code]);
        return;
      }
      assert_null(strstr(first + 1, "\u26a0"));
    }
  }
}

static uint64_t next_random(uint64_t *seed) {
  *seed = *seed * 6364136223846793005U + 1442695040888963407U;
  return *seed >> 33;
}

// A number, or one of those that arithmetic goes wrong with.
static double random_number(uint64_t *seed) {
  static const double odd[] = {0, NAN, INFINITY, -INFINITY, -1, 1e-300, 1e300, 1e15};
  uint64_t choice = next_random(seed) % 16;
  return choice < sizeof odd / sizeof odd[0] ? odd[choice] : (double)next_random(seed) / 1e6;
}

static struct estimate random_estimate(uint64_t *seed) {
  return (struct estimate){random_number(seed), random_number(seed), random_number(seed)};
}

static void random_cells(struct results *results, uint64_t *seed) {
  size_t levels = 1 + next_random(seed) % 6;
  for (size_t w = 0; w < levels; w++) {
    size_t batches = 1 + next_random(seed) % 7;
    for (size_t b = 0; b < batches; b++) {
      struct cell cell = fixture_cell((int64_t)w + 1, (int64_t)b + 1, random_number(seed),
                                      random_number(seed), random_number(seed), random_number(seed));
      cell.flags = (unsigned)next_random(seed) % (1U << CELL_FLAG_COUNT);
      cell.tokens_per_s = random_estimate(seed);
      cell.goodput = random_estimate(seed);
      cell.ttft_s.p95 = random_estimate(seed);
      cell.failure_rate = random_estimate(seed);
      cell.reps = (int64_t)(next_random(seed) % 4);
      cell.in_best_set = next_random(seed) % 2;
      cell.pooled_interval = next_random(seed) % 2;
      cell.errors[1 + next_random(seed) % FAILURE_CANCELLED] = (int64_t)(next_random(seed) % 5);
      results->cells[results->cell_count++] = cell;
    }
  }
  fixture_finish(results);
  for (size_t i = 0; i < results->workers_count; i++)
    results->workers[i].capacity = random_estimate(seed);
}

static void random_rest(struct results *results, uint64_t *seed) {
  if (results->best.exists && next_random(seed) % 2) {
    results->best.set_count = 1 + next_random(seed) % results->cell_count;
    results->best.set = calloc(results->best.set_count, sizeof *results->best.set);
    for (size_t i = 0; i < results->best.set_count; i++)
      results->best.set[i] = next_random(seed) % results->cell_count;
    results->best.recommended = results->best.set[0];
  }
  results->best.regret_bound = random_number(seed);
  results->sigma = random_number(seed);
  results->sigma_source = (enum sigma_source)(next_random(seed) % 4);
  fixture_cliff(results, 1, 2, random_estimate(seed));
  made_with_curve(results);
  struct curve *curve = &results->curve;
  curve->optimum_n = random_estimate(seed);
  curve->optimum_throughput = random_estimate(seed);
  curve->optimum_range = random_estimate(seed);
  curve->optimum_established = next_random(seed) % 2;
  curve->models[0].parameters[1] = random_estimate(seed);
  curve->selected = next_random(seed) % 2 ? 0 : SIZE_MAX;
  curve->points[0].throughput = random_number(seed);
  results->client_cpu_max = random_number(seed);
  results->measure = (enum results_measure)(next_random(seed) % MEASURE_COUNT);
  for (int i = 0; i < 4; i++) {
    fixture_warn(results, (enum warning_code)(next_random(seed) % WARNING_CODE_COUNT), -1);
    results->warnings[i].value = random_number(seed);
    results->warnings[i].lo = random_number(seed);
  }
}

// No throughput of requests is called one of tokens.
static void check_unit(const struct results *results, const char *text) {
  static const char *const tokens[] = {"tokens/s",   "tokens per second", "okens in total", "токенов/сек",
                                       "токены/сек", "токенов в секунду", "окены в секунду"};
  for (size_t i = 0; results->measure == MEASURE_REQUESTS && i < sizeof tokens / sizeof tokens[0]; i++)
    LACKS(text, tokens[i]);
}

static void test_no_results_break_a_report(void **state) {
  struct made *made = *state;
  for (uint64_t round = 0; round < 150; round++) {
    uint64_t seed = round;
    results_free(&made->results);
    fixture_start(&made->results, 64);
    random_cells(&made->results, &seed);
    random_rest(&made->results, &seed);
    check_unit(&made->results, made_report(made, round % 2 ? LANG_RU : LANG_EN));
    check_unit(&made->results, made_brief(made, round % 2 ? LANG_EN : LANG_RU));
  }
}

static void test_terminal_summary_is_short(void **state) {
  struct made *made = *state;
  fixture_start(&made->results, 64);
  for (int64_t workers = 1; workers <= 14; workers++) {
    made_add(&made->results, workers, workers, 10.0 * (double)workers);
    made_add(&made->results, workers, 3 * workers, 11.0 * (double)workers);
  }
  fixture_finish(&made->results);
  made_with_curve(&made->results);
  fixture_warn(&made->results, WARNING_UNREPLICATED, -1);
  fixture_warn(&made->results, WARNING_NO_SPREAD, -1);
  fixture_warn(&made->results, WARNING_ONE_SESSION, -1);
  for (int lang = 0; lang < LANG_COUNT; lang++) {
    size_t lines = 0;
    for (const char *at = made_brief(made, (enum lang)lang); (at = strchr(at, '\n')); at++)
      lines++;
    assert_true(lines <= 44);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      MADE(test_all_failed_is_said_plainly),
      MADE(test_one_cell_makes_a_report),
      MADE(test_nothing_at_all_makes_a_report),
      MADE(test_unknown_numbers_never_show_as_numbers),
      MADE(test_every_warning_is_one_sentence_in_each_language),
      MADE(test_no_results_break_a_report),
      MADE(test_terminal_summary_is_short),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
