// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/compare.h"

#include "tests/unit/analyze/stat/near.h"

static const struct compare_options OPTIONS = {.confidence = 0.95, .margin = 0.05};

// R's data set sleep (Student 1908), as exponents: all here works on the ln scale.
static const double SLEEP[2][10] = {{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0},
                                    {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}};

static void sleep_powers(double powers[2][10]) {
  for (size_t i = 0; i < 20; i++)
    powers[i / 10][i % 10] = exp(SLEEP[i / 10][i % 10]);
}

static void test_welch_agrees_with_r_on_sleep(void **state) {
  double powers[2][10];
  struct compare compare;
  struct error error;
  (void)state;
  sleep_powers(powers);
  // t.test(extra ~ group): df = 17.776, 95 % interval of the difference -3.3654832 0.2054832
  assert_int_equal(compare_cell(SAMPLE(powers[0]), SAMPLE(powers[1]), &OPTIONS, &compare, &error), STATUS_OK);
  assert_near(compare.df, 17.776, 0.0005);
  assert_near(log(compare.ratio.estimate), 1.58, 1e-9);
  assert_near(log(compare.ratio.lo), -0.2054832, 1e-6);
  assert_near(log(compare.ratio.hi), 3.3654832, 1e-6);
  assert_int_equal(compare.verdict, COMPARE_UNDECIDED);
}

static void test_pairs_agree_with_r_on_sleep(void **state) {
  double powers[2][10];
  struct compare compare;
  struct error error;
  (void)state;
  sleep_powers(powers);
  // t.test(paired = TRUE): df = 9, 0.7001142 2.4598858
  assert_int_equal(compare_overall(powers[0], 1, powers[1], 1, 10, &OPTIONS, &compare, NULL, &error),
                   STATUS_OK);
  assert_near(compare.df, 9, 0);
  assert_near(log(compare.ratio.lo), 0.7001142, 1e-6);
  assert_near(log(compare.ratio.hi), 2.4598858, 1e-6);
  assert_int_equal(compare.verdict, COMPARE_FASTER);
}

static void test_verdicts(void **state) {
  const double base[] = {100, 101, 99, 100}, faster[] = {120, 121, 119, 120}, slower[] = {80, 81, 79, 80};
  const double same[] = {101, 100, 100, 101}, vague[] = {80, 130, 100, 95};
  const struct {
    const double *run;
    enum compare_verdict verdict;
  } cases[] = {
      {faster, COMPARE_FASTER}, {slower, COMPARE_SLOWER}, {same, COMPARE_SAME}, {vague, COMPARE_UNDECIDED}};
  struct compare compare;
  struct error error;
  (void)state;
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    struct ci_sample run = {cases[i].run, 4};
    assert_int_equal(compare_cell(SAMPLE(base), run, &OPTIONS, &compare, &error), STATUS_OK);
    assert_int_equal(compare.verdict, cases[i].verdict);
    assert_int_equal(compare.replicates_needed > 0, cases[i].verdict == COMPARE_UNDECIDED);
  }
}

// With no difference and sd s per run, "same" needs t(0.95; 2r - 2) s sqrt(2/r) <= ln 1.05. For s = 5 %: r =
// 7 gives 1.782 x 0.05 x 0.5345 = 0.0476 <= 0.0488, r = 6 gives 1.812 x 0.05 x 0.5774 = 0.0523 (t from
// printed tables).
static void test_needed_replicates_follow_the_t_table(void **state) {
  const double half_spread = 0.05 / M_SQRT2; // of two values m +- h the sd is h sqrt 2
  double base[2] = {exp(-half_spread), exp(half_spread)};
  struct compare compare;
  struct error error;
  (void)state;
  assert_int_equal(compare_cell(SAMPLE(base), SAMPLE(base), &OPTIONS, &compare, &error), STATUS_OK);
  assert_int_equal(compare.verdict, COMPARE_UNDECIDED);
  assert_int_equal(compare.replicates_needed, 7);
}

static void test_regression_is_claimed_only_for_a_whole_interval(void **state) {
  struct compare compare = {.ratio = {0.92, 0.90, 0.94}};
  (void)state;
  assert_true(compare_regressed(&compare, 0.05));
  compare.ratio.hi = 0.96;
  assert_false(compare_regressed(&compare, 0.05));
}

static void test_overall_by_blocks_is_welch_of_block_means(void **state) {
  // Two cells; geometric block means are e^SLEEP when one cell is e^(x + 1) and the other e^(x - 1).
  double matrix[2][20];
  struct compare compare;
  bool by_blocks = true;
  struct error error;
  (void)state;
  for (size_t i = 0; i < 20; i++) {
    matrix[i / 10][2 * (i % 10)] = exp(SLEEP[i / 10][i % 10] + 1);
    matrix[i / 10][2 * (i % 10) + 1] = exp(SLEEP[i / 10][i % 10] - 1);
  }
  assert_int_equal(compare_overall(matrix[0], 10, matrix[1], 10, 2, &OPTIONS, &compare, &by_blocks, &error),
                   STATUS_OK);
  assert_true(by_blocks);
  assert_near(compare.df, 17.776, 0.0005);
  assert_near(log(compare.ratio.lo), -0.2054832, 1e-6);
}

// Rows that are no blocks: cells alike are independent, in whatever order their values come.
static void test_overall_of_unordered_rows_is_welch_over_all_cells(void **state) {
  double matrix[2][20];
  struct compare compare, other;
  bool by_blocks = false;
  struct error error;
  (void)state;
  for (size_t i = 0; i < 20; i++) {
    matrix[i / 10][2 * (i % 10)] = exp(SLEEP[i / 10][i % 10]);
    matrix[i / 10][2 * (9 - i % 10) + 1] = exp(SLEEP[i / 10][i % 10]);
  }
  assert_int_equal(compare_overall(matrix[0], 10, matrix[1], 10, 2, &OPTIONS, &compare, &by_blocks, &error),
                   STATUS_OK);
  assert_false(by_blocks);
  assert_near(compare.df, 2 * 17.776, 0.001);
  double t = stat_t_multiplier(0.95, 2 * 17.776);
  assert_near(log(compare.ratio.lo), 1.58 - t * 0.849091 / sqrt(2), 1e-4); // of R's sleep: se 0.849091
  for (size_t i = 0; i < 20; i++)
    matrix[i / 10][2 * (i % 10) + 1] = matrix[i / 10][2 * (i % 10)];
  assert_int_equal(compare_overall(matrix[0], 10, matrix[1], 10, 2, &OPTIONS, &other, &by_blocks, &error),
                   STATUS_OK);
  assert_near(other.ratio.lo, compare.ratio.lo, 1e-12);
}

static void test_overall_without_blocks_pairs_cells(void **state) {
  double powers[2][10], with_gap[2][11];
  struct compare compare;
  bool by_blocks = true;
  struct error error;
  (void)state;
  sleep_powers(powers);
  assert_int_equal(compare_overall(powers[0], 1, powers[1], 1, 10, &OPTIONS, &compare, &by_blocks, &error),
                   STATUS_OK);
  assert_false(by_blocks);
  assert_near(log(compare.ratio.lo), 0.7001142, 1e-6);
  for (size_t i = 0; i < 20; i++)
    with_gap[i / 10][i % 10] = powers[i / 10][i % 10];
  with_gap[0][10] = NAN; // a cell that only the new run has does not count
  with_gap[1][10] = 1e6;
  assert_int_equal(compare_overall(with_gap[0], 1, with_gap[1], 1, 11, &OPTIONS, &compare, NULL, &error),
                   STATUS_OK);
  assert_near(log(compare.ratio.lo), 0.7001142, 1e-6);
}

static void test_measurements_without_an_answer_are_refused(void **state) {
  const double one[] = {1}, equal[] = {2, 2}, zero[] = {1, 0}, good[] = {1, 2}, none[] = {NAN, NAN};
  struct compare_options options = OPTIONS;
  struct compare compare;
  struct error error;
  (void)state;
  assert_refused(STATUS_NUMERIC, compare_cell(SAMPLE(one), SAMPLE(good), &options, &compare, &error));
  assert_refused(STATUS_NUMERIC, compare_cell(SAMPLE(equal), SAMPLE(equal), &options, &compare, &error));
  assert_refused(STATUS_NUMERIC, compare_cell(SAMPLE(zero), SAMPLE(good), &options, &compare, &error));
  assert_refused(STATUS_NUMERIC, compare_overall(good, 1, none, 1, 2, &options, &compare, NULL, &error));
  assert_refused(STATUS_NUMERIC, compare_overall(good, 0, good, 0, 2, &options, &compare, NULL, &error));
  assert_refused(STATUS_NUMERIC, compare_overall(zero, 1, good, 1, 2, &options, &compare, NULL, &error));
  options.margin = 0;
  assert_refused(STATUS_USAGE, compare_cell(SAMPLE(good), SAMPLE(good), &options, &compare, &error));
}

// A cell as compare_cell gives it.
static struct compare cell_of(double ln_ratio, double se, double df) {
  return (struct compare){
      .ratio = {exp(ln_ratio), 0, 0}, .se = se, .df = df, .within_se = se, .within_df = df};
}

static void test_heterogeneity_agrees_with_r_on_sleep(void **state) {
  // oneway.test(extra ~ group): F = 3.4626, num df = 1, denom df = 17.776, p = 0.07939;
  // sd 1.789010, 2.002249.
  const struct compare two[] = {cell_of(0.75, 1.789010 / sqrt(10), 9), cell_of(2.33, 2.002249 / sqrt(10), 9)};
  (void)state;
  assert_near(compare_heterogeneity(two, 2), 0.07939, 1e-4);
  assert_near(compare_heterogeneity(two, 1), 1, 0);
  // One cell without a spread is none of them.
  const struct compare three[] = {two[0], cell_of(9, 0, 1), two[1]};
  assert_near(compare_heterogeneity(three, 3), 0.07939, 1e-4);
}

static void test_opposite_changes_are_seen_in_the_cells(void **state) {
  const struct compare cells[] = {cell_of(log(1.10), 0.01, 4), cell_of(log(0.90), 0.01, 4),
                                  cell_of(log(1.10), 0.01, 4), cell_of(log(0.89), 0.01, 4)};
  (void)state;
  assert_true(compare_heterogeneity(cells, 4) < 0.001);
  assert_int_equal(compare_extreme(cells, 4, -1, 1, 0.95), 3);
  assert_int_equal(compare_extreme(cells, 4, 1, 1, 0.95), 0);
  assert_int_equal(compare_extreme(cells, 4, -1, 0.95, 0.95), 3);
  assert_true(compare_extreme(cells, 4, -1, 0.88, 0.95) == SIZE_MAX);
  // t(0.975, 4) = 2.776; with four cells t(0.99375, 4) = 4.315: 0.9 is 10.5 se away, 0.96 only 4.08.
  const struct compare near[] = {cell_of(log(0.96), 0.01, 4), cells[0], cells[0], cells[0]};
  assert_true(compare_extreme(near, 4, -1, 1, 0.95) == SIZE_MAX);
  assert_int_equal(compare_extreme(near, 1, -1, 1, 0.95), 0);
}

static void test_an_allowance_widens_the_interval(void **state) {
  const double base[] = {100, 101, 99, 100}, slower[] = {95, 96, 94, 94.2};
  struct compare_options options = OPTIONS;
  struct compare plain, wide;
  struct error error;
  (void)state;
  assert_int_equal(compare_cell(SAMPLE(base), SAMPLE(slower), &options, &plain, &error), STATUS_OK);
  assert_int_equal(plain.verdict, COMPARE_SLOWER);
  options.allowance = 2 * 0.02 * 0.02;
  assert_int_equal(compare_cell(SAMPLE(base), SAMPLE(slower), &options, &wide, &error), STATUS_OK);
  assert_int_equal(wide.verdict, COMPARE_UNDECIDED);
  assert_near(wide.se, sqrt(plain.se * plain.se + options.allowance), 1e-12);
  assert_near(wide.within_se, plain.se, 1e-12);
  assert_true(wide.df > plain.df);
  // Equal replicates have a verdict then: the allowance is their spread.
  const double equal[] = {100, 100, 100, 100}, third[] = {71, 71, 71, 71};
  assert_int_equal(compare_cell(SAMPLE(equal), SAMPLE(third), &options, &wide, &error), STATUS_OK);
  assert_int_equal(wide.verdict, COMPARE_SLOWER);
  options.allowance = -1;
  assert_int_equal(compare_cell(SAMPLE(base), SAMPLE(slower), &options, &wide, &error), STATUS_USAGE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_welch_agrees_with_r_on_sleep),
      cmocka_unit_test(test_pairs_agree_with_r_on_sleep),
      cmocka_unit_test(test_verdicts),
      cmocka_unit_test(test_heterogeneity_agrees_with_r_on_sleep),
      cmocka_unit_test(test_opposite_changes_are_seen_in_the_cells),
      cmocka_unit_test(test_an_allowance_widens_the_interval),
      cmocka_unit_test(test_needed_replicates_follow_the_t_table),
      cmocka_unit_test(test_regression_is_claimed_only_for_a_whole_interval),
      cmocka_unit_test(test_overall_by_blocks_is_welch_of_block_means),
      cmocka_unit_test(test_overall_of_unordered_rows_is_welch_over_all_cells),
      cmocka_unit_test(test_overall_without_blocks_pairs_cells),
      cmocka_unit_test(test_measurements_without_an_answer_are_refused),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
