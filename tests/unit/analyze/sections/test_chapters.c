// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a report says of an ordinary run.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/analyze/sections/made.h"

static void test_recommendation_has_its_interval_and_its_bound(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  HAS(made_report(made, LANG_RU),
      "> **Рекомендация:** workers = 8, размер пакета 8: 200,00 токенов в секунду [194,0; 206,0]. Показано: "
      "не более "
      "чем на 3,1 % ниже лучшей из измеренных скоростей (доверительная вероятность 95 %).\n");
  HAS(made_report(made, LANG_EN), "> **Recommendation:** 8 workers, batch 8: 200.00 tokens per second "
                                  "[194.0, 206.0]. It is shown to be at most "
                                  "3.1% below the best tested (95% confidence).\n");
}

static void test_words_follow_intervals_not_differences(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  const char *text = made_report(made, LANG_EN);
  HAS(text,
      "From 4 to 8 workers throughput rises: 120.00 to 204.00 tokens/s, and the intervals do not overlap");
  HAS(text, "Established: throughput is lower than at the previous batch at (workers×batch) 8×24 (−26%)");
  made->results.cells[1].tokens_per_s.hi = 300; // now they meet
  made->results.cells[4].tokens_per_s.hi = 300;
  text = made_report(made, LANG_EN);
  LACKS(text, "throughput rises");
  LACKS(text, "Established:");
  HAS(text, "From 4 to 8 workers no difference is established");
  HAS(text, "within the intervals, so not established: 8×24 (−26%)");
}

static void test_a_paired_ratio_decides_before_the_cells_of_two_levels(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  made->results.steps = calloc(1, sizeof *made->results.steps);
  made->results.step_count = 1;
  struct estimate *ratio = &made->results.steps[0].ratio;
  made->results.steps[0] = (struct cliff){.from = 4, .to = 8, .ratio = {1.7, 1.6, 1.8}};
  HAS(made_report(made, LANG_RU),
      "При увеличении с 4 до 8 workers скорость обработки возрастает: отношение 1,70 [1,60; 1,80]");
  *ratio = (struct estimate){0.9, 0.85, 0.95};
  HAS(made_report(made, LANG_EN), "From 4 to 8 workers throughput falls: ratio 0.900 [0.850, 0.950]");
  *ratio = (struct estimate){1.02, 0.95, 1.09}; // undecided over common batches, but the best cells differ
  HAS(made_report(made, LANG_EN), "From 4 to 8 workers throughput rises: 120.00 to 204.00 tokens/s");
  made->results.cells[1].tokens_per_s.hi = 300;
  HAS(made_report(made, LANG_EN),
      "From 4 to 8 workers no difference is established: ratio 1.02 [0.95, 1.09]");
}

static void test_a_failed_level_has_no_optimum(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  const char *text = made_report(made, LANG_RU);
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
  made_small_run(&made->results);
  HAS(made_report(made, LANG_RU),
      "**Оптимальный размер пакета:** 8 (край проверенного диапазона, а не оптимум)");
  HAS(made_report(made, LANG_EN), "**Best batch:** 8 (edge of the tested range, not an optimum)");
  made->results.best.recommended = made->results.recommendation.cell = made->results.best.cell;
  made->results.best.batch_edge = true;
  HAS(made_report(made, LANG_EN),
      "> The highest measured lies on the largest batch tested (16, at 8 workers)");
  HAS(made_report(made, LANG_RU), "**Размер пакета (batch_size):** 16 (край проверенного диапазона)");
}

static void test_without_spread_no_equals_are_named(void **state) {
  struct made *made = *state;
  fixture_start(&made->results, 4);
  made_add(&made->results, 1, 1, 50);
  made_add(&made->results, 2, 2, 90);
  fixture_finish(&made->results);
  const char *text = made_report(made, LANG_EN);
  HAS(text, "**Highest measured throughput:** 90.00 tokens per second at 2 workers and batch 2.");
  LACKS(text, "Recommendation:**");
  HAS(text, "without a known spread nothing is concluded");
  LACKS(text, "throughput rises");
  HAS(made_report(made, LANG_RU), "Разброс повторных измерений неизвестен");
}

static void test_curve_gives_its_optimum_with_interval_and_range(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  made_with_curve(&made->results);
  const char *text = made_report(made, LANG_EN);
  HAS(text, "Capacity curve (usl): the optimum is 27.9 [25.6, 31.4] requests in flight, with 353.6 tokens/s "
            "[348.8, "
            "359.3]; fitted for n from 16 to 32, and only as good as the model.");
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
  made_small_run(&made->results);
  made_with_curve(&made->results);
  struct curve *curve = &made->results.curve;
  curve->optimum_established = curve->fall_shown = false;
  HAS(made_report(made, LANG_EN), "its peak is at 27.9 [25.6, 31.4] requests in flight, with 353.6 tokens/s "
                                  "[348.8, 359.3]. The points themselves do not show that throughput is "
                                  "lower at n = 32, so no optimum is established.");
  HAS(made_report(made, LANG_RU), "Сами точки не показывают, что при n = 32 пропускная способность ниже");
  curve->fall_shown = curve->shared = true;
  curve->optimum_n = (struct estimate){27.9, NAN, NAN};
  HAS(made_report(made, LANG_EN), "Points of one life of the server share its effect.");
  curve->shared = false;
  curve->optimum_n.lo = 25.6;
  LACKS(made_report(made, LANG_EN), "share its effect");
  curve->optimum_n.hi = NAN;
  HAS(made_report(made, LANG_EN),
      "no optimum is established; it lies at 25.6 requests in flight or more, without an upper bound");
  curve->optimum_edge = true;
  curve->optimum_n.hi = 60;
  HAS(made_report(made, LANG_RU),
      "лежит на краю диапазона подгонки (от 16 до 32) или за ним, поэтому не установлен");
  curve->has_optimum = false;
  HAS(made_report(made, LANG_EN), "it rises over the whole fitted range (n from 16 to 32)");
  curve->gate_failed = true;
  curve->lack_of_fit_f = 9.1;
  curve->lack_of_fit_p = 0.0021;
  HAS(made_report(made, LANG_EN), "replicates show that no model fits (p = 0.0021)");
  HAS(made_brief(made, LANG_EN), "No optimum is taken from a capacity curve");
}

static void test_a_plateau_does_not_rise_beyond_its_bend(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  made_with_curve(&made->results);
  struct curve *curve = &made->results.curve;
  curve->has_optimum = false;
  curve->knee_n.estimate = 19;
  curve->knee_of_fit = true;
  LACKS(made_report(made, LANG_EN), "Knee:"); // a share of a peak that was not reached
  curve->models[0].name = "plateau";
  curve->models[0].parameter_count = 2;
  curve->models[0].parameter_names[1] = "knee";
  curve->models[0].parameters[1] = (struct estimate){20, NAN, NAN};
  const char *text = made_report(made, LANG_EN);
  HAS(text, "throughput rises up to n = 20 and stays level from there (fitted up to 32)");
  HAS(text, "Knee: n = 19 ");
  curve->models[0].parameters[1].estimate = 40; // beyond what was tested
  text = made_report(made, LANG_EN);
  HAS(text, "it rises over the whole fitted range");
  LACKS(text, "stays level");
}

static void test_percentiles_come_with_their_units(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  made->results.cells[2].ttft_s.p50 = (struct estimate){0.21, 0.19, 0.24};
  made->results.cells[2].ttft_s.p99 = (struct estimate){0.9, 0.5, NAN};
  made->results.cells[2].tpot_s.p50 = (struct estimate){0.0215, 0.02, 0.0224};
  const char *text = made_report(made, LANG_EN);
  HAS(text, "time to first token, TTFT (s)");
  HAS(text, "0.210 [0.190, 0.240]");
  HAS(text, "0.900 [0.500, \u221e)");
  HAS(text, "21.5 [20.0, 22.4]"); // milliseconds
}

static void test_facts_tell_how_to_repeat_the_run(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
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
  const char *text = made_report(made, LANG_EN);
  HAS(text, "# Performance report for qwen3:1.7b|\\*x\\*\n");
  HAS(text, "- **Start:** 2023-11-14 22:13:20 UTC\n");
  HAS(text, "- **Seed:** 7\n");
  HAS(text, "26 batches, 300 requests (0 failed), 0 warm-up batches, 3 server restarts");
  HAS(text, "```sh\nreplay prod.jsonl.gz -u http://127.0.0.1:1 -W 4,8,16\nanalyze run.jsonl.gz\n```");
  LACKS(text, "Server command");
}

static void test_all_cells_stand_in_one_table(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  made->results.cells[0].flags |= CELL_COLD;
  made->results.cells[4].flags |= CELL_PARTIAL_WAVE;
  HAS(made_report(made, LANG_EN), "|   Workers / batch |     4 |        8 |      16 |   24 |\n"
                                  "|------------------:|------:|---------:|--------:|-----:|\n"
                                  "|                 4 | (100) |      120 |         |      |\n"
                                  "|                 8 |       | **200**\u2605 | **204** | 150\u2020 |\n"
                                  "|                16 |       |          |  failed |      |\n");
}

static void test_arguments_become_a_command_line(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  made->results.facts = calloc(2, sizeof *made->results.facts);
  made->results.fact_count = 2; // segments of one command, which stands there once
  made->results.facts[0].source = strdup("my run.jsonl");
  made->results.facts[1].arguments =
      strdup("[\"/usr/bin/replay\",\"t.jsonl\",\"--server\",\"serve --seed $$ --name it's\",\"\"]");
  made->results.facts[0].arguments =
      strdup("[\"/usr/bin/replay\",\"t.jsonl\",\"--server\",\"serve --seed $$ --name it's\",\"\"]");
  HAS(made_report(made, LANG_EN), "```sh\nreplay t.jsonl --server 'serve --seed $$ --name it'\\''s' ''\n"
                                  "analyze 'my run.jsonl'\n```");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      MADE(test_recommendation_has_its_interval_and_its_bound),
      MADE(test_words_follow_intervals_not_differences),
      MADE(test_a_paired_ratio_decides_before_the_cells_of_two_levels),
      MADE(test_a_failed_level_has_no_optimum),
      MADE(test_the_last_batch_is_an_edge_not_an_optimum),
      MADE(test_without_spread_no_equals_are_named),
      MADE(test_curve_gives_its_optimum_with_interval_and_range),
      MADE(test_curve_says_why_it_has_no_optimum),
      MADE(test_a_plateau_does_not_rise_beyond_its_bend),
      MADE(test_percentiles_come_with_their_units),
      MADE(test_facts_tell_how_to_repeat_the_run),
      MADE(test_all_cells_stand_in_one_table),
      MADE(test_arguments_become_a_command_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
