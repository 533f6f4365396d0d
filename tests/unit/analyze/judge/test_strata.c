// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/strata.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { CELLS = 4, PASSES = 3, VALUES = CELLS * PASSES };

// Each cell once in each pass: what the pass brings, and what is the cell's own.
static struct ci_pool pool_of(const double *passes, const double *own, bool by_run) {
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
  assert_int_equal(strata_depend(values, VALUES, CELLS, by_run, &pool, NULL), STATUS_OK);
  return pool;
}

static const double EFFECTS[PASSES] = {-0.05, 0.01, 0.04}, NONE[PASSES] = {0};

static void test_cells_that_spread_by_their_pass_alone_have_its_degrees_of_freedom(void **state) {
  (void)state;
  assert_true(fabs(pool_of(EFFECTS, NONE, false).spread.df - (PASSES - 1)) < 1e-9);
}

static void test_cells_that_share_nothing_keep_theirs_but_for_rounding(void **state) {
  (void)state;
  // Four cells take the same three values in turn, so that passes differ by a quarter of one of them.
  double df = pool_of(NONE, EFFECTS, false).spread.df;
  assert_true(df > 6 && df <= VALUES - CELLS);
}

static void test_runs_count_once_each(void **state) {
  (void)state;
  assert_true(pool_of(NONE, EFFECTS, true).spread.df <= PASSES - 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cells_that_spread_by_their_pass_alone_have_its_degrees_of_freedom),
      cmocka_unit_test(test_cells_that_share_nothing_keep_theirs_but_for_rounding),
      cmocka_unit_test(test_runs_count_once_each),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
