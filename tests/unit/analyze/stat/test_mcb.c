// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/mcb.h"

#include "tests/unit/analyze/stat/near.h"

static const struct mcb_options OPTIONS = {.confidence = 0.95, .scale = STAT_SCALE_LN, .seed = 42};

// Dunnett's one-sided 5 % points (Dunnett 1955, table 1a), which are Hsu's d for equal replicates.
static void test_critical_values_agree_with_dunnetts_table(void **state) {
  const struct {
    double df;
    double d[5]; // 1 to 5 others
  } table[] = {{5, {2.02, 2.44, 2.68, 2.85, 2.98}},
               {10, {1.81, 2.15, 2.34, 2.47, 2.56}},
               {20, {1.72, 2.03, 2.19, 2.30, 2.39}},
               {INFINITY, {1.64, 1.92, 2.06, 2.16, 2.23}}};
  struct error error;
  (void)state;
  for (size_t i = 0; i < COUNT_OF(table); i++) {
    for (size_t others = 1; others <= 5; others++) {
      double d;
      assert_int_equal(mcb_critical_value(others, table[i].df, 0.95, 7, 400000, &d, &error), STATUS_OK);
      assert_near(d, table[i].d[others - 1], 0.02);
    }
  }
}

static void test_same_seed_same_value(void **state) {
  double a, b, c;
  struct error error;
  (void)state;
  assert_int_equal(mcb_critical_value(8, 12, 0.95, 1, 5000, &a, &error), STATUS_OK);
  assert_int_equal(mcb_critical_value(8, 12, 0.95, 1, 5000, &b, &error), STATUS_OK);
  assert_int_equal(mcb_critical_value(8, 12, 0.95, 2, 5000, &c, &error), STATUS_OK);
  assert_near(a, b, 0);
  assert_true(a != c);
}

static void test_set_regret_and_bound_follow_their_formulas(void **state) {
  const double means[] = {1.00, 1.10, 1.08, 1.105};
  const size_t replicates[] = {4, 4, 4, 4};
  struct ci_spread spread = {0.02, 12};
  bool in_set[4];
  double regret[4];
  struct mcb_result result;
  struct error error;
  (void)state;
  assert_int_equal(mcb_cells(means, replicates, 4, spread, &OPTIONS, in_set, regret, &result, &error),
                   STATUS_OK);
  double half = result.d * 0.02 * sqrt(0.5);
  assert_near(result.d, 2.29, 0.03); // Dunnett: 3 others, 12 df
  assert_int_equal(result.best, 3);
  assert_near(result.regret_bound, expm1(1.10 - 1.105 + half), 1e-12);
  assert_near(regret[0], expm1(1.105 - 1.00 + half), 1e-12);
  for (size_t i = 0; i < 4; i++)
    assert_int_equal(in_set[i], means[i] >= 1.105 - half);
  assert_int_equal(result.set_size, 3);
}

static void test_clear_winner_has_no_regret(void **state) {
  const double means[] = {1, 5};
  const size_t replicates[] = {3, 3};
  bool in_set[2];
  struct mcb_result result;
  struct error error;
  (void)state;
  assert_int_equal(
      mcb_cells(means, replicates, 2, (struct ci_spread){0.01, 4}, &OPTIONS, in_set, NULL, &result, &error),
      STATUS_OK);
  assert_near(result.regret_bound, 0, 0);
  assert_int_equal(result.set_size, 1);
  assert_true(in_set[1] && !in_set[0]);
}

static void test_cells_with_few_replicates_are_harder_to_exclude(void **state) {
  const double means[] = {1.10, 1.06, 1.06};
  const size_t replicates[] = {20, 20, 1};
  bool in_set[3];
  struct mcb_result result;
  struct error error;
  (void)state;
  assert_int_equal(
      mcb_cells(means, replicates, 3, (struct ci_spread){0.03, 38}, &OPTIONS, in_set, NULL, &result, &error),
      STATUS_OK);
  assert_false(in_set[1]);
  assert_true(in_set[2]);
}

static void test_one_cell_is_the_best(void **state) {
  const double means[] = {3};
  const size_t replicates[] = {1};
  bool in_set[1];
  double regret[1];
  struct mcb_result result;
  struct error error;
  (void)state;
  assert_int_equal(
      mcb_cells(means, replicates, 1, (struct ci_spread){0.1, 3}, &OPTIONS, in_set, regret, &result, &error),
      STATUS_OK);
  assert_true(in_set[0] && regret[0] == 0 && result.regret_bound == 0 && result.set_size == 1);
}

#define BLOCKS 4
#define CELLS 3

// Box, Hunter & Hunter's penicillin yields (Statistics for Experimenters, table 6.7), first three treatments,
// blends as blocks; every treatment a level of its own, so that a randomised complete block analysis is what
// must come out.
static const double PENICILLIN[BLOCKS * CELLS] = {89, 88, 97, 84, 77, 92, 81, 87, 87, 87, 92, 89};

// Residual mean square of treatments x blocks, written out.
static double residual_mean_square(const double *values) {
  double block[BLOCKS] = {0}, cell[CELLS] = {0}, mean = 0, squares = 0;
  for (size_t b = 0; b < BLOCKS; b++) {
    for (size_t c = 0; c < CELLS; c++) {
      block[b] += values[b * CELLS + c] / CELLS;
      cell[c] += values[b * CELLS + c] / BLOCKS;
      mean += values[b * CELLS + c] / (BLOCKS * CELLS);
    }
  }
  for (size_t b = 0; b < BLOCKS; b++) {
    for (size_t c = 0; c < CELLS; c++)
      squares += pow(values[b * CELLS + c] - block[b] - cell[c] + mean, 2);
  }
  return squares / ((BLOCKS - 1) * (CELLS - 1));
}

static void test_one_cell_per_level_is_a_randomised_block_analysis(void **state) {
  const double level[CELLS] = {1, 2, 4};
  const size_t replicates[CELLS] = {BLOCKS, BLOCKS, BLOCKS};
  struct mcb_options options = OPTIONS;
  double means[CELLS] = {0}, regret[CELLS], expected_regret[CELLS];
  bool in_set[CELLS], expected_set[CELLS];
  struct mcb_result result, expected;
  struct error error;
  (void)state;
  options.scale = STAT_SCALE_LINEAR;
  for (size_t i = 0; i < COUNT_OF(PENICILLIN); i++)
    means[i % CELLS] += PENICILLIN[i] / BLOCKS;
  struct ci_spread spread = {sqrt(residual_mean_square(PENICILLIN)), (BLOCKS - 1) * (CELLS - 1)};
  assert_int_equal(mcb_blocks(PENICILLIN, BLOCKS, CELLS, level, &options, in_set, regret, &result, &error),
                   STATUS_OK);
  assert_int_equal(
      mcb_cells(means, replicates, CELLS, spread, &options, expected_set, expected_regret, &expected, &error),
      STATUS_OK);
  assert_int_equal(result.best, expected.best);
  assert_near(result.d, expected.d, 1e-12);
  for (size_t i = 0; i < CELLS; i++) {
    assert_near(regret[i], expected_regret[i], 1e-9);
    assert_int_equal(in_set[i], expected_set[i]);
  }
}

static void test_one_level_is_a_randomised_block_analysis_too(void **state) {
  const double level[CELLS] = {8, 8, 8};
  struct mcb_options options = OPTIONS;
  struct mcb_result result;
  double regret[CELLS], d;
  struct error error;
  (void)state;
  options.scale = STAT_SCALE_LINEAR;
  assert_int_equal(mcb_blocks(PENICILLIN, BLOCKS, CELLS, level, &options, NULL, regret, &result, &error),
                   STATUS_OK);
  assert_int_equal(mcb_critical_value(CELLS - 1, 6, 0.95, options.seed, 0, &d, &error), STATUS_OK);
  double half = d * sqrt(2 * residual_mean_square(PENICILLIN) / BLOCKS);
  assert_near(regret[0], 91.25 - 85.25 + half, 1e-9); // means 85.25, 86, 91.25
}

static void test_shared_sessions_widen_only_pairs_of_different_workers(void **state) {
  // Two levels of two cells; session effects of +-5 %, cell noise of +-0.1 %.
  const double session[3][2] = {{-0.05, 0.05}, {0.05, 0}, {0, -0.05}};
  const double noise[3][4] = {{0.001, -0.001, 0.001, 0}, {-0.001, 0.001, 0, -0.001}, {0, 0, -0.001, 0.001}};
  const double truth[4] = {1.00, 1.02, 1.03, 1.01}, level[4] = {4, 4, 8, 8};
  double values[12], regret[4];
  bool in_set[4];
  struct mcb_result result;
  struct error error;
  (void)state;
  for (size_t b = 0; b < 3; b++) {
    for (size_t c = 0; c < 4; c++)
      values[b * 4 + c] = truth[c] + session[b][c / 2] + noise[b][c];
  }
  assert_int_equal(mcb_blocks(values, 3, 4, level, &OPTIONS, in_set, regret, &result, &error), STATUS_OK);
  assert_int_equal(result.best, 2);
  assert_true(in_set[1]);  // another session: 1 % is nothing
  assert_false(in_set[0]); // against cell 1 of the same sessions 2 % is much
  assert_false(in_set[3]); // against cell 2 likewise
}

// Two levels of two cells in three blocks: the sd of a difference straight from the differences, pooled over
// the pairs of equal and over those of different workers; degrees of freedom by Satterthwaite from sessions
// and cells.
static double difference_variance(const double *values, size_t i, size_t j) {
  double mean = 0, squares = 0;
  for (size_t b = 0; b < 3; b++)
    mean += (values[b * 4 + i] - values[b * 4 + j]) / 3;
  for (size_t b = 0; b < 3; b++)
    squares += pow(values[b * 4 + i] - values[b * 4 + j] - mean, 2);
  return squares / 2;
}

static void test_margins_of_pairs_come_from_their_differences(void **state) {
  const double values[12] = {1.02, 1.00, 1.05, 1.03, 0.97, 0.98, 1.01, 1.02, 1.01, 0.96, 0.99, 1.04};
  const double level[4] = {4, 4, 8, 8};
  double means[4] = {0}, regret[4], level_means[12], d_equal, d_different;
  struct mcb_result result;
  struct error error;
  (void)state;
  for (size_t i = 0; i < 12; i++) {
    size_t first = i / 4 * 4 + (i % 4 < 2 ? 0 : 2);
    means[i % 4] += values[i] / 3;
    level_means[i] = (values[first] + values[first + 1]) / 2;
  }
  double equal = (difference_variance(values, 0, 1) + difference_variance(values, 2, 3)) / 2;
  double different = (difference_variance(values, 0, 2) + difference_variance(values, 0, 3) +
                      difference_variance(values, 1, 2) + difference_variance(values, 1, 3)) /
                     4;
  double sessions =
      difference_variance(level_means, 0, 2); // what of `different` the two sessions' means make up
  double df = different * different / (pow(sessions, 2) / 2 + pow(different - sessions, 2) / 4);
  assert_int_equal(mcb_blocks(values, 3, 4, level, &OPTIONS, NULL, regret, &result, &error), STATUS_OK);
  assert_int_equal(mcb_critical_value(3, 4, 0.95, OPTIONS.seed, 0, &d_equal, &error), STATUS_OK);
  assert_int_equal(mcb_critical_value(3, df, 0.95, OPTIONS.seed, 0, &d_different, &error), STATUS_OK);
  for (size_t i = 0; i < 4; i++) {
    double loss = 0;
    for (size_t j = 0; j < 4; j++) {
      double half = level[i] == level[j] ? d_equal * sqrt(equal / 3) : d_different * sqrt(different / 3);
      if (j != i) loss = fmax(loss, means[j] - means[i] + half);
    }
    assert_near(regret[i], expm1(loss), 1e-9);
  }
}

static void test_knee_is_the_smallest_n_not_clearly_below(void **state) {
  const double n[] = {32, 4, 8, 16};
  const double throughput[] = {355, 150, 330, 350};
  double means[4];
  const size_t replicates[] = {3, 3, 3, 3};
  size_t index;
  struct error error;
  (void)state;
  for (size_t i = 0; i < 4; i++)
    means[i] = log(throughput[i]);
  struct ci_spread sharp = {0.001, 8}, blunt = {0.02, 8};
  assert_int_equal(mcb_knee(n, means, replicates, 4, sharp, STAT_SCALE_LN, 2.4, 0.05, &index, &error),
                   STATUS_OK);
  assert_int_equal(index, 3); // 8 in flight is 7 % below, and that is certain
  assert_int_equal(mcb_knee(n, means, replicates, 4, blunt, STAT_SCALE_LN, 2.4, 0.05, &index, &error),
                   STATUS_OK);
  assert_int_equal(index, 2);
  assert_int_equal(mcb_knee(n, throughput, replicates, 4, (struct ci_spread){0.1, 8}, STAT_SCALE_LINEAR, 2.4,
                            0.05, &index, &error),
                   STATUS_OK);
  assert_int_equal(index, 3);
}

static void test_cells_without_an_answer_are_refused(void **state) {
  const double means[] = {1, 2}, open[] = {1, NAN}, level[] = {1, 2}, equal[] = {1, 2, 1, 2};
  const size_t replicates[] = {2, 2}, none[] = {2, 0};
  struct ci_spread spread = {0.1, 2};
  struct mcb_options options = OPTIONS;
  struct mcb_result result;
  struct error error;
  (void)state;
  assert_refused(STATUS_USAGE,
                 mcb_cells(means, replicates, 0, spread, &options, NULL, NULL, &result, &error));
  assert_refused(STATUS_USAGE, mcb_cells(means, none, 2, spread, &options, NULL, NULL, &result, &error));
  assert_refused(STATUS_NUMERIC,
                 mcb_cells(open, replicates, 2, spread, &options, NULL, NULL, &result, &error));
  spread.df = 0;
  assert_refused(STATUS_NUMERIC,
                 mcb_cells(means, replicates, 2, spread, &options, NULL, NULL, &result, &error));
  spread = (struct ci_spread){0, 2};
  assert_refused(STATUS_NUMERIC,
                 mcb_cells(means, replicates, 2, spread, &options, NULL, NULL, &result, &error));
  assert_refused(STATUS_NUMERIC, mcb_blocks(means, 1, 2, level, &options, NULL, NULL, &result, &error));
  assert_refused(STATUS_NUMERIC, mcb_blocks(equal, 2, 2, level, &options, NULL, NULL, &result, &error));
  options.confidence = 1.5;
  assert_refused(STATUS_USAGE, mcb_cells(means, replicates, 2, (struct ci_spread){1, 2}, &options, NULL, NULL,
                                         &result, &error));
}

// The set and every regret as Hsu's formulas give them, pair by pair.
static void test_many_cells_are_judged_as_their_pairs_are(void **state) {
  enum { MANY = 300 };
  double means[MANY], regret[MANY];
  size_t replicates[MANY];
  bool in_set[MANY];
  uint32_t random = 1;
  struct ci_spread spread = {0.02, 100};
  struct mcb_result result;
  (void)state;
  for (size_t i = 0; i < MANY; i++) {
    random = random * 1664525 + 1013904223;
    means[i] = (double)(random >> 16) / 65536 * 0.1; // some are equal
    replicates[i] = 1 + (random >> 8) % 5;
  }
  assert_int_equal(mcb_cells(means, replicates, MANY, spread, &OPTIONS, in_set, regret, &result, NULL),
                   STATUS_OK);
  for (size_t i = 0; i < MANY; i++) {
    double loss = 0;
    bool member = true;
    for (size_t j = 0; j < MANY; j++) {
      if (j == i) continue;
      double half = result.d * 0.02 * sqrt(1 / (double)replicates[i] + 1 / (double)replicates[j]);
      loss = fmax(loss, means[j] - means[i] + half);
      member = member && means[i] - means[j] + half >= 0;
    }
    assert_int_equal(in_set[i], member || i == result.best);
    assert_near(regret[i], expm1(loss), 1e-12);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_critical_values_agree_with_dunnetts_table),
      cmocka_unit_test(test_same_seed_same_value),
      cmocka_unit_test(test_set_regret_and_bound_follow_their_formulas),
      cmocka_unit_test(test_clear_winner_has_no_regret),
      cmocka_unit_test(test_cells_with_few_replicates_are_harder_to_exclude),
      cmocka_unit_test(test_one_cell_is_the_best),
      cmocka_unit_test(test_one_cell_per_level_is_a_randomised_block_analysis),
      cmocka_unit_test(test_one_level_is_a_randomised_block_analysis_too),
      cmocka_unit_test(test_shared_sessions_widen_only_pairs_of_different_workers),
      cmocka_unit_test(test_margins_of_pairs_come_from_their_differences),
      cmocka_unit_test(test_knee_is_the_smallest_n_not_clearly_below),
      cmocka_unit_test(test_cells_without_an_answer_are_refused),
      cmocka_unit_test(test_many_cells_are_judged_as_their_pairs_are),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
