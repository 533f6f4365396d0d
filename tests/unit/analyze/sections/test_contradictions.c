// SPDX-License-Identifier: GPL-3.0-or-later
//
// What two sentences of one report must not say of the same thing.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "analyze/judge/warnings.h"
#include "tests/unit/analyze/scenario.h"
#include "tests/unit/analyze/sections/made.h"

static void test_what_is_not_shown_is_not_recommended(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  struct recommendation *chosen = &made->results.recommendation;
  chosen->state = RECOMMENDATION_UNDECIDED;
  chosen->cell = 3;
  chosen->repeat = 7;
  chosen->candidates = malloc(2 * sizeof *chosen->candidates);
  chosen->candidates[0] = 3;
  chosen->candidates[1] = 2;
  chosen->candidate_count = 2;
  const char *report = made_report(made, LANG_EN);
  HAS(report, "no configuration is shown to be within 5% of the best tested");
  HAS(report, "Any of these may be the best (workers×batch): 8×16, 8×8.");
  HAS(report, "About 7 repetitions of each would decide.");
  LACKS(report, "Recommendation:");
  LACKS(report, "is recommended");
  const char *russian = made_report(made, LANG_RU);
  HAS(russian, "Решат примерно 7 повторов каждой");
  LACKS(russian, "Рекомендация:");
  chosen->repeat = -1;
  HAS(made_report(made, LANG_EN), "More than 100 repetitions of each would be needed");
}

// Where levels are compared while all their workers are busy, no mark and no sentence ranks whole batches.
static void test_steady_levels_are_not_ranked_by_whole_batches(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  made->results.recommendation.steady = true;
  made->results.workers[0].steady.throughput = (struct estimate){130, 128, 132};
  made->results.workers[1].steady.throughput = (struct estimate){210, 208, 212};
  const char *report = made_report(made, LANG_EN);
  LACKS(report, "among the best");
  LACKS(report, "cannot be told apart");
  LACKS(report, "| highest");
  HAS(report, "has the highest throughput over whole batches, ");
  HAS(report, "From 4 to 8 workers throughput rises: 130");
  HAS(report, "**200**★");
  HAS(report, "These rates are of whole batches");
  report = made_report(made, LANG_RU);
  LACKS(report, "неотличим");
  LACKS(report, "среди лучших");
  made->results.recommendation.state = RECOMMENDATION_NONE;
  report = made_report(made, LANG_EN);
  HAS(report, "This is the highest over whole batches, not a recommendation");
  LACKS(report, "**204**");
}

static void test_the_next_level_up_has_its_gain_and_its_cost(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  struct recommendation *chosen = &made->results.recommendation;
  chosen->next_up = 4;
  chosen->next_up_ratio = (struct estimate){1.009, 1.002, 1.016};
  made->results.cells[2].ttft_s.p50 = made->results.cells[2].ttft_s.p95 = (struct estimate){0.0046, NAN, NAN};
  made->results.cells[2].latency_s.p50 = made->results.cells[2].latency_s.p95 =
      (struct estimate){1.5, NAN, NAN};
  made->results.cells[4].ttft_s.p95 = (struct estimate){0.112, NAN, NAN};
  const char *report = made_report(made, LANG_EN);
  HAS(report, "has 1.009 [1.002, 1.016] times this throughput; its time to first token p95 is 112 ms instead "
              "of 4.60 ms.");
  HAS(report, "Time to first token (TTFT) p50 / p95: 4.60 / 4.60 ms. Latency p50 / p95: 1.50 / 1.50 s.");
}

static void test_rejected_models_are_said_once_and_hold_nowhere(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  made_with_curve(&made->results);
  made->results.curve.gate_failed = true;
  made->results.curve.lack_of_fit_p = 5.16e-5;
  struct warning warning = warnings_new(WARNING_LACK_OF_FIT);
  warning.value = made->results.curve.lack_of_fit_p;
  assert_int_equal(warnings_add(&made->results, &warning), STATUS_OK);
  const char *report = made_brief(made, LANG_EN);
  HAS(report, "no model\nfits (p < 0.001)");
  LACKS(report, "No curve describes");
  struct buf sentence = {0}; // a script gets it all the same
  assert_int_equal(chapters_warning_text(&made->results, LANG_EN, made->results.warning_count - 1, &sentence),
                   STATUS_OK);
  HAS(buf_text(&sentence), "No curve describes the points (lack of fit, p < 0.001)");
  buf_free(&sentence);
}

static void test_too_few_n_are_told_from_models_that_did_not_converge(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  made_with_curve(&made->results);
  struct curve *curve = &made->results.curve;
  curve->selected = SIZE_MAX;
  HAS(made_report(made, LANG_EN), "No capacity curve: no model converged on the points.");
  curve->points[0].n = curve->points[1].n = curve->points[2].n;
  curve->point_count = 3;
  HAS(made_report(made, LANG_EN), "No capacity curve: the points have 1 value of n, too few for any model.");
  curve->points[2].n++;
  HAS(made_report(made, LANG_EN), "the points have 2 different values of n");
  HAS(made_report(made, LANG_RU), "Кривой нет: разных n у точек — 2, для модели этого мало.");
}

static void test_where_all_failed_no_interval_is_spoken_of_and_the_classes_are_named(void **state) {
  struct made *made = *state;
  struct scenario s;
  scenario_run(&s, SCENARIO_HEADER(
                       "1", "") "{\"type\":\"batch\",\"session\":0,\"workers\":2,\"batch\":4,\"rep\":0,"
                                "\"start_s\":1,\"total_s\":2,\"requests\":4,\"failed\":4,\"output_tokens\":0,"
                                "\"errors\":{\"http_5xx\":3,\"reset\":1}}\n" SCENARIO_END);
  assert_non_null(scenario_warning(&s, WARNING_ALL_FAILED));
  assert_null(scenario_warning(&s, WARNING_ONE_SESSION));
  struct results own = made->results;
  made->results = s.results;
  const char *report = made_report(made, LANG_EN);
  HAS(report, "**No recommendation:** no level gave a usable measurement.\n");
  HAS(report, "Failed requests by class: reset 1, http_5xx 3.");
  LACKS(report, "cold starts");
  made->results = own;
  scenario_free(&s);
}

static void test_a_run_of_which_nothing_can_be_used_says_so_first(void **state) {
  struct made *made = *state;
  fixture_start(&made->results, 0);
  struct warning warning = warnings_new(WARNING_INVALID_CLIENT);
  warning.count = 5;
  assert_int_equal(warnings_add(&made->results, &warning), STATUS_OK);
  const char *report = made_brief(made, LANG_EN),
             *answer = strstr(report, "No answer: nothing that was measured");
  assert_non_null(answer);
  assert_true(answer < strstr(report, "5 batches left out"));
  HAS(made_brief(made, LANG_RU), "Ответа нет");
}

static void test_numbers_stand_with_the_digits_of_their_intervals(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  fixture_cliff(&made->results, 4, 8, (struct estimate){0.1, 0.09996, 0.1002});
  struct warning warning = {.code = WARNING_CLIFF,
                            .workers = 4,
                            .batch = -1,
                            .count = 8,
                            .value = 0.1,
                            .lo = 0.09996,
                            .hi = 0.1002};
  assert_int_equal(warnings_add(&made->results, &warning), STATUS_OK);
  struct warning drift = warnings_new(WARNING_DRIFT);
  drift.value = -0.053, drift.lo = -0.069, drift.hi = -0.036;
  assert_int_equal(warnings_add(&made->results, &drift), STATUS_OK);
  const char *report = made_report(made, LANG_EN);
  HAS(report, "throughput drops to 0.100 [0.100, 0.100] of what it was");
  HAS(report, "drifted during the run: −5.3% [−6.9, −3.6] from the first batch to the last");
}

#define ANSWER(index, ttft, latency, events)                                                                 \
  "{\"type\":\"request\",\"session\":0,\"workers\":2,\"batch\":4,\"rep\":0,\"index\":" index                 \
  ",\"intended_s\":1,\"sent_s\":1,\"ttft_s\":" ttft ",\"latency_s\":" latency                                \
  ",\"status\":200,\"output_tokens\":9,\"events\":" events ",\"error\":null}\n"
#define BATCH_OF_FOUR                                                                                        \
  "{\"type\":\"batch\",\"session\":0,\"workers\":2,\"batch\":4,\"rep\":0,\"start_s\":1,\"total_s\":2,"       \
  "\"requests\":4,\"failed\":0,\"output_tokens\":36,\"errors\":{}}\n"

static void test_a_time_to_first_token_that_is_the_latency_is_called_so(void **state) {
  struct made *made = *state;
  struct scenario s;
  scenario_run(&s,
               SCENARIO_HEADER("1", "") ANSWER("0", "0.1", "0.9", "9") ANSWER("1", "0.1", "0.9", "9")
                   ANSWER("2", "0.9", "0.9", "1") ANSWER("3", "0.1", "0.9", "8") BATCH_OF_FOUR SCENARIO_END);
  struct results own = made->results;
  made->results = s.results;
  HAS(made_report(made, LANG_EN), "25% of the answers came in one piece (not streamed)");
  made->results.one_piece = 0;
  LACKS(made_report(made, LANG_EN), "one piece");
  made->results = own;
  scenario_free(&s);
}

static void test_a_burst_is_no_test_of_a_number_of_workers(void **state) {
  (void)state;
  static const struct {
    const char *header;
    bool warned;
  } cases[] = {{",\"dispatch\":\"burst\"", true},
               {",\"dispatch\":\"pool\"", false},
               {",\"dispatch\":\"burst\",\"server\":\"serve {workers}\"", false}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct scenario s;
    char text[1000];
    snprintf(text, sizeof text, SCENARIO_HEADER("1", "%s") BATCH_OF_FOUR SCENARIO_END, cases[i].header);
    scenario_run(&s, text);
    assert_int_equal(scenario_warning(&s, WARNING_BURST) != NULL, cases[i].warned);
    scenario_free(&s);
  }
}

static void test_levels_in_grid_order_are_not_separable_from_drift(void **state) {
  static const char *const orders[] = {"random", "grid"};
  struct made *made = *state;
  for (size_t i = 0; i < 2; i++) {
    struct scenario s;
    char text[2000];
    snprintf(text, sizeof text,
             SCENARIO_HEADER("1", ",\"order\":\"%s\"") BATCH_OF_FOUR
             "{\"type\":\"batch\",\"session\":0,\"workers\":4,\"batch\":4,\"rep\":0,\"start_s\":4,"
             "\"total_s\":1,\"requests\":4,\"failed\":0,\"output_tokens\":36,\"errors\":{}}\n" SCENARIO_END,
             orders[i]);
    scenario_run(&s, text);
    assert_int_equal(scenario_warning(&s, WARNING_GRID_ORDER) != NULL, i);
    struct results own = made->results;
    made->results = s.results;
    if (i == 1) HAS(made_report(made, LANG_EN), "not separable from drift of the server");
    if (i == 1) HAS(made_report(made, LANG_RU), "неотделимы от дрейфа сервера");
    made->results = own;
    scenario_free(&s);
  }
}

// The first batch found the model not loaded: it gives a tenth of what the same work gives later.
static void test_a_first_batch_without_warm_up_is_cold_when_its_time_says_so(void **state) {
  (void)state;
  static const struct {
    const char *warmup, *first_total_s;
    unsigned cold;
  } cases[] = {{"0", "20", CELL_COLD}, {"0", "2.1", 0}, {"1", "20", 0}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct scenario s;
    char text[2000];
    snprintf(
        text, sizeof text,
        "{\"type\":\"run\",\"version\":1,\"start_unix_s\":1,\"seed\":1,\"warmup\":%s}\n"
        "{\"type\":\"batch\",\"session\":0,\"workers\":2,\"batch\":8,\"rep\":0,\"start_s\":1,\"total_s\":%s,"
        "\"requests\":8,\"failed\":0,\"output_tokens\":80,\"errors\":{}}\n"
        "{\"type\":\"batch\",\"session\":0,\"workers\":2,\"batch\":4,\"rep\":0,\"start_s\":30,\"total_s\":1,"
        "\"requests\":4,\"failed\":0,\"output_tokens\":40,\"errors\":{}}\n" SCENARIO_END,
        cases[i].warmup, cases[i].first_total_s);
    scenario_run(&s, text);
    assert_int_equal(scenario_cell(&s, 2, 8)->flags & CELL_COLD, cases[i].cold);
    assert_int_equal(scenario_cell(&s, 2, 4)->flags & CELL_COLD, 0);
    scenario_free(&s);
  }
}

static void test_one_point_beyond_a_bend_is_no_plateau(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  made_with_curve(&made->results);
  struct curve *curve = &made->results.curve;
  curve->has_optimum = false;
  curve->knee_n.estimate = 19;
  curve->knee_of_fit = true;
  curve->models[0].name = "plateau";
  curve->models[0].parameter_count = 2;
  curve->models[0].parameter_names[1] = "knee";
  curve->models[0].parameters[1] = (struct estimate){26, NAN, NAN}; // of n = 8, 16, 24, 32
  const char *report = made_report(made, LANG_EN);
  HAS(report,
      "throughput rises up to about n = 26; only n = 32 was measured beyond, so that it stays level there is "
      "not established");
  LACKS(report, "stays level from");
  LACKS(report, "Knee:");
  HAS(made_report(made, LANG_RU), "дальше измерено только n = 32");
}

// A line through two or three batch sizes fits whatever they are; how often each was repeated does not change
// that.
static void test_a_capacity_takes_four_batch_sizes_not_four_replicates(void **state) {
  (void)state;
  for (int sizes = 3; sizes <= 4; sizes++) {
    struct scenario s;
    struct buf text = {0};
    buf_append_text(&text, "workers,batch,total_s,tokens,rep\n");
    for (int size = 1; size <= sizes; size++) {
      for (int rep = 0; rep < 4; rep++)
        buf_printf(&text, "2,%d,%.4f,%d,%d\n", 2 * size, 0.5 + size * (1 + 0.001 * rep), 100 * size, rep);
    }
    scenario_run(&s, buf_text(&text));
    assert_int_equal(isfinite(s.results.workers[0].capacity.estimate), sizes == 4);
    scenario_free(&s);
    buf_free(&text);
  }
}

// What a script may find as a warning's code is what the schema of summary.json allows.
static void test_every_code_of_a_warning_is_in_the_schema(void **state) {
  (void)state;
  struct buf schema = {0};
  struct error error;
  if (buf_read_file(&schema, "traces/summary.schema.json", &error) != STATUS_OK) fail_msg("%s", error.text);
  for (size_t code = 0; code < WARNING_CODE_COUNT; code++) {
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\"", warning_code_names[code]);
    HAS(buf_text(&schema), quoted);
  }
  buf_free(&schema);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      MADE(test_what_is_not_shown_is_not_recommended),
      MADE(test_steady_levels_are_not_ranked_by_whole_batches),
      MADE(test_the_next_level_up_has_its_gain_and_its_cost),
      MADE(test_rejected_models_are_said_once_and_hold_nowhere),
      MADE(test_too_few_n_are_told_from_models_that_did_not_converge),
      MADE(test_where_all_failed_no_interval_is_spoken_of_and_the_classes_are_named),
      MADE(test_a_run_of_which_nothing_can_be_used_says_so_first),
      MADE(test_numbers_stand_with_the_digits_of_their_intervals),
      MADE(test_a_time_to_first_token_that_is_the_latency_is_called_so),
      cmocka_unit_test(test_a_burst_is_no_test_of_a_number_of_workers),
      MADE(test_levels_in_grid_order_are_not_separable_from_drift),
      cmocka_unit_test(test_a_first_batch_without_warm_up_is_cold_when_its_time_says_so),
      MADE(test_one_point_beyond_a_bend_is_no_plateau),
      cmocka_unit_test(test_a_capacity_takes_four_batch_sizes_not_four_replicates),
      cmocka_unit_test(test_every_code_of_a_warning_is_in_the_schema),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
