// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/analyze/judge/usl_table.h"
#include "tests/unit/analyze/scenario.h"

static void test_lack_of_fit_forbids_an_optimum(void **state) {
  (void)state;
  static const int levels[] = {1, 2, 4, 8, 16, 24, 32, 48};
  // Steps that no smooth curve follows, with replicates that are far more alike than that.
  static const double kinks[] = {1, 0.7, 1.3, 0.7, 1.3, 0.7, 1.3, 0.7};
  struct buf text = {0};
  struct scenario s;
  (void)state;
  buf_append_text(&text, HEADER);
  for (size_t i = 0; i < 8; i++) {
    append_cell(&text, levels[i], 4 * levels[i], kinks[i]);
    append_cell(&text, levels[i], 4 * levels[i], kinks[i] * 1.002);
    append_cell(&text, levels[i], 4 * levels[i], kinks[i] * 0.998);
  }
  scenario_run(&s, buf_text(&text));
  const struct curve *curve = &s.results.curve;
  assert_true(curve->gate_failed);
  assert_false(curve->has_optimum);
  assert_true(curve->selected == SIZE_MAX);
  assert_true(curve->lack_of_fit_p < 0.01);
  assert_false(curve->knee_of_fit);
  scenario_near("the knee is the cells'", curve->knee_n.estimate, 16, 0); // 1 % below n = 32, the largest
  assert_non_null(scenario_warning(&s, WARNING_LACK_OF_FIT));
  scenario_free(&s);
  buf_free(&text);
}

// Small n that do not follow the rest are no reason to leave them out: nothing else is known to hold for
// them.
static void test_a_kink_is_not_cut_away(void **state) {
  static const int levels[] = {1, 2, 4, 8, 12, 16, 24, 32, 48};
  struct buf text = {0};
  struct scenario s;
  (void)state;
  buf_append_text(&text, HEADER);
  for (size_t i = 0; i < 9; i++) {
    for (int r = -1; r <= 1; r++)
      append_cell(&text, levels[i], 4 * levels[i], (levels[i] < 8 ? 1.2 : 1) * (1 + 0.01 * r));
  }
  scenario_run(&s, buf_text(&text));
  assert_true(s.results.curve.gate_failed);
  assert_false(s.results.curve.has_optimum);
  assert_true(s.results.curve.range_lo == 1);
  scenario_free(&s);
  buf_free(&text);
}

// Few noisy points that several families describe: the band is an average of them, and wider than one alone.
static void test_a_band_averages_models_that_cannot_be_told_apart(void **state) {
  (void)state;
  static const int levels[] = {1, 2, 4, 8, 16, 24};
  static const double factors[] = {1.03, 0.96, 1.02, 0.98, 1.03, 0.99};
  struct analysis_options options = scenario_options();
  struct buf text = {0};
  struct scenario one, all;
  (void)state;
  buf_append_text(&text, HEADER);
  for (size_t i = 0; i < 6; i++)
    append_cell(&text, levels[i], 4 * levels[i], factors[i]);
  options.models[0] = MODELS_HYPERBOLIC;
  scenario_run_with(&one, buf_text(&text), &options);
  assert_false(one.results.curve.band_averaged);
  options.models[1] = MODELS_EXPONENTIAL;
  options.model_count = 2;
  scenario_run_with(&all, buf_text(&text), &options);
  const struct curve *curve = &all.results.curve;
  double weight = curve->models[0].weight;
  assert_true(curve->band_averaged);
  assert_true(weight > 0.1 && weight < 0.9);
  const struct curve_model *models = curve->models;
  for (size_t i = 0; i < curve->band_count; i += 33) {
    double n = curve->band[i].n;
    double by_hyperbolic = models[0].parameters[0].estimate * n / (models[0].parameters[1].estimate + n);
    double by_exponential = models[1].parameters[0].estimate * -expm1(-models[1].parameters[1].estimate * n);
    double expected = weight * log(by_hyperbolic) + (1 - weight) * log(by_exponential);
    scenario_near("the average", log(curve->band[i].throughput), expected, 1e-9);
    assert_true(curve->band[i].lo < curve->band[i].throughput &&
                curve->band[i].throughput < curve->band[i].hi);
  }
  scenario_free(&one);
  scenario_free(&all);
  buf_free(&text);
}

static void test_three_levels_establish_no_optimum_and_say_so(void **state) {
  (void)state;
  static const int levels[] = {4, 16, 64, 24};
  (void)state;
  for (size_t count = 3; count <= 4; count++) {
    struct buf text = {0};
    struct scenario s;
    buf_append_text(&text, HEADER);
    for (size_t i = 0; i < count; i++) {
      append_cell(&text, levels[i], 4 * levels[i], 1.01);
      append_cell(&text, levels[i], 4 * levels[i], 0.99);
    }
    scenario_run(&s, buf_text(&text));
    assert_true(s.results.curve.has_optimum);
    assert_int_equal(s.results.curve.optimum_established, count == 4);
    const struct warning *warning = scenario_warning(&s, WARNING_FEW_LEVELS);
    assert_int_equal(warning != NULL, count == 3);
    if (warning) assert_int_equal(warning->count, 3);
    scenario_free(&s);
    buf_free(&text);
  }
}

// X falls from n = 2 on: Michaelis and Menten with k = -0.65, which is a fit of that family and falls. A
// parabola in ln n that opens upwards has a low point and no peak. A line is no curve.
static void test_a_curve_that_falls_or_dips_has_no_optimum_and_is_named_so(void **state) {
  (void)state;
  static const double n[] = {2, 4, 8, 16, 32};
  struct analysis_options options = scenario_options();
  (void)state;
  for (int dips = 0; dips < 2; dips++) {
    struct buf text = {0};
    struct scenario s;
    options.models[0] = dips ? MODELS_QUADRATIC_LN : MODELS_HYPERBOLIC;
    buf_append_text(&text, HEADER);
    for (int i = 0; i < 5; i++) {
      double x = log(n[i] / 8), rate = dips ? 200 * exp(0.2 * x * x) : 210 * n[i] / (n[i] - 0.65);
      rate *= i % 2 ? 1.001 : 0.999;
      buf_printf(&text, "32,%g,%.17g,1000,%g,0\n", n[i], 1000 / rate, n[i]);
    }
    scenario_run_with(&s, buf_text(&text), &options);
    const struct curve *curve = &s.results.curve;
    assert_int_equal(curve->selected, 0);
    if (!dips) scenario_near("k", curve->models[0].parameters[1].estimate, -0.65, 0.02);
    assert_int_equal(curve->course, dips ? CURVE_DIPS : CURVE_FALLS);
    assert_false(curve->has_optimum);
    scenario_free(&s);
    buf_free(&text);
  }
}

static void test_two_different_n_are_no_curve(void **state) {
  (void)state;
  struct analysis_options options = scenario_options();
  struct scenario s;
  (void)state;
  options.models[0] = MODELS_HYPERBOLIC;
  scenario_run_with(&s, HEADER "4,2,1,310,2,0\n4,2,1,312,2,0\n4,4,1,250,4,0\n4,4,1,252,4,0\n", &options);
  assert_int_equal(s.results.curve.point_count, 4);
  assert_int_equal(s.results.curve.model_count, 0);
  scenario_free(&s);
}

// Rounding is no spread: every interval of a curve through such points would have a width of 0.
static void test_a_level_curve_has_no_optimum_and_equal_points_no_interval(void **state) {
  (void)state;
  static const char *const tables[] = {
      HEADER "4,12,24,2400,12,0\n4,12,24,2400,12,0\n8,24,48,4800,24,0\n8,24,48,4800,24,0\n"
             "16,48,96,9600,48,0\n16,48,96,9600,48,0\n32,96,192,19200,96,0\n",
      HEADER "4,12,24,2400,12,0\n4,12,24.1,2400,12,0\n8,24,48.3,4800,24,0\n8,24,48,4800,24,0\n"
             "16,48,96,9600,48,0\n16,48,95.8,9600,48,0\n32,96,191.5,19200,96,0\n"};
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    struct scenario s;
    scenario_run(&s, tables[i]);
    const struct curve *curve = &s.results.curve;
    assert_int_equal(curve->course, CURVE_LEVEL);
    assert_false(curve->has_optimum);
    assert_true(isnan(curve->knee_n.estimate));
    assert_true(isnan(curve->models[curve->selected].optimum_n));
    for (size_t p = 0; i == 0 && p < curve->models[0].parameter_count; p++)
      assert_true(isnan(curve->models[0].parameters[p].lo) && isnan(curve->models[0].standard_errors[p]));
    for (size_t b = 0; i == 0 && b < curve->band_count; b++)
      assert_true(isnan(curve->band[b].lo));
    scenario_free(&s);
  }
}

// Throughput as level as a step's top: a hill may be as steep as a cliff there, with an error without bounds.
static void test_a_band_stays_with_the_points_where_a_model_is_not_determined(void **state) {
  static const double by_level[][2] = {{16, 6395}, {32, 6445}, {64, 6441}, {128, 6440}};
  struct analysis_options options = scenario_options();
  struct buf text = {0};
  struct scenario s;
  (void)state;
  buf_append_text(&text, HEADER);
  for (size_t i = 0; i < 4; i++) {
    for (int rep = 0; rep < 3; rep++)
      buf_printf(&text, "%.0f,384,%.9f,%.0f,384,0\n", by_level[i][0],
                 1e6 / by_level[i][1] / (1 + 0.001 * (rep - 1)), 1e6);
  }
  for (options.model_count = 0; options.model_count < MODELS_COUNT; options.model_count++)
    options.models[options.model_count] = (enum models_id)options.model_count;
  scenario_run_with(&s, buf_text(&text), &options);
  const struct curve *curve = &s.results.curve;
  assert_true(curve->band_count > 0);
  for (size_t i = 0; i < curve->band_count; i++)
    assert_false(curve->band[i].hi > 2 * curve->band[i].throughput);
  scenario_free(&s);
  buf_free(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lack_of_fit_forbids_an_optimum),
      cmocka_unit_test(test_a_kink_is_not_cut_away),
      cmocka_unit_test(test_a_band_averages_models_that_cannot_be_told_apart),
      cmocka_unit_test(test_a_band_stays_with_the_points_where_a_model_is_not_determined),
      cmocka_unit_test(test_three_levels_establish_no_optimum_and_say_so),
      cmocka_unit_test(test_a_curve_that_falls_or_dips_has_no_optimum_and_is_named_so),
      cmocka_unit_test(test_two_different_n_are_no_curve),
      cmocka_unit_test(test_a_level_curve_has_no_optimum_and_equal_points_no_interval),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
