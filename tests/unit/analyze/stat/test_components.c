// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/components.h"

#include <gsl/gsl_randist.h>

#include "tests/unit/analyze/stat/near.h"

// Calcium of turnip greens (Snedecor and Cochran, Statistical Methods, 6th ed., 10.12): four leaves with four
// determinations each, sums of squares 0.8884 on 3 df and 0.0793 on 12 df. The book has 0.0724 and 0.0066.
static void test_components_are_those_of_the_book(void **state) {
  (void)state;
  struct components_sums leaves = {
      .between = 0.8884, .between_df = 3, .within = 0.0793, .within_df = 12, .size = 4};
  struct components found;
  assert_int_equal(components_find(&leaves, 0.95, &found, NULL), STATUS_OK);
  assert_near(found.group.estimate, 0.0724, 0.00005);
  assert_near(found.batch.estimate, 0.0066, 0.00005);
  assert_near(found.batch.lo, 0.0793 / 23.336664, 1e-8); // chi-square tables, 12 df
  assert_near(found.batch.hi, 0.0793 / 4.403789, 1e-7);
  assert_true(found.group.lo > 0.02 && found.group.lo < found.group.estimate && found.group.hi > 0.9);
  assert_true(found.group.hi < 1.1); // 0.8884 / 4 / 0.215795 is 1.029
}

static void test_groups_that_differ_less_than_batches_have_no_component(void **state) {
  (void)state;
  struct components_sums sums = {
      .between = 0.01, .between_df = 3, .within = 0.12, .within_df = 12, .size = 4};
  struct components found;
  assert_int_equal(components_find(&sums, 0.95, &found, NULL), STATUS_OK);
  assert_true(found.group.estimate == 0 && found.group.lo == 0 && found.group.hi >= 0);
  sums.between_df = 0;
  assert_int_equal(components_find(&sums, 0.95, &found, NULL), STATUS_OK);
  assert_true(isnan(found.group.estimate));
  sums.within_df = 0;
  assert_int_equal(components_find(&sums, 0.95, &found, NULL), STATUS_NUMERIC);
}

// Random effects of 2 % between 6 groups and of 1 % between 4 values in each.
static void test_intervals_hold_the_components(void **state) {
  enum { SWEEPS = 2000, GROUPS = 6, EACH = 4 };
  (void)state;
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  int group = 0, batch = 0;
  for (int sweep = 0; sweep < SWEEPS; sweep++) {
    struct components_sums sums = {.between_df = GROUPS - 1, .within_df = GROUPS * (EACH - 1), .size = EACH};
    double means[GROUPS] = {0}, mean = 0;
    for (int g = 0; g < GROUPS; g++) {
      double values[EACH], effect = gsl_ran_gaussian(rng, 0.02);
      for (int i = 0; i < EACH; i++)
        means[g] += (values[i] = effect + gsl_ran_gaussian(rng, 0.01)) / EACH;
      for (int i = 0; i < EACH; i++)
        sums.within += pow(values[i] - means[g], 2);
      mean += means[g] / GROUPS;
    }
    for (int g = 0; g < GROUPS; g++)
      sums.between += EACH * pow(means[g] - mean, 2);
    struct components found;
    assert_int_equal(components_find(&sums, 0.95, &found, NULL), STATUS_OK);
    group += found.group.lo <= 0.0004 && 0.0004 <= found.group.hi;
    batch += found.batch.lo <= 0.0001 && 0.0001 <= found.batch.hi;
  }
  gsl_rng_free(rng);
  printf("held between groups %.3f, within %.3f\n", group / (double)SWEEPS, batch / (double)SWEEPS);
  assert_true(group >= 0.935 * SWEEPS && group <= 0.97 * SWEEPS);
  assert_true(batch >= 0.935 * SWEEPS && batch <= 0.965 * SWEEPS);
}

// A restart of 60 s before batches of 15 s: where both vary alike, two batches a restart; where restarts vary
// three times as much, fewer than one.
static void test_more_is_taken_of_what_varies_and_is_cheap(void **state) {
  (void)state;
  assert_near(components_share(1e-4, 60, 1e-4, 15), 2, 1e-12);
  assert_near(components_share(9e-4, 60, 1e-4, 15), 2.0 / 3, 1e-12);
  assert_true(isinf(components_share(0, 60, 1e-4, 15)));
  assert_true(components_share(1e-4, 60, 0, 15) == 0 && components_share(0, 60, 0, 15) == 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_components_are_those_of_the_book),
      cmocka_unit_test(test_groups_that_differ_less_than_batches_have_no_component),
      cmocka_unit_test(test_intervals_hold_the_components),
      cmocka_unit_test(test_more_is_taken_of_what_varies_and_is_cheap),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
