// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/strata.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { CELLS = 3, PASSES = 3, VALUES = CELLS * PASSES };

// Each cell once in each pass: what the pass brings, and what is the cell's own.
static struct ci_pool pool_of(const double *passes, const double *own) {
  struct strata_value values[VALUES];
  struct ci_pool pool = {.spread = {.sd = 0.02, .df = VALUES - CELLS}, .cells_df = VALUES - CELLS};
  for (size_t i = 0; i < VALUES; i++) {
    size_t pass = i % PASSES, cell = i / PASSES;
    values[i] = (struct strata_value){.workers = (int64_t)cell,
                                      .block = (int64_t)pass,
                                      .session = i,
                                      .cell = cell,
                                      .residual = passes[pass] + own[(pass + cell) % PASSES]};
  }
  assert_int_equal(strata_depend(values, VALUES, CELLS, &pool, NULL), STATUS_OK);
  return pool;
}

static const double EFFECTS[PASSES] = {-0.05, 0.01, 0.04}, NONE[PASSES] = {0};

static void test_cells_that_spread_by_their_pass_alone_have_its_degrees_of_freedom(void **state) {
  (void)state;
  assert_true(fabs(pool_of(EFFECTS, NONE).spread.df - (PASSES - 1)) < 1e-9);
}

static void test_cells_that_share_nothing_keep_theirs(void **state) {
  (void)state;
  // The cells take the same three values in turn, so that passes are all alike.
  assert_true(fabs(pool_of(NONE, EFFECTS).spread.df - (VALUES - CELLS)) < 1e-9);
}

static void test_the_t_quantile_is_the_mean_of_those_of_passes_and_of_batches(void **state) {
  (void)state;
  // Q = 42e-4 is the sum of squares of the three values. Mean squares: passes 3 Q / 2, batches 3 Q / 4, so
  // that passes make a quarter of the variance. t quantiles of 2 and 4 (tables): 4.3027 and 2.7764.
  double df = pool_of(EFFECTS, EFFECTS).spread.df;
  assert_true(fabs(stat_t_multiplier(0.95, df) - (0.25 * 4.3027 + 0.75 * 2.7764)) < 1e-4);
}

// Two levels of three batch sizes each, measured in three sessions of their own: an effect a session, which
// all of its batches share.
static struct ci_pool pool_of_sessions(bool passes_known) {
  enum { LEVELS = 2, SIZES = 3, SESSIONS = 3, EACH = LEVELS * SIZES, COUNT = EACH * SESSIONS };
  static const double effects[LEVELS][SESSIONS] = {{-0.05, 0.01, 0.04}, {0.01, 0.04, -0.05}};
  struct strata_value values[COUNT];
  struct ci_pool pool = {.spread = {.sd = 0.04, .df = COUNT - EACH}, .cells_df = COUNT - EACH};
  for (size_t i = 0; i < COUNT; i++) {
    size_t session = i % SESSIONS, cell = i / SESSIONS, level = cell / SIZES;
    values[i] = (struct strata_value){.workers = (int64_t)level,
                                      .block = passes_known ? (int64_t)session : STRATA_NO_BLOCK,
                                      .session = level * SESSIONS + session,
                                      .cell = cell,
                                      .residual = effects[level][session]};
  }
  assert_int_equal(strata_depend(values, COUNT, EACH, &pool, NULL), STATUS_OK);
  return pool;
}

static void test_sessions_count_where_the_passes_are_not_known(void **state) {
  (void)state;
  // Each level has three sessions that differ: two degrees of freedom a level.
  assert_true(fabs(pool_of_sessions(false).spread.df - 4) < 1e-9);
  assert_true(pool_of_sessions(true).spread.df <= 4 + 1e-9);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cells_that_spread_by_their_pass_alone_have_its_degrees_of_freedom),
      cmocka_unit_test(test_cells_that_share_nothing_keep_theirs),
      cmocka_unit_test(test_the_t_quantile_is_the_mean_of_those_of_passes_and_of_batches),
      cmocka_unit_test(test_sessions_count_where_the_passes_are_not_known),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
