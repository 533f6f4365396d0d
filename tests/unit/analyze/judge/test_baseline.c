// SPDX-License-Identifier: GPL-3.0-or-later
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

#include "analyze/judge/baseline.h"
#include "lib/base/buf.h"
#include "tests/unit/analyze/scenario.h"

#define HEADER "workers,batch,total_s,tokens,requests,failed\n"

static const struct baseline_options OPTIONS = {
    .confidence = 0.95, .max_regression = 0.05, .session_sd = 0.02};

// Four repetitions of each of `count` levels: 100 tokens/s x ratio[i], one 1 % above and one 1 % below,
// turned about for every other level so that blocks are alike.
static char *table(const double *ratio, size_t count) {
  struct buf text = {0};
  buf_printf(&text, "workers,batch,total_s,tokens,rep\n");
  for (size_t i = 0; i < count; i++) {
    for (int rep = 0; rep < 4; rep++) {
      double tilt = (rep + (int)i) % 2 ? 1.005 : 0.995;
      buf_printf(&text, "%d,96,%.6f,1000,%d\n", 1 << i, 10 / ratio[i] / tilt, rep);
    }
  }
  char *copy = strdup(buf_text(&text));
  buf_free(&text);
  return copy;
}

static void load(struct load_data *data, const char *text) {
  struct error error;
  *data = (struct load_data){0};
  if (scenario_load(data, text, &error) || load_finish(data, &error)) fail_msg("%s", error.text);
}

static struct results compare(const char *before, const char *now, const struct baseline_options *options) {
  struct results results = {0};
  struct load_data data[2];
  struct error error;
  load(&data[0], before);
  load(&data[1], now);
  if (baseline_compare(&data[0], &data[1], options, &results.comparison, &error)) fail_msg("%s", error.text);
  load_free(&data[0]);
  load_free(&data[1]);
  return results;
}

static struct results compare_ratios(const double *ratio, size_t count) {
  const double ones[] = {1, 1, 1, 1, 1, 1};
  char *before = table(ones, count), *now = table(ratio, count);
  struct results results = compare(before, now, &OPTIONS);
  free(before);
  free(now);
  return results;
}

static void test_opposite_changes_are_mixed_and_a_regression(void **state) {
  const double ratio[] = {1.1, 1.1, 1.1, 0.9, 0.9, 0.89};
  struct results results = compare_ratios(ratio, 6);
  const struct comparison *c = &results.comparison;
  (void)state;
  assert_string_equal(c->verdict, "mixed");
  scenario_near("ratio", c->ratio.estimate, pow(1.1 * 1.1 * 1.1 * 0.9 * 0.9 * 0.89, 1.0 / 6), 1e-4);
  assert_true(c->uneven_p < 1e-6);
  assert_int_equal(c->cells[c->slowest].workers, 32);
  assert_true(c->cells[c->fastest].workers <= 4);
  assert_true(c->regressed);
  assert_int_equal(c->best_now.batch, 96);
  scenario_near("best", c->best_ratio.estimate, 1.1, 1e-4);
  results_free(&results);
}

static void test_one_change_for_all_is_not_mixed(void **state) {
  const double slower[] = {0.9, 0.9, 0.9}, equal[] = {1, 1, 1};
  struct results results = compare_ratios(slower, 3);
  (void)state;
  assert_string_equal(results.comparison.verdict, "slower");
  assert_true(results.comparison.uneven_p > 0.5 && results.comparison.regressed);
  results_free(&results);
  results = compare_ratios(equal, 3);
  assert_string_equal(results.comparison.verdict, "same");
  assert_false(results.comparison.regressed);
  assert_true(results.comparison.slowest == SIZE_MAX && results.comparison.fastest == SIZE_MAX);
  scenario_near("a table has no lives", results.comparison.session_sd, 0, 0);
  results_free(&results);
}

// One level, four batches of about 100 x `ratio` tokens/s.
static char *run_of(const char *start, bool managed, double ratio) {
  struct buf text = {0};
  buf_printf(&text, "{\"type\":\"run\",\"version\":1,\"start_unix_s\":%s,\"seed\":1,\"warmup\":1%s}\n", start,
             managed ? SCENARIO_MANAGED : "");
  for (int rep = 0; rep < 4; rep++) {
    int session = managed ? rep : 0;
    if (managed || rep == 0)
      buf_printf(&text, "{\"type\":\"session\",\"session\":%d,\"ready_s\":1}\n", session);
    buf_printf(
        &text,
        "{\"type\":\"batch\",\"session\":%d,\"workers\":2,\"batch\":4,\"rep\":%d,\"block\":%d,\"order\":%d,"
        "\"start_s\":%d,\"total_s\":%.6f,\"requests\":4,\"failed\":0,\"output_tokens\":1000,"
        "\"client\":{\"valid\":true}}\n",
        session, rep, rep, rep, rep * 20, 10 / ratio / (rep % 2 ? 1.005 : 0.995));
  }
  buf_printf(&text, SCENARIO_END);
  char *copy = strdup(buf_text(&text));
  buf_free(&text);
  return copy;
}

static void test_a_life_of_a_server_is_allowed_for(void **state) {
  (void)state;
  for (int managed = 0; managed < 2; managed++) {
    char *before = run_of("1", managed, 1), *now = run_of("2", managed, 0.948);
    struct results results = compare(before, now, &OPTIONS);
    assert_string_equal(results.comparison.verdict, managed ? "slower" : "undecided");
    scenario_near("allowed", results.comparison.session_sd, managed ? 0 : 0.02, 0);
    results_free(&results);
    free(before);
    free(now);
  }
}

// Two runs of four replicates in two cells, the second slower by `ratio`, spread about 1 %.
static void compare_runs(double ratio, double limit, const char *extra, struct comparison *out) {
  static const double noise[] = {1.01, 0.99, 1.005, 0.995};
  struct buf text[2] = {{0}, {0}};
  struct load_data data[2] = {LOAD_DATA, LOAD_DATA};
  struct error error = {0};
  for (int side = 0; side < 2; side++) {
    buf_append_text(&text[side], HEADER);
    for (int r = 0; r < 4; r++) {
      for (int w = 1; w <= 2; w++)
        buf_printf(&text[side], "%d,%d,1,%.0f,%d,0\n", w, w,
                   1e7 * w * noise[(r + w + side) % 4] * (side ? ratio : 1), w);
    }
    if (side == 1) buf_append_text(&text[side], extra);
    if (side == 0) buf_append_text(&text[side], "4,4,1,1000,4,0\n");
    if (scenario_load(&data[side], buf_text(&text[side]), &error) || load_finish(&data[side], &error)) {
      fail_msg("%s", error.text);
    }
    buf_free(&text[side]);
  }
  struct baseline_options options = {0.95, limit, 0};
  if (baseline_compare(&data[0], &data[1], &options, out, &error)) fail_msg("%s", error.text);
  load_free(&data[0]);
  load_free(&data[1]);
}

static void test_a_run_is_judged_against_its_baseline(void **state) {
  (void)state;
  static const struct {
    double ratio, limit;
    const char *verdict;
    bool regressed;
  } cases[] = {
      {0.90, 0.05, "slower", true}, // the whole interval is worse than -5 %
      {0.97, 0.05, "same", false},  // slower for certain, but by less than the limit
      {0.90, NAN, "slower", false}, // no limit, no regression
      {1.00, 0.05, "same", false},    {1.10, 0.05, "faster", false},
      {0.949, 0.05, "slower", false}, // about the limit: undecided about it
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct comparison comparison = {0};
    compare_runs(cases[i].ratio, cases[i].limit, "", &comparison);
    scenario_near("ratio", comparison.ratio.estimate, cases[i].ratio, 0.005 * cases[i].ratio);
    assert_string_equal(comparison.verdict, cases[i].verdict);
    if (comparison.regressed != cases[i].regressed)
      fail_msg("case %zu: regressed %d", i, comparison.regressed);
    assert_int_equal(comparison.cell_count, 2); // 4x4 is in the baseline alone
    assert_false(comparison.by_blocks);         // no column rep: rows are in no order
    free(comparison.cells);
    free(comparison.missing);
  }
}

static void test_a_cell_that_fails_now_is_a_regression_where_there_is_a_limit(void **state) {
  (void)state;
  struct comparison comparison = {0};
  (void)state;
  compare_runs(1.0, 0.05, "4,4,1,0,4,4\n", &comparison);
  assert_int_equal(comparison.cell_count, 3);
  assert_string_equal(comparison.cells[2].verdict, "failed");
  assert_true(comparison.regressed);
  free(comparison.cells);
  free(comparison.missing);
  comparison = (struct comparison){0};
  compare_runs(1.0, NAN, "4,4,1,0,4,4\n", &comparison);
  assert_false(comparison.regressed);
  free(comparison.cells);
  free(comparison.missing);
}

static void test_runs_without_a_common_cell_cannot_be_compared(void **state) {
  (void)state;
  struct load_data a = LOAD_DATA, b = LOAD_DATA;
  struct error error = {0};
  struct comparison comparison = {0};
  struct baseline_options options = {0.95, NAN, 0};
  (void)state;
  assert_int_equal(scenario_load(&a, HEADER "1,1,1,10,1,0\n", &error), STATUS_OK);
  assert_int_equal(scenario_load(&b, HEADER "2,2,1,10,2,0\n", &error), STATUS_OK);
  assert_int_equal(baseline_compare(&a, &b, &options, &comparison, &error), STATUS_FORMAT);
  assert_non_null(strstr(error.text, "in common"));
  free(comparison.cells);
  free(comparison.missing);
  load_free(&a);
  load_free(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_opposite_changes_are_mixed_and_a_regression),
      cmocka_unit_test(test_one_change_for_all_is_not_mixed),
      cmocka_unit_test(test_a_life_of_a_server_is_allowed_for),
      cmocka_unit_test(test_a_run_is_judged_against_its_baseline),
      cmocka_unit_test(test_a_cell_that_fails_now_is_a_regression_where_there_is_a_limit),
      cmocka_unit_test(test_runs_without_a_common_cell_cannot_be_compared),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
