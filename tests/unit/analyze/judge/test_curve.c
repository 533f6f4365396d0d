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

#include "tests/unit/analyze/judge/usl_table.h"
#include "tests/unit/analyze/scenario.h"

static void test_full_waves_are_preferred_and_find_the_true_optimum(void **state) {
  static const int levels[] = {1, 2, 4, 8, 16, 24, 32, 48};
  struct buf text = {0};
  struct scenario s;
  (void)state;
  buf_append_text(&text, HEADER);
  for (size_t i = 0; i < 8; i++) {
    append_cell(&text, levels[i], levels[i], 1);
    append_cell(&text, levels[i], 3 * levels[i], 1);
    append_cell(&text, levels[i], 4 * levels[i], 1);
  }
  scenario_run(&s, buf_text(&text));
  const struct curve *curve = &s.results.curve;
  assert_string_equal(curve->kind, "full_waves");
  assert_int_equal(curve->point_count, 8);
  for (size_t i = 0; i < 8; i++) {
    assert_int_equal(curve->points[i].batch, 4 * levels[i]); // the longest of each level
    scenario_near("n is the workers", curve->points[i].n, levels[i], 0);
  }
  assert_true(curve->has_optimum);
  scenario_near("n*", curve->optimum_n.estimate, 24, 1e-3);
  scenario_near("X*", curve->optimum_throughput.estimate, 355, 1e-3);
  assert_true(curve->optimum_established);
  assert_false(curve->optimum_edge);
  scenario_free(&s);
  buf_free(&text);
}

static void test_single_waves_serve_where_full_waves_are_few(void **state) {
  struct buf text = {0};
  struct scenario s;
  (void)state;
  buf_append_text(&text, HEADER);
  for (int b = 2; b <= 32; b *= 2)
    append_cell(&text, 32, b, 1);
  append_cell(&text, 32, 96, 1);
  append_cell(&text, 16, 24, 0.5); // a partial wave has no place in either
  scenario_run(&s, buf_text(&text));
  assert_string_equal(s.results.curve.kind, "single_wave");
  assert_int_equal(s.results.curve.point_count, 5);
  for (size_t i = 0; i < 5; i++)
    scenario_near("n is the batch", s.results.curve.points[i].n, (double)(2u << i), 0);
  scenario_free(&s);
  buf_free(&text);
}

static void test_points_beyond_a_cliff_stay_out(void **state) {
  struct buf text = {0};
  struct scenario s;
  (void)state;
  buf_append_text(&text, HEADER);
  for (int w = 1; w <= 32; w *= 2) {
    append_cell(&text, w, 4 * w, w == 32 ? 0.3 : 1);
    append_cell(&text, w, 128, w == 32 ? 0.3 : 1);
    append_cell(&text, w, 256, w == 32 ? 0.301 : 1);
  }
  scenario_run(&s, buf_text(&text));
  assert_int_equal(s.results.cliff_count, 1);
  assert_false(s.results.cliffs[0].possible);
  assert_int_equal(s.results.cliffs[0].from, 16);
  assert_int_equal(s.results.cliffs[0].to, 32);
  for (size_t i = 0; i < s.results.curve.point_count; i++)
    assert_true(s.results.curve.points[i].n < 32);
  scenario_free(&s);
  buf_free(&text);
}

// One batch in common, measured once: what a drop of one pair is worth nobody knows.
static void test_a_drop_of_one_pair_without_a_spread_is_only_possible(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s, HEADER "4,8,1,1000,8,0\n8,8,1,673,8,0\n");
  assert_int_equal(s.results.cliff_count, 1);
  assert_true(s.results.cliffs[0].possible);
  assert_true(isnan(s.results.cliffs[0].ratio.hi));
  assert_null(scenario_warning(&s, WARNING_CLIFF));
  assert_non_null(scenario_warning(&s, WARNING_CLIFF_POSSIBLE));
  size_t beyond = 0;
  for (size_t i = 0; i < s.results.curve.point_count; i++)
    beyond += s.results.curve.points[i].workers == 8;
  assert_int_equal(beyond, 1); // nothing is fitted below a drop that may be chance
  scenario_free(&s);
}

// Two cells of two replicates each, exp(+-0.01) around 1000 and 500: s^2 = 2e-4 with 2 df, so that each half
// width is t(2) 0.01 and that of the ratio sqrt(2) of it; t(2) = 4.302653.
static void test_a_drop_of_one_pair_is_established_by_its_replicates(void **state) {
  struct buf text = {0};
  struct scenario s;
  (void)state;
  buf_append_text(&text, HEADER);
  for (int r = -1; r <= 1; r += 2) {
    buf_printf(&text, "4,8,%.17g,1000,8,0\n", exp(-0.01 * r));
    buf_printf(&text, "8,8,%.17g,500,8,0\n", exp(0.01 * r));
  }
  scenario_run(&s, buf_text(&text));
  assert_int_equal(s.results.cliff_count, 1);
  assert_false(s.results.cliffs[0].possible);
  double half = 4.302653 * 0.01 * sqrt(2);
  scenario_near("ratio", s.results.cliffs[0].ratio.estimate, 0.5, 1e-12);
  scenario_near("lo", s.results.cliffs[0].ratio.lo, 0.5 * exp(-half), 1e-6);
  scenario_near("hi", s.results.cliffs[0].ratio.hi, 0.5 * exp(half), 1e-6);
  assert_non_null(scenario_warning(&s, WARNING_CLIFF));
  scenario_free(&s);
  buf_free(&text);
}

// Whoever may be the best is not warned of: at batch 8 eight workers lose a third, but sixteen are as good as
// four.
static void test_no_cliff_is_established_before_a_cell_that_may_be_the_best(void **state) {
  struct scenario s;
  (void)state;
  struct analysis_options options = scenario_options();
  options.sigma = (struct ci_spread){0.01, INFINITY};
  scenario_run_with(&s, HEADER "4,8,1,1000,8,0\n4,24,1,990,24,0\n8,8,1,670,8,0\n16,16,1,995,16,0\n",
                    &options);
  assert_int_equal(s.results.cliff_count, 1);
  assert_int_equal(s.results.cliffs[0].to, 8);
  assert_true(s.results.cliffs[0].ratio.hi < 1);
  assert_true(scenario_cell(&s, 16, 16)->in_best_set);
  assert_true(s.results.cliffs[0].possible);
  scenario_free(&s);
}

static void test_a_level_that_fails_altogether_is_a_cliff(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s, HEADER "1,4,1,100,4,0\n1,8,1,100,8,0\n2,4,1,0,4,4\n2,8,1,0,8,8\n");
  assert_int_equal(s.results.cliff_count, 1);
  assert_true(s.results.cliffs[0].total);
  scenario_near("ratio", s.results.cliffs[0].ratio.estimate, 0, 0);
  assert_int_equal(s.results.step_count, 1);
  assert_true(s.results.steps[0].total);
  assert_non_null(scenario_warning(&s, WARNING_FAILED_LEVEL));
  assert_null(scenario_warning(&s, WARNING_CLIFF)); // one sentence is enough
  scenario_free(&s);
}

static void test_levels_without_a_common_batch_are_compared_by_their_largest(void **state) {
  struct scenario s;
  (void)state;
  scenario_run(&s, HEADER "2,6,1,100,6,0\n2,8,1,110,8,0\n4,12,1,190,12,0\n8,24,1,95,24,0\n");
  assert_int_equal(s.results.step_count, 2);
  scenario_near("2 to 4", s.results.steps[0].ratio.estimate, 190.0 / 110, 1e-12);
  assert_true(isnan(s.results.steps[0].ratio.lo) && isnan(s.results.steps[0].ratio.hi));
  assert_int_equal(s.results.cliff_count, 1);
  assert_int_equal(s.results.cliffs[0].from, 4);
  scenario_near("4 to 8", s.results.cliffs[0].ratio.estimate, 0.5, 1e-12);
  scenario_free(&s);
}

static void test_open_loop_is_a_curve_of_its_own(void **state) {
  struct buf text = {0};
  struct scenario s;
  (void)state;
  buf_append_text(&text, SCENARIO_HEADER("1", ",\"timing\":\"rate\""));
  for (int i = 0; i < 6; i++) {
    double n = 2 << i;
    buf_printf(&text,
               "{\"type\":\"batch\",\"session\":0,\"workers\":null,\"batch\":null,\"rep\":%d,\"start_s\":%d,"
               "\"total_s\":100,\"requests\":50,\"failed\":0,\"output_tokens\":%.0f,\"timing\":\"rate\","
               "\"rate\":%d,\"in_flight_mean\":%g}\n",
               i, i * 100, 100 * usl_throughput(n), 5 + i, n);
  }
  buf_append_text(&text, SCENARIO_END);
  scenario_run(&s, buf_text(&text));
  assert_string_equal(s.results.curve.kind, "open_loop");
  assert_int_equal(s.results.load_count, 6);
  assert_int_equal(s.results.cell_count, 0);
  assert_null(scenario_warning(&s, WARNING_ALL_FAILED));
  scenario_near("n*", s.results.curve.optimum_n.estimate, 24, 0.1);
  scenario_free(&s);
  buf_free(&text);
}

static void test_one_point_and_equal_points_give_no_curve_and_no_nonsense(void **state) {
  static const char *const texts[] = {HEADER "4,4,1,100,4,0\n", HEADER "4,4,1,100,4,0\n4,4,1,100,4,0\n",
                                      HEADER "1,3,1,100,3,0\n2,6,1,100,6,0\n"};
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct scenario s;
    scenario_run(&s, texts[i]);
    assert_int_equal(s.results.curve.model_count, 0);
    assert_true(s.results.curve.selected == SIZE_MAX);
    assert_false(s.results.curve.has_optimum);
    assert_true(s.results.best.exists);
    scenario_free(&s);
  }
}

static void test_each_replicate_is_a_point(void **state) {
  struct buf text = {0};
  struct scenario s;
  (void)state;
  buf_append_text(&text, HEADER);
  for (int w = 1; w <= 32; w *= 2) {
    append_cell(&text, w, 4 * w, 1.01);
    append_cell(&text, w, 4 * w, 0.99);
  }
  scenario_run(&s, buf_text(&text));
  assert_int_equal(s.results.curve.point_count, 12);
  assert_false(s.results.curve.gate_failed);
  assert_true(s.results.curve.lack_of_fit_p >= 0);
  assert_true(s.results.curve.band_count == 100);
  scenario_free(&s);
  buf_free(&text);
}

#define LOAD(rep, rate, n, tokens)                                                                           \
  "{\"type\":\"batch\",\"session\":0,\"workers\":null,\"batch\":null,\"rep\":" #rep ",\"start_s\":" #rep "," \
  "\"total_s\":10,\"requests\":50,\"failed\":0,\"output_tokens\":" #tokens                                   \
  ",\"timing\":\"rate\",\"rate\":" #rate ",\"in_flight_mean\":" #n "}\n"

static void test_fewer_than_four_rates_are_no_curve(void **state) {
  static const struct {
    const char *text;
    size_t points;
  } cases[] = {
      {LOAD(0, 5, 7.5, 1000) LOAD(1, 5, 7.6, 1010), 0},
      {LOAD(0, 5, 4, 1000) LOAD(1, 10, 8, 1500) LOAD(2, 20, 30, 1200) LOAD(3, 20, 31, 1210), 0},
      {LOAD(0, 5, 4, 1000) LOAD(1, 10, 8, 1500) LOAD(2, 20, 30, 1200) LOAD(3, 40, 90, 1100), 4},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct scenario s;
    struct buf text = {0};
    buf_printf(&text, "%s%s%s", SCENARIO_HEADER("1", ",\"timing\":\"rate\""), cases[i].text, SCENARIO_END);
    scenario_run(&s, buf_text(&text));
    assert_int_equal(s.results.curve.exists, cases[i].points > 0);
    assert_int_equal(s.results.curve.point_count, cases[i].points);
    assert_null(scenario_warning(&s, WARNING_FEW_LEVELS));
    scenario_free(&s);
    buf_free(&text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_full_waves_are_preferred_and_find_the_true_optimum),
      cmocka_unit_test(test_single_waves_serve_where_full_waves_are_few),
      cmocka_unit_test(test_points_beyond_a_cliff_stay_out),
      cmocka_unit_test(test_a_drop_of_one_pair_without_a_spread_is_only_possible),
      cmocka_unit_test(test_a_drop_of_one_pair_is_established_by_its_replicates),
      cmocka_unit_test(test_no_cliff_is_established_before_a_cell_that_may_be_the_best),
      cmocka_unit_test(test_a_level_that_fails_altogether_is_a_cliff),
      cmocka_unit_test(test_levels_without_a_common_batch_are_compared_by_their_largest),
      cmocka_unit_test(test_open_loop_is_a_curve_of_its_own),
      cmocka_unit_test(test_one_point_and_equal_points_give_no_curve_and_no_nonsense),
      cmocka_unit_test(test_each_replicate_is_a_point),
      cmocka_unit_test(test_fewer_than_four_rates_are_no_curve),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
