// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analyze/judge/curve.h"
#include "tests/unit/analyze/judge/usl_table.h"
#include "tests/unit/analyze/scenario.h"

// One replicate of the fifth level is 20 % too slow: it is named, it stays in the fit, and without its weight
// the peak lies where it belongs.
static void test_a_point_far_off_is_named_and_kept(void **state) {
  (void)state;
  static const int levels[] = {1, 2, 4, 8, 16, 24, 32, 48};
  struct buf text = {0};
  struct scenario s;
  (void)state;
  buf_append_text(&text, HEADER);
  for (size_t i = 0; i < 8; i++) {
    append_cell(&text, levels[i], 4 * levels[i], i % 2 ? 1.004 : 0.997);
    append_cell(&text, levels[i], 4 * levels[i], 1.002);
    append_cell(&text, levels[i], 4 * levels[i], levels[i] == 16 ? 0.8 : i % 3 ? 0.998 : 1.001);
  }
  scenario_run(&s, buf_text(&text));
  const struct curve *curve = &s.results.curve;
  assert_int_equal(curve->point_count, 24);
  assert_int_equal(curve->outlier_count, 1);
  const struct warning *warning = scenario_warning(&s, WARNING_OUTLIER);
  if (!warning) fail_msg("no warning");
  assert_int_equal(warning->workers, 16);
  assert_int_equal(warning->batch, 64);
  scenario_near("deviation", warning->value, -0.2, 0.05);
  assert_true(curve->has_robust);
  scenario_near("robust n*", curve->robust_n, 24, 0.3);
  scenario_near("robust X*", curve->robust_throughput, 355, 1);
  assert_true(fabs(curve->optimum_throughput.estimate - 355) > 2); // the plain fit is pulled by it
  scenario_free(&s);
  buf_free(&text);
}

// With fewer points than CURVE_MIN_ROBUST their own spread is not known: nothing is flagged.
static void test_few_points_have_no_outlier(void **state) {
  (void)state;
  struct curve curve = {0};
  struct fit_result fit = {0};
  struct error error;
  double n[CURVE_MIN_ROBUST] = {1, 2, 4, 8}, throughput[CURVE_MIN_ROBUST] = {1, 2, 4, 800};
  assert_int_equal(curve_look_again(MODELS_USL, n, throughput, 0, CURVE_MIN_ROBUST - 1, &fit, &curve, &error),
                   STATUS_OK);
  assert_int_equal(curve.outlier_count, 0);
  assert_false(curve.has_robust);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_point_far_off_is_named_and_kept),
      cmocka_unit_test(test_few_points_have_no_outlier),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
