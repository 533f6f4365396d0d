// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/chapters.h"
#include "analyze/report/html.h"
#include "analyze/report/markdown.h"
#include "analyze/report/text.h"
#include "tests/unit/analyze/chapters_fixture.h"

struct made {
  struct results results;
  struct document document;
  struct plot_set plots;
  struct buf out;
};

static int setup(void **state) {
  static struct made made;
  made = (struct made){0};
  *state = &made;
  return 0;
}

static int teardown(void **state) {
  struct made *made = *state;
  document_free(&made->document);
  plot_set_free(&made->plots);
  results_free(&made->results);
  buf_free(&made->out);
  return 0;
}

#define HAS(haystack, needle)                                                                                \
  do {                                                                                                       \
    const char *in_ = (haystack);                                                                            \
    if (!strstr(in_, needle)) fail_msg("not there: %s\n%s", needle, in_);                                    \
  } while (0)
#define LACKS(haystack, needle)                                                                              \
  do {                                                                                                       \
    const char *in_ = (haystack);                                                                            \
    if (strstr(in_, needle)) fail_msg("should not be there: %s\n%s", needle, in_);                           \
  } while (0)

// What no reader may ever see: numbers that are none, and holes in templates.
static void check_clean(const char *text) {
  static const char *const never[] = {"nan", "NaN", "-inf", " inf", "(null)", "{0", "{1", "{2", "{3"};
  for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
    const char *at = strstr(text, never[i]);
    if (at) fail_msg("'%s' in: %.120s", never[i], at > text + 60 ? at - 60 : text);
  }
}

static const char *report(struct made *made, enum lang lang) {
  struct error error = {""};
  enum status status = chapters_build(&made->results, lang, &made->document, &made->plots, &error);
  if (status) fail_msg("%s", error.text);
  buf_clear(&made->out);
  assert_int_equal(markdown_render(&made->document, &(struct markdown_options){"plots"}, &made->out),
                   STATUS_OK);
  check_clean(buf_text(&made->out));
  struct buf page = {0};
  assert_int_equal(html_render(&made->document, &(struct html_options){.language = "ru"}, &page), STATUS_OK);
  char *script = strstr(buf_text(&page), "<script>");
  assert_non_null(script);
  *script = '\0'; // the page's own script says isNaN
  check_clean(page.data);
  buf_free(&page);
  for (const struct plot *plot = made->plots.first; plot; plot = plot->next) {
    struct buf script_text = {0};
    assert_int_equal(plot_script(plot, &script_text), STATUS_OK);
    if (!strstr(buf_text(&script_text), "plot NaN notitle"))
      check_clean(buf_text(&script_text)); // of an empty one
    buf_free(&script_text);
  }
  return buf_text(&made->out);
}

static const char *brief(struct made *made, enum lang lang) {
  struct error error = {""};
  assert_int_equal(chapters_brief(&made->results, lang, &made->document, &error), STATUS_OK);
  buf_clear(&made->out);
  assert_int_equal(text_render(&made->document, NULL, &made->out), STATUS_OK);
  check_clean(buf_text(&made->out));
  return buf_text(&made->out);
}

static void add(struct results *results, int64_t workers, int64_t batch, double rate) {
  double tokens = rate > 0 ? 100.0 * (double)batch : 0, total_s = rate > 0 ? tokens / rate : 1;
  results->cells[results->cell_count++] =
      fixture_cell(workers, batch, total_s, total_s / (double)batch, rate, tokens);
}

// Two replicated levels and a failed one, with a set of two.
static void small_run(struct results *results) {
  fixture_start(results, 8);
  add(results, 4, 4, 100);
  add(results, 4, 8, 120);
  add(results, 8, 8, 200);
  add(results, 8, 16, 204);
  add(results, 8, 24, 150);
  add(results, 16, 16, 0);
  fixture_finish(results);
  for (size_t i = 0; i < 5; i++) {
    struct cell *cell = &results->cells[i];
    cell->flags &= ~(unsigned)CELL_UNREPLICATED;
    cell->reps = 5;
    cell->tokens_per_s.lo = cell->tokens_per_s.estimate * 0.97;
    cell->tokens_per_s.hi = cell->tokens_per_s.estimate * 1.03;
  }
  static const size_t set[] = {3, 2};
  results->best.set = malloc(sizeof set);
  memcpy(results->best.set, set, sizeof set);
  results->best.set_count = 2;
  results->best.recommended = 2;
  results->best.regret_bound = 0.031;
  results->cells[2].in_best_set = results->cells[3].in_best_set = true;
  results->sigma = 0.02;
  results->sigma_df = 20;
  results->sigma_source = SIGMA_REPLICATES;
  fixture_warn(results, WARNING_FAILED_LEVEL, 16);
}

static void test_recommendation_is_the_cheapest_equal_with_its_interval(void **state) {
  struct made *made = *state;
  small_run(&made->results);
  const char *ru = report(made, LANG_RU);
  HAS(ru,
      "> **Рекомендация:** workers = 8, размер пакета 8: 200.00 токенов в секунду [194.0, 206.0]. Это самый "
      "дешевый выбор из неотличимых от наибольшей скорости (8×16: 204.00 токенов в секунду); остальные "
      "(workers×пакет): 8×16.\n");
  HAS(ru, "превосходит наибольшую измеренную не более чем на 3.1 % (при доверии 95 %)");
  const char *en = report(made, LANG_EN);
  HAS(en, "> **Recommendation:** 8 workers, batch 8: 200.00 tokens per second [194.0, 206.0].");
  HAS(en, "at most 3.1% better than the largest measured (at 95% confidence)");
}

static void test_words_follow_intervals_not_differences(void **state) {
  struct made *made = *state;
  small_run(&made->results);
  const char *text = report(made, LANG_EN);
  HAS(text, "From 4 to 8 workers throughput rises: 120.00 to 204.00 tokens/s, the intervals do not meet");
  HAS(text, "Established: throughput falls against the previous batch at (workers×batch) 8×24 (−26%)");
  made->results.cells[1].tokens_per_s.hi = 300; // now they meet
  made->results.cells[4].tokens_per_s.hi = 300;
  text = report(made, LANG_EN);
  LACKS(text, "throughput rises");
  LACKS(text, "Established:");
  HAS(text, "From 4 to 8 workers no difference is established");
  HAS(text, "within the intervals, so not established: 8×24 (−26%)");
}

static void test_a_paired_ratio_decides_before_the_cells_of_two_levels(void **state) {
  struct made *made = *state;
  small_run(&made->results);
  made->results.steps = calloc(1, sizeof *made->results.steps);
  made->results.step_count = 1;
  struct estimate *ratio = &made->results.steps[0].ratio;
  made->results.steps[0] = (struct cliff){.from = 4, .to = 8, .ratio = {1.7, 1.6, 1.8}};
  HAS(report(made, LANG_RU),
      "При увеличении с 4 до 8 workers скорость обработки возрастает: отношение 1.7 [1.60, 1.80]");
  *ratio = (struct estimate){0.9, 0.85, 0.95};
  HAS(report(made, LANG_EN), "From 4 to 8 workers throughput falls: ratio 0.9 [0.850, 0.950]");
  *ratio = (struct estimate){1.02, 0.95, 1.09}; // undecided over common batches, but the best cells differ
  HAS(report(made, LANG_EN), "From 4 to 8 workers throughput rises: 120.00 to 204.00 tokens/s");
  made->results.cells[1].tokens_per_s.hi = 300;
  HAS(report(made, LANG_EN), "From 4 to 8 workers no difference is established: ratio 1.02 [0.95, 1.09]");
}

static void test_a_failed_level_has_no_optimum(void **state) {
  struct made *made = *state;
  small_run(&made->results);
  const char *text = report(made, LANG_RU);
  HAS(text, "|                   16 |                           — |");
  HAS(text, "| все запросы завершились ошибкой");
  HAS(text, "**Оптимальный размер пакета:** нет: все запросы завершились ошибкой");
  HAS(text, "**Максимальная скорость обработки:** нет: ни один запрос не выполнен");
  LACKS(text, "**Оптимальный размер пакета:** 16 ");
  LACKS(text, " 0.00 токенов");
  HAS(text, "При workers = 16 все запросы завершились ошибкой: скорость указать нельзя");
  HAS(text, "Количество workers между 8 и 16 не проверялось");
}

static void test_the_last_batch_is_an_edge_not_an_optimum(void **state) {
  struct made *made = *state;
  small_run(&made->results);
  HAS(report(made, LANG_RU), "**Оптимальный размер пакета:** 8 (край проверенного диапазона, а не оптимум)");
  HAS(report(made, LANG_EN), "**Best batch:** 8 (edge of the tested range, not an optimum)");
  made->results.best.batch_edge = true;
  HAS(report(made, LANG_EN), "> Batch 16 is the end of the tested ladder (at 8 workers)");
  HAS(report(made, LANG_RU), "**Размер пакета (batch_size):** 16 (край проверенного диапазона)");
}

static void test_without_spread_no_equals_are_named(void **state) {
  struct made *made = *state;
  fixture_start(&made->results, 4);
  add(&made->results, 1, 1, 50);
  add(&made->results, 2, 2, 90);
  fixture_finish(&made->results);
  const char *text = report(made, LANG_EN);
  HAS(text, "**Largest measured throughput:** 90.00 tokens per second at 2 workers and batch 2.");
  LACKS(text, "Recommendation:**");
  HAS(text, "without a known spread nothing is concluded");
  LACKS(text, "throughput rises");
  HAS(report(made, LANG_RU), "Разброс повторных измерений неизвестен");
}

static void test_all_failed_is_said_plainly(void **state) {
  struct made *made = *state;
  fixture_start(&made->results, 4);
  add(&made->results, 1, 1, 0);
  add(&made->results, 2, 2, 0);
  made->results.cells[1].errors[7] = 2;
  made->results.cells[1].failure_rate = (struct estimate){1, 0.158, 1};
  fixture_finish(&made->results);
  fixture_warn(&made->results, WARNING_ALL_FAILED, -1);
  const char *text = report(made, LANG_EN);
  HAS(text, "> **No recommendation:** no level gave a usable measurement.");
  HAS(text, "> \u26a0 All cells failed: this run says nothing about throughput");
  HAS(text, "None: no cell is usable.");
  HAS(text, "| http_5xx 2");
  HAS(text, "100% [16, 100]");
  LACKS(text, "overview");
  LACKS(text, "### Analysis of dependencies");
  HAS(report(made, LANG_RU), "**Рекомендации нет:**");
  HAS(brief(made, LANG_RU), "Рекомендации нет:");
}

static void test_one_cell_makes_a_report(void **state) {
  struct made *made = *state;
  fixture_start(&made->results, 1);
  add(&made->results, 1, 1, 42.5);
  fixture_finish(&made->results);
  HAS(report(made, LANG_EN), "**Throughput:** 42.50 tokens/s\n");
  HAS(report(made, LANG_RU), "### Результаты для 1 параллельных запросов");
  HAS(brief(made, LANG_EN), "42.5");
}

static void test_nothing_at_all_makes_a_report(void **state) {
  struct made *made = *state;
  fixture_start(&made->results, 1);
  HAS(report(made, LANG_EN), "# Performance report\n\nThere is no measurement in the input.\n");
  HAS(brief(made, LANG_RU), "Отчет о производительности\n");
}

static void test_open_loop_alone_is_a_table_of_loads(void **state) {
  struct made *made = *state;
  fixture_start(&made->results, 1);
  made->results.loads = calloc(2, sizeof *made->results.loads);
  made->results.load_count = 2;
  for (size_t i = 0; i < 2; i++) {
    struct load *load = &made->results.loads[i];
    *load = (struct load){.rate = 10, .n = 3.25, .throughput = 812.5, .duration_s = 60, .requests = 600};
    fixture_no_percentiles(&load->ttft_s);
    fixture_no_percentiles(&load->latency_s);
  }
  made->results.loads[1].latency_s.p99 = (struct estimate){1.25, 1.1, NAN};
  const char *text = report(made, LANG_EN);
  HAS(text, "## Open-loop load");
  HAS(text, " 3.25 |               812.5 |        600 |        0 |");
  HAS(text, "1.25 |");
  LACKS(text, "## Detailed results");
  LACKS(text, "## Conclusions");
}

// Everything that may be unknown is.
static void test_unknown_numbers_never_show_as_numbers(void **state) {
  struct made *made = *state;
  small_run(&made->results);
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
  results->curve.points[0] = (struct curve_point){NAN, NAN, -1, -1, true};
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
    report(made, (enum lang)lang);
    brief(made, (enum lang)lang);
  }
}

static void test_every_warning_is_one_sentence_in_each_language(void **state) {
  struct made *made = *state;
  for (int lang = 0; lang < LANG_COUNT; lang++) {
    for (int code = 0; code < WARNING_CODE_COUNT; code++) {
      results_free(&made->results);
      fixture_start(&made->results, 2);
      add(&made->results, 8, 8, 0);
      fixture_finish(&made->results);
      fixture_warn(&made->results, (enum warning_code)code, 8);
      struct warning *warning = &made->results.warnings[0];
      *warning = (struct warning){(enum warning_code)code, 8, 8, 3, 0.25, 0.125, 0.5, "words"};
      const char *text = report(made, (enum lang)lang);
      const char *first = strstr(text, "\u26a0");
      if (!first) fail_msg("warning %s says nothing", warning_code_names[code]);
      assert_null(strstr(first + 1, "\u26a0"));
    }
  }
}

static void with_curve(struct results *results) {
  struct curve *curve = &results->curve;
  curve->exists = true;
  curve->kind = "single_wave";
  curve->scale = "log";
  curve->points = calloc(4, sizeof *curve->points);
  for (int i = 0; i < 4; i++)
    curve->points[curve->point_count++] =
        (struct curve_point){8.0 * (i + 1), 200 + 40 * i, 32, 8 * (i + 1), i > 0};
  curve->range_lo = 16;
  curve->range_hi = 32;
  curve->models = calloc(1, sizeof *curve->models);
  curve->model_count = 1;
  curve->models[0] =
      (struct curve_model){.name = "usl",
                           .parameter_count = 3,
                           .parameter_names = {"lambda", "sigma", "kappa"},
                           .parameters = {{39.1, 38, 40.2}, {0.0433, 0.04, 0.0466}, {0.00123, 0.001, 0.0015}},
                           .rss = 0.0061,
                           .df = 16,
                           .aicc = -145.23,
                           .weight = 0.98,
                           .converged = true,
                           .stop = "small step",
                           .optimum_n = 27.9,
                           .optimum_throughput = 353.6};
  curve->selected = 0;
  curve->has_optimum = curve->optimum_established = true;
  curve->optimum_n = (struct estimate){27.9, 25.6, 31.4};
  curve->optimum_throughput = (struct estimate){353.6, 348.8, 359.3};
}

static void test_curve_gives_its_optimum_with_interval_and_range(void **state) {
  struct made *made = *state;
  small_run(&made->results);
  with_curve(&made->results);
  const char *text = report(made, LANG_EN);
  HAS(text,
      "Optimum by the curve (usl): n = 27.9 [25.6, 31.4] requests in flight, 353.6 tokens/s [348.8, 359.3]; "
      "fitted for n from 16 to 32, conditional on the model.");
  HAS(text,
      "lambda = 39.1 [38.0, 40.2]; sigma = 0.0433 [0.0400, 0.0466]; kappa = 0.00123 [0.00100, 0.00150]");
  HAS(text, "- Points: 4, single waves");
  HAS(text, "- Fitted for n from 16 to 32 (3 points), on the logarithmic scale");
  HAS(text, "Lack of fit: cannot be tested");
  assert_non_null(plot_find(&made->plots, "overview"));
  assert_non_null(plot_find(&made->plots, "levels"));
  assert_non_null(plot_find(&made->plots, "performance_metrics_8"));
}

static void test_curve_says_why_it_has_no_optimum(void **state) {
  struct made *made = *state;
  small_run(&made->results);
  with_curve(&made->results);
  struct curve *curve = &made->results.curve;
  curve->optimum_established = false;
  curve->optimum_n.hi = NAN;
  HAS(report(made, LANG_EN), "No optimum is established by the curve (usl): it lies at n = 25.6 or above");
  curve->optimum_edge = true;
  curve->optimum_n.hi = 60;
  HAS(report(made, LANG_RU), "лежит на краю проверенного диапазона (от 16 до 32) или за ним: не установлен");
  curve->has_optimum = false;
  HAS(report(made, LANG_EN), "rises over the whole tested range (up to n = 32)");
  curve->gate_failed = true;
  curve->lack_of_fit_f = 9.1;
  curve->lack_of_fit_p = 0.0021;
  HAS(report(made, LANG_EN), "replicates show that no model fits (p = 0.0021)");
  HAS(brief(made, LANG_EN), "No optimum is taken from a curve");
}

static void test_percentiles_come_with_their_units(void **state) {
  struct made *made = *state;
  small_run(&made->results);
  made->results.cells[2].ttft_s.p50 = (struct estimate){0.21, 0.19, 0.24};
  made->results.cells[2].ttft_s.p99 = (struct estimate){0.9, 0.5, NAN};
  made->results.cells[2].tpot_s.p50 = (struct estimate){0.0215, 0.02, 0.0224};
  const char *text = report(made, LANG_EN);
  HAS(text, "time to first token, TTFT (s)");
  HAS(text, "0.210 [0.190, 0.240]");
  HAS(text, "0.900 [0.500, \u221e)");
  HAS(text, "21.5 [20.0, 22.4]"); // milliseconds
}

static void test_facts_tell_how_to_repeat_the_run(void **state) {
  struct made *made = *state;
  small_run(&made->results);
  made->results.facts = calloc(1, sizeof *made->results.facts);
  made->results.fact_count = 1;
  struct run_facts *facts = &made->results.facts[0];
  *facts = (struct run_facts){.source = strdup("run.jsonl.gz"),
                              .model = strdup("qwen3:1.7b|*x*"),
                              .arguments = strdup("prod.jsonl.gz -u http://127.0.0.1:1 -W 4,8,16"),
                              .start_unix_s = 1700000000,
                              .seed = 7,
                              .sessions = 3,
                              .batches = 26,
                              .requests = 300,
                              .managed = true};
  const char *text = report(made, LANG_EN);
  HAS(text, "# Performance report for qwen3:1.7b|\\*x\\*\n");
  HAS(text, "- **Start:** 2023-11-14 22:13:20 UTC\n");
  HAS(text, "- **Seed:** 7\n");
  HAS(text, "26 batches, 300 requests (0 failed), 0 warm-up batches, 3 server restarts");
  HAS(text, "```\nreplay prod.jsonl.gz -u http://127.0.0.1:1 -W 4,8,16\nanalyze run.jsonl.gz\n```");
  LACKS(text, "Server command");
}

static void test_all_cells_stand_in_one_table(void **state) {
  struct made *made = *state;
  small_run(&made->results);
  made->results.cells[0].flags |= CELL_COLD;
  made->results.cells[4].flags |= CELL_PARTIAL_WAVE;
  HAS(report(made, LANG_EN), "|   Workers / batch |     4 |   8 |      16 |   24 |\n"
                             "|------------------:|------:|----:|--------:|-----:|\n"
                             "|                 4 | (100) | 120 |         |      |\n"
                             "|                 8 |       | 200 | **204** | 150\u2020 |\n"
                             "|                16 |       |     |  failed |      |\n");
}

static void test_arguments_become_a_command_line(void **state) {
  struct made *made = *state;
  small_run(&made->results);
  made->results.facts = calloc(1, sizeof *made->results.facts);
  made->results.fact_count = 1;
  made->results.facts[0].source = strdup("my run.jsonl");
  made->results.facts[0].arguments =
      strdup("[\"/usr/bin/replay\",\"t.jsonl\",\"--server\",\"serve --seed $$ --name it's\",\"\"]");
  HAS(report(made, LANG_EN), "```\nreplay t.jsonl --server 'serve --seed $$ --name it'\\''s' ''\n"
                             "analyze 'my run.jsonl'\n```");
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
      cell.errors[next_random(seed) % RESULTS_ERROR_CLASSES] = (int64_t)(next_random(seed) % 5);
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
  with_curve(results);
  struct curve *curve = &results->curve;
  curve->optimum_n = random_estimate(seed);
  curve->optimum_throughput = random_estimate(seed);
  curve->optimum_established = next_random(seed) % 2;
  curve->models[0].parameters[1] = random_estimate(seed);
  curve->selected = next_random(seed) % 2 ? 0 : SIZE_MAX;
  curve->points[0].throughput = random_number(seed);
  results->client_cpu_max = random_number(seed);
  for (int i = 0; i < 4; i++) {
    fixture_warn(results, (enum warning_code)(next_random(seed) % WARNING_CODE_COUNT), -1);
    results->warnings[i].value = random_number(seed);
    results->warnings[i].lo = random_number(seed);
  }
}

static void test_no_results_break_a_report(void **state) {
  struct made *made = *state;
  for (uint64_t round = 0; round < 150; round++) {
    uint64_t seed = round;
    results_free(&made->results);
    fixture_start(&made->results, 64);
    random_cells(&made->results, &seed);
    random_rest(&made->results, &seed);
    report(made, round % 2 ? LANG_RU : LANG_EN);
    brief(made, round % 2 ? LANG_EN : LANG_RU);
  }
}

static void test_terminal_summary_is_short(void **state) {
  struct made *made = *state;
  fixture_start(&made->results, 64);
  for (int64_t workers = 1; workers <= 14; workers++) {
    add(&made->results, workers, workers, 10.0 * (double)workers);
    add(&made->results, workers, 3 * workers, 11.0 * (double)workers);
  }
  fixture_finish(&made->results);
  with_curve(&made->results);
  fixture_warn(&made->results, WARNING_UNREPLICATED, -1);
  fixture_warn(&made->results, WARNING_NO_SPREAD, -1);
  fixture_warn(&made->results, WARNING_ONE_SESSION, -1);
  for (int lang = 0; lang < LANG_COUNT; lang++) {
    size_t lines = 0;
    for (const char *at = brief(made, (enum lang)lang); (at = strchr(at, '\n')); at++)
      lines++;
    assert_true(lines <= 40);
  }
}

#define MADE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      MADE(test_recommendation_is_the_cheapest_equal_with_its_interval),
      MADE(test_words_follow_intervals_not_differences),
      MADE(test_a_paired_ratio_decides_before_the_cells_of_two_levels),
      MADE(test_a_failed_level_has_no_optimum),
      MADE(test_the_last_batch_is_an_edge_not_an_optimum),
      MADE(test_without_spread_no_equals_are_named),
      MADE(test_all_failed_is_said_plainly),
      MADE(test_one_cell_makes_a_report),
      MADE(test_nothing_at_all_makes_a_report),
      MADE(test_open_loop_alone_is_a_table_of_loads),
      MADE(test_unknown_numbers_never_show_as_numbers),
      MADE(test_every_warning_is_one_sentence_in_each_language),
      MADE(test_curve_gives_its_optimum_with_interval_and_range),
      MADE(test_curve_says_why_it_has_no_optimum),
      MADE(test_percentiles_come_with_their_units),
      MADE(test_facts_tell_how_to_repeat_the_run),
      MADE(test_all_cells_stand_in_one_table),
      MADE(test_arguments_become_a_command_line),
      MADE(test_no_results_break_a_report),
      MADE(test_terminal_summary_is_short),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
