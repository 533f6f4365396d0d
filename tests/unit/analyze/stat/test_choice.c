// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/choice.h"
#include "tests/unit/analyze/stat/near.h"

static void test_aicc_follows_its_formula_and_refuses_too_few_points(void **state) {
  (void)state;
  struct fit_result fit = {.count = 10, .parameters = 2, .rss = 5};
  struct error error;
  double aicc, weights[3];
  (void)state;
  assert_int_equal(choice_aicc(&fit, &aicc, &error), STATUS_OK);
  assert_near(aicc, 10 * log(0.5) + 6 + 24.0 / 6, 1e-12);
  fit.count = 5; // K + 2 with K = 3
  assert_int_equal(choice_aicc(&fit, &aicc, &error), STATUS_OK);
  fit.count = 4;
  assert_refused(STATUS_NUMERIC, choice_aicc(&fit, &aicc, &error));
  assert_int_equal(choice_weights((const double[]){-20, -18, NAN}, 3, weights, &error), STATUS_OK);
  assert_near(weights[0], 1 / (1 + exp(-1)), 1e-12);
  assert_near(weights[1], exp(-1) / (1 + exp(-1)), 1e-12);
  assert_near(weights[2], 0, 0);
  assert_refused(STATUS_NUMERIC, choice_weights((const double[]){NAN, INFINITY}, 2, weights, &error));
}

static void test_average_carries_the_disagreement_of_models(void **state) {
  (void)state;
  double mean, se;
  struct error error;
  (void)state;
  assert_int_equal(choice_average((const double[]){10, 14, NAN}, (const double[]){3, 0, 0},
                                  (const double[]){0.5, 0.5, 0}, 3, &mean, &se, &error),
                   STATUS_OK);
  assert_near(mean, 12, 1e-12);
  assert_near(se, 0.5 * sqrt(9 + 4) + 0.5 * 2, 1e-12);
  assert_refused(STATUS_NUMERIC, choice_average((const double[]){NAN}, (const double[]){1},
                                                (const double[]){1}, 1, &mean, &se, &error));
}

static void test_aicc_of_an_exact_fit_and_averages_without_weight_are_refused(void **state) {
  (void)state;
  struct fit_result exact = {.count = 10, .parameters = 2, .rss = 0};
  struct error error;
  double aicc, mean, se;
  assert_refused(STATUS_NUMERIC, choice_aicc(&exact, &aicc, &error));
  assert_refused(STATUS_NUMERIC, choice_average((const double[]){1, 2}, (const double[]){0, 0},
                                                (const double[]){0, 0}, 2, &mean, &se, &error));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_aicc_follows_its_formula_and_refuses_too_few_points),
      cmocka_unit_test(test_average_carries_the_disagreement_of_models),
      cmocka_unit_test(test_aicc_of_an_exact_fit_and_averages_without_weight_are_refused),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
