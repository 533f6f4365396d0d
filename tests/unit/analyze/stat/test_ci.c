// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/ci.h"

#include "tests/unit/analyze/stat/near.h"

static void test_interval_of_a_mean_on_either_scale(void **state) {
  const double values[] = {1, 2, 3}; // mean 2, sd 1, t(2) = 4.302653
  double powers[3];
  struct ci ci;
  struct error error;
  (void)state;
  assert_int_equal(ci_of_sample(SAMPLE(values), STAT_SCALE_LINEAR, NULL, 0.95, &ci, &error), STATUS_OK);
  assert_interval(ci, 2, 2 - 4.302653 / sqrt(3), 2 + 4.302653 / sqrt(3), 1e-6);
  for (size_t i = 0; i < 3; i++)
    powers[i] = exp(values[i]);
  assert_int_equal(ci_of_sample(SAMPLE(powers), STAT_SCALE_LN, NULL, 0.95, &ci, &error), STATUS_OK);
  assert_near(log(ci.estimate), 2, 1e-12);
  assert_near(log(ci.lo), 2 - 4.302653 / sqrt(3), 1e-6);
  assert_near(log(ci.hi), 2 + 4.302653 / sqrt(3), 1e-6);
}

static void test_given_spread_sets_the_width(void **state) {
  const double value[] = {100};
  struct ci ci;
  struct error error;
  (void)state;
  struct ci_spread known = {.sd = 0.02, .df = INFINITY};
  assert_int_equal(ci_of_sample(SAMPLE(value), STAT_SCALE_LN, &known, 0.95, &ci, &error), STATUS_OK);
  assert_interval(ci, 100, 100 * exp(-0.02 * 1.959964), 100 * exp(0.02 * 1.959964), 1e-4);
}

static void test_pool_weighs_variances_by_degrees_of_freedom(void **state) {
  const double a[] = {1, 3}, b[] = {10, 12, 14}, c[] = {7}; // variances 2 (df 1), 4 (df 2), none
  const struct ci_sample cells[] = {SAMPLE(a), SAMPLE(b), SAMPLE(c)};
  struct ci_pool pool;
  struct error error;
  (void)state;
  assert_int_equal(ci_pool_samples(cells, 3, STAT_SCALE_LINEAR, &pool, &error), STATUS_OK);
  assert_near(pool.spread.sd, sqrt((2 + 2 * 4) / 3.0), 1e-12);
  assert_near(pool.spread.df, 3, 0);
  assert_false(pool.different);
  assert_int_equal(pool.tested, 2);
}

// R's data set InsectSprays; its manual gives Bartlett's K-squared = 25.96, df = 5, p = 9.085e-05.
static void test_bartlett_agrees_with_r_on_insect_sprays(void **state) {
  const double counts[6][12] = {{10, 7, 20, 14, 14, 12, 10, 23, 17, 20, 14, 13},
                                {11, 17, 21, 11, 16, 14, 17, 17, 19, 21, 7, 13},
                                {0, 1, 7, 2, 3, 1, 2, 1, 3, 0, 1, 4},
                                {3, 5, 12, 6, 4, 3, 5, 5, 5, 5, 2, 4},
                                {3, 5, 3, 5, 3, 6, 1, 1, 3, 2, 6, 4},
                                {11, 9, 15, 22, 15, 16, 13, 10, 26, 26, 24, 13}};
  struct ci_sample cells[6];
  struct ci_pool pool;
  struct error error;
  (void)state;
  for (size_t i = 0; i < 6; i++)
    cells[i] = (struct ci_sample){counts[i], 12};
  assert_int_equal(ci_pool_samples(cells, 6, STAT_SCALE_LINEAR, &pool, &error), STATUS_OK);
  assert_near(pool.p, 9.085e-05, 0.001e-05);
  assert_true(pool.different);
}

static void test_cell_chooses_what_its_interval_stands_on(void **state) {
  const double calm[] = {100, 101, 99, 100.5}, wild[] = {100, 200, 60, 150}, single[] = {100},
               equal[] = {100, 100};
  struct ci_sample cells[] = {SAMPLE(calm), SAMPLE(wild), SAMPLE(single)};
  struct ci_pool pool;
  struct ci ci, own;
  enum ci_source source;
  struct error error;
  (void)state;
  assert_int_equal(ci_pool_samples(cells, 3, STAT_SCALE_LN, &pool, &error), STATUS_OK);
  assert_true(pool.different);
  assert_int_equal(ci_of_cell(cells[1], STAT_SCALE_LN, &pool, 0.95, &ci, &source, &error), STATUS_OK);
  assert_int_equal(ci_of_sample(cells[1], STAT_SCALE_LN, NULL, 0.95, &own, &error), STATUS_OK);
  assert_int_equal(source, CI_SOURCE_OWN); // it spreads more than the other
  assert_near(ci.hi, own.hi, 0);
  assert_int_equal(ci_of_cell(cells[0], STAT_SCALE_LN, &pool, 0.95, &ci, &source, &error), STATUS_OK);
  assert_int_equal(ci_of_sample(cells[0], STAT_SCALE_LN, NULL, 0.95, &own, &error), STATUS_OK);
  assert_int_equal(source, CI_SOURCE_OWN); // leans on the other as far as they agree: hardly
  assert_near(ci.hi, own.hi, 0.5);
  pool.different = false;
  assert_int_equal(ci_of_cell(cells[0], STAT_SCALE_LN, &pool, 0.95, &ci, &source, &error), STATUS_OK);
  assert_int_equal(source, CI_SOURCE_POOLED);
  assert_true(ci.hi > own.hi); // the wild cell's spread is in it
  assert_int_equal(ci_of_cell(cells[2], STAT_SCALE_LN, &pool, 0.95, &ci, &source, &error), STATUS_OK);
  assert_int_equal(source, CI_SOURCE_BORROWED);
  assert_int_equal(ci_of_cell(cells[2], STAT_SCALE_LN, NULL, 0.95, &ci, &source, &error), STATUS_OK);
  assert_int_equal(source, CI_SOURCE_NONE);
  assert_near(ci.estimate, 100, 1e-12);
  assert_true(isinf(ci.lo) && isinf(ci.hi));
  assert_int_equal(ci_of_cell(SAMPLE(equal), STAT_SCALE_LN, NULL, 0.95, &ci, &source, &error), STATUS_OK);
  assert_int_equal(source, CI_SOURCE_NONE); // two equal points have no spread, and no interval of width zero
}

static void test_clopper_pearson_agrees_with_r_and_closed_forms(void **state) {
  struct ci ci;
  struct error error;
  (void)state;
  assert_int_equal(ci_proportion(4, 10, 0.95, &ci, &error), STATUS_OK); // R: binom.test(4, 10)
  assert_interval(ci, 0.4, 0.1215523, 0.7376219, 1e-7);
  assert_int_equal(ci_proportion(1, 10, 0.95, &ci, &error), STATUS_OK);
  assert_interval(ci, 0.1, 0.002528579, 0.4450161, 1e-7);
  assert_int_equal(ci_proportion(0, 48, 0.95, &ci, &error), STATUS_OK);
  assert_interval(ci, 0, 0, 1 - pow(0.025, 1.0 / 48), 1e-9);
  assert_int_equal(ci_proportion(48, 48, 0.95, &ci, &error), STATUS_OK);
  assert_interval(ci, 1, pow(0.025, 1.0 / 48), 1, 1e-9);
  assert_int_equal(ci_proportion(1000000, 2000000, 0.95, &ci, &error), STATUS_OK);
  assert_interval(ci, 0.5, 0.5 - 1.96 * 0.5 / sqrt(2e6), 0.5 + 1.96 * 0.5 / sqrt(2e6), 1e-6);
  assert_refused(STATUS_USAGE, ci_proportion(0, 0, 0.95, &ci, &error));
  assert_refused(STATUS_USAGE, ci_proportion(3, 2, 0.95, &ci, &error));
}

static void test_values_without_an_answer_are_refused(void **state) {
  const double zero[] = {1, 0}, negative[] = {1, -2}, nan_value[] = {1, NAN}, inf_value[] = {1, INFINITY};
  const double one[] = {5}, equal[] = {5, 5}, good[] = {5, 6}, huge[] = {1e308, -1e308};
  struct ci ci;
  double mean;
  struct error error;
  (void)state;
  assert_refused(STATUS_NUMERIC, ci_of_sample(SAMPLE(zero), STAT_SCALE_LN, NULL, 0.95, &ci, &error));
  assert_refused(STATUS_NUMERIC, ci_of_sample(SAMPLE(negative), STAT_SCALE_LN, NULL, 0.95, &ci, &error));
  assert_refused(STATUS_NUMERIC, ci_of_sample(SAMPLE(nan_value), STAT_SCALE_LINEAR, NULL, 0.95, &ci, &error));
  assert_refused(STATUS_NUMERIC, ci_of_sample(SAMPLE(inf_value), STAT_SCALE_LINEAR, NULL, 0.95, &ci, &error));
  assert_refused(STATUS_NUMERIC, ci_of_sample(SAMPLE(huge), STAT_SCALE_LINEAR, NULL, 0.95, &ci, &error));
  assert_refused(STATUS_NUMERIC, ci_of_sample(SAMPLE(one), STAT_SCALE_LN, NULL, 0.95, &ci, &error));
  assert_refused(STATUS_NUMERIC, ci_of_sample(SAMPLE(equal), STAT_SCALE_LN, NULL, 0.95, &ci, &error));
  assert_refused(STATUS_NUMERIC,
                 ci_of_sample((struct ci_sample){one, 0}, STAT_SCALE_LN, NULL, 0.95, &ci, &error));
  assert_refused(STATUS_USAGE, ci_of_sample(SAMPLE(good), STAT_SCALE_LN, NULL, 1, &ci, &error));
  assert_refused(STATUS_USAGE, ci_of_sample(SAMPLE(good), STAT_SCALE_LN, NULL, NAN, &ci, &error));
  assert_refused(STATUS_NUMERIC, ci_geometric_mean(zero, 2, &mean, &error));
  assert_int_equal(ci_geometric_mean((const double[]){2, 8}, 2, &mean, &error), STATUS_OK);
  assert_near(mean, 4, 1e-12);
}

// Cells that are copies of each other say nothing that one of them does not.
static void test_cells_that_share_everything_weigh_as_one(void **state) {
  enum { COPIES = 4, CELLS = 6 };
  static const double values[CELLS][3] = {{100, 101, 99},   {90, 93, 88},      {80, 80.5, 79},
                                          {70, 72.6, 66.7}, {60, 60.5, 59.85}, {50, 52, 49}};
  struct ci_sample once[CELLS], copied[CELLS * COPIES];
  struct ci_pool one, many;
  (void)state;
  for (size_t i = 0; i < (size_t)CELLS * COPIES; i++)
    copied[i] = once[i % CELLS] = (struct ci_sample){values[i % CELLS], 3};
  assert_int_equal(ci_pool_samples(once, CELLS, STAT_SCALE_LN, &one, NULL), STATUS_OK);
  assert_int_equal(ci_pool_samples(copied, (size_t)CELLS * COPIES, STAT_SCALE_LN, &many, NULL), STATUS_OK);
  assert_false(one.different);
  assert_true(many.different); // taken for independent, they cry
  double own = many.spread.df;
  ci_pool_depend(&many, own); // independent after all: nothing changes
  assert_true(many.different);
  ci_pool_depend(&many, own / COPIES);
  assert_near(many.spread.sd, one.spread.sd, 1e-12);
  assert_near(many.spread.df, one.spread.df, 1e-12);
  assert_near(many.p, one.p, 0.01);
  assert_false(many.different);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_interval_of_a_mean_on_either_scale),
      cmocka_unit_test(test_given_spread_sets_the_width),
      cmocka_unit_test(test_pool_weighs_variances_by_degrees_of_freedom),
      cmocka_unit_test(test_bartlett_agrees_with_r_on_insect_sprays),
      cmocka_unit_test(test_cell_chooses_what_its_interval_stands_on),
      cmocka_unit_test(test_clopper_pearson_agrees_with_r_and_closed_forms),
      cmocka_unit_test(test_values_without_an_answer_are_refused),
      cmocka_unit_test(test_cells_that_share_everything_weigh_as_one),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
