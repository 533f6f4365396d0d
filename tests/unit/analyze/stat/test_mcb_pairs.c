// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/mcb.h"
#include "tests/unit/analyze/stat/near.h"

static const struct mcb_options OPTIONS = {.confidence = 0.95, .scale = STAT_SCALE_LN, .seed = 42};

// As analyze does: the spreads are pooled and tested first.
static enum status judge_pairs(const struct ci_sample *samples, size_t count, bool *in_set, double *regret,
                               struct mcb_result *result, struct error *error) {
  struct ci_pool pool;
  enum status status = ci_pool_samples(samples, count, STAT_SCALE_LN, &pool, error);
  if (status == STATUS_OK) status = mcb_pairs(samples, count, &pool, &OPTIONS, in_set, regret, result, error);
  return status;
}

// Ten thousandths beside a spread of ten percent: the noisy cell stays a candidate, and the quiet ones are
// told apart all the same.
static void test_pairs_have_their_own_spread(void **state) {
  static const double quiet[] = {100, 100.1, 99.9, 100.05, 99.95}, slower[] = {97, 97.1, 96.9, 97.05, 96.95},
                      wild[] = {110, 92, 101, 84, 118};
  const struct ci_sample samples[] = {{quiet, 5}, {slower, 5}, {wild, 5}};
  bool in_set[3] = {false};
  double regret[3] = {0};
  struct mcb_result result;
  struct error error;
  (void)state;
  assert_int_equal(judge_pairs(samples, 3, in_set, regret, &result, &error), STATUS_OK);
  assert_true(in_set[0] && in_set[2] && !in_set[1]);
  assert_true(regret[0] > 0.05); // the wild one may be far better
  assert_int_equal(judge_pairs(samples, 2, in_set, regret, &result, &error), STATUS_OK);
  assert_true(in_set[0] && !in_set[1]);
  assert_near(regret[0], 0, 1e-12);
}

// Where all variances are equal but for chance, the pairs stand on the pooled one.
static void test_pairs_of_equal_spreads_are_pooled(void **state) {
  static const double values[4][3] = {{100, 101, 99}, {100.5, 99.5, 101.5}, {98, 99, 100}, {101, 100, 99.2}};
  struct ci_sample samples[4];
  for (size_t i = 0; i < 4; i++)
    samples[i] = (struct ci_sample){values[i], 3};
  bool in_set[4];
  double regret[4];
  struct mcb_result result;
  struct error error;
  (void)state;
  assert_int_equal(judge_pairs(samples, 4, in_set, regret, &result, &error), STATUS_OK);
  assert_true(regret[1] < 0.035);
  assert_int_equal(result.set_size, 4);
}

static void test_a_single_value_without_a_pool_has_no_answer(void **state) {
  const double one[] = {100}, other[] = {101};
  const struct ci_sample samples[] = {{one, 1}, {other, 1}};
  bool in_set[2];
  double regret[2];
  struct mcb_result result;
  struct error error;
  (void)state;
  assert_refused(STATUS_NUMERIC, judge_pairs(samples, 2, in_set, regret, &result, &error));
}

static void test_no_cells_are_refused_and_one_is_the_best(void **state) {
  const double one[] = {100, 101};
  const struct ci_sample samples[] = {{one, 2}};
  bool in_set[1] = {false};
  double regret[1] = {9};
  struct ci_pool pool;
  struct mcb_result result;
  struct error error;
  (void)state;
  assert_int_equal(ci_pool_samples(samples, 1, STAT_SCALE_LN, &pool, &error), STATUS_OK);
  assert_refused(STATUS_USAGE, mcb_pairs(samples, 0, &pool, &OPTIONS, in_set, regret, &result, &error));
  assert_int_equal(mcb_pairs(samples, 1, &pool, &OPTIONS, in_set, regret, &result, &error), STATUS_OK);
  assert_true(in_set[0] && result.set_size == 1 && result.best == 0);
  assert_near(regret[0], 0, 0);
  assert_near(result.regret_bound, 0, 0);
}

static void test_values_that_the_scale_cannot_hold_are_refused(void **state) {
  const double good[] = {100, 101}, bad[] = {100, 0};
  const struct ci_sample samples[] = {{good, 2}, {bad, 2}};
  bool in_set[2];
  double regret[2];
  struct mcb_result result;
  struct error error;
  (void)state;
  assert_refused(STATUS_NUMERIC, judge_pairs(samples, 2, in_set, regret, &result, &error));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pairs_have_their_own_spread),
      cmocka_unit_test(test_pairs_of_equal_spreads_are_pooled),
      cmocka_unit_test(test_a_single_value_without_a_pool_has_no_answer),
      cmocka_unit_test(test_no_cells_are_refused_and_one_is_the_best),
      cmocka_unit_test(test_values_that_the_scale_cannot_hold_are_refused),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
