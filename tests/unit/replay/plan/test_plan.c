// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/plan/plan.h"

static const int64_t levels[] = {1, 2, 4};
static const int64_t sizes[] = {2, 4, 8, 16};

static struct plan make(int64_t repeat, enum plan_order order, enum plan_restart restart, int64_t seed) {
  struct plan_cell *cells = NULL;
  struct plan plan = {0};
  size_t count = 0;
  assert_int_equal(plan_cells_from_lists(levels, 3, sizes, 4, repeat, &cells, &count, NULL), STATUS_OK);
  assert_int_equal(count, 12);
  assert_int_equal(plan_make(cells, count, order, restart, seed, &plan, NULL), STATUS_OK);
  free(cells);
  return plan;
}

// Batches [from, from + 12) hold every cell once, all as replicate `rep`.
static void assert_block(const struct plan *plan, size_t from, int64_t rep) {
  bool seen[12] = {false};
  for (size_t i = from; i < from + 12; i++) {
    assert_int_equal(plan->batches[i].rep, rep);
    assert_false(seen[plan->batches[i].cell]);
    seen[plan->batches[i].cell] = true;
  }
}

static void test_blocks_are_complete(void **state) {
  (void)state;
  for (int64_t seed = 1; seed <= 50; seed++) {
    struct plan plan = make(5, PLAN_ORDER_RANDOM, PLAN_RESTART_NEVER, seed);
    assert_int_equal(plan.session_count, 1);
    assert_int_equal(plan.sessions[0].workers, -1);
    assert_int_equal(plan.sessions[0].warmup_workers, 4);
    assert_int_equal(plan.batch_count, 60);
    for (int64_t rep = 0; rep < 5; rep++)
      assert_block(&plan, (size_t)rep * 12, rep);
    plan_free(&plan);
  }
}

static void test_managed_blocks_go_level_by_level(void **state) {
  (void)state;
  for (int64_t seed = 1; seed <= 50; seed++) {
    struct plan plan = make(3, PLAN_ORDER_RANDOM, PLAN_RESTART_BLOCK, seed);
    assert_int_equal(plan.session_count, 9);
    for (size_t i = 0; i < plan.session_count; i++) {
      const struct plan_session *session = &plan.sessions[i];
      assert_int_equal(session->block, i / 3);
      assert_int_equal(session->first_batch, i * 4);
      assert_int_equal(session->batch_count, 4);
      assert_int_equal(session->warmup_workers, session->workers);
      for (size_t j = 0; j < 4; j++) {
        const struct plan_batch *batch = &plan.batches[session->first_batch + j];
        assert_int_equal(plan.cells[batch->cell].workers, session->workers);
        assert_int_equal(batch->rep, session->block);
      }
    }
    for (int64_t rep = 0; rep < 3; rep++)
      assert_block(&plan, (size_t)rep * 12, rep);
    plan_free(&plan);
  }
}

static void test_restart_per_level_keeps_replicates_in_one_session(void **state) {
  (void)state;
  struct plan plan = make(3, PLAN_ORDER_RANDOM, PLAN_RESTART_LEVEL, 1);
  assert_int_equal(plan.session_count, 3);
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(plan.sessions[i].block, -1);
    assert_int_equal(plan.sessions[i].batch_count, 12);
    for (size_t j = 0; j < 12; j++)
      assert_int_equal(plan.batches[plan.sessions[i].first_batch + j].rep, j / 4);
  }
  plan_free(&plan);
}

static bool same_order(const struct plan *a, const struct plan *b) {
  return memcmp(a->batches, b->batches, a->batch_count * sizeof *a->batches) == 0;
}

static void test_the_seed_decides_the_order(void **state) {
  (void)state;
  struct plan first = make(5, PLAN_ORDER_RANDOM, PLAN_RESTART_BLOCK, 7);
  struct plan again = make(5, PLAN_ORDER_RANDOM, PLAN_RESTART_BLOCK, 7);
  struct plan other = make(5, PLAN_ORDER_RANDOM, PLAN_RESTART_BLOCK, 8);
  assert_true(same_order(&first, &again));
  assert_false(same_order(&first, &other));
  plan_free(&first);
  plan_free(&again);
  plan_free(&other);
}

// Each of 12 cells comes first in a block with probability 1/12: over 4000 blocks chi-squared with 11 degrees
// of freedom stays below 31.26 (its 99.9 % point, from tables).
static void test_every_order_is_as_likely(void **state) {
  (void)state;
  int64_t first[12] = {0};
  for (int64_t seed = 1; seed <= 1000; seed++) {
    struct plan plan = make(4, PLAN_ORDER_RANDOM, PLAN_RESTART_NEVER, seed);
    for (size_t block = 0; block < 4; block++)
      first[plan.batches[block * 12].cell]++;
    plan_free(&plan);
  }
  double expected = 4000.0 / 12, chi_squared = 0;
  for (size_t i = 0; i < 12; i++)
    chi_squared += ((double)first[i] - expected) * ((double)first[i] - expected) / expected;
  assert_true(chi_squared < 31.26);
}

static void test_grid_keeps_the_order_given(void **state) {
  (void)state;
  struct plan plan = make(2, PLAN_ORDER_GRID, PLAN_RESTART_NEVER, 1);
  for (size_t i = 0; i < 24; i++)
    assert_int_equal(plan.batches[i].cell, i % 12);
  plan_free(&plan);
}

static void test_cells_with_fewer_repeats_leave_the_later_blocks(void **state) {
  (void)state;
  static const struct plan_cell cells[] = {{1, 1, 1}, {1, 2, 3}, {2, 2, 2}};
  struct plan plan = {0};
  assert_int_equal(plan_make(cells, 3, PLAN_ORDER_GRID, PLAN_RESTART_BLOCK, 1, &plan, NULL), STATUS_OK);
  assert_int_equal(plan.batch_count, 6);
  assert_int_equal(plan.session_count, 5); // level 2 has no batch in block 2
  assert_int_equal(plan.sessions[4].workers, 1);
  assert_int_equal(plan.sessions[4].block, 2);
  assert_int_equal(plan.sessions[4].batch_count, 1);
  plan_free(&plan);
}

static void test_replicates_start_at_their_own_requests(void **state) {
  (void)state;
  struct plan plan = make(3, PLAN_ORDER_RANDOM, PLAN_RESTART_BLOCK, 1);
  assert_int_equal(plan_offset(&plan, 0), 0);
  assert_int_equal(plan_offset(&plan, 1), 16); // behind the largest batch of replicate 0
  assert_int_equal(plan_warmup_offset(&plan, 0), 48);
  assert_int_equal(plan_warmup_offset(&plan, 1), 52);
  assert_int_equal(plan_draws(&plan, 2), 56);
  // 3 levels x 30 requests x 3 replicates, and a round of 1, 2 and 4 in each of 3 blocks.
  assert_int_equal(plan_requests(&plan, 1), 270 + 21);
  assert_true(plan_sends_twice(&plan, 1, 1000000)); // the cells of a block share their requests
  plan_free(&plan);
}

static void test_one_cell_sends_nothing_twice_while_the_trace_lasts(void **state) {
  (void)state;
  static const struct plan_cell cell = {4, 8, 3};
  struct plan plan = {0};
  assert_int_equal(plan_make(&cell, 1, PLAN_ORDER_RANDOM, PLAN_RESTART_NEVER, 1, &plan, NULL), STATUS_OK);
  assert_int_equal(plan_draws(&plan, 1), 28);
  assert_false(plan_sends_twice(&plan, 1, 28));
  assert_true(plan_sends_twice(&plan, 1, 27));
  plan_free(&plan);
}

static void test_what_is_done_leaves_the_plan_and_empty_sessions_with_it(void **state) {
  (void)state;
  struct plan plan =
      make(2, PLAN_ORDER_GRID, PLAN_RESTART_BLOCK, 1); // sessions: 1, 2, 4 of block 0, then of 1
  struct plan_replicate done[5] = {
      {.workers = 1, .batch = 2, .rep = 0}, {.workers = 1, .batch = 4, .rep = 0},
      {.workers = 1, .batch = 8, .rep = 0}, {.workers = 1, .batch = 16, .rep = 0},
      {.workers = 4, .batch = 8, .rep = 1},
  };
  plan_drop_done(&plan, done, 5);
  assert_int_equal(plan.session_count, 5); // level 1 of block 0 was done
  assert_int_equal(plan.sessions[0].workers, 2);
  assert_int_equal(plan.batch_count, 19);
  assert_int_equal(plan.sessions[4].workers, 4);
  assert_int_equal(plan.sessions[4].batch_count, 3);
  for (size_t i = 0; i < 3; i++) {
    const struct plan_batch *batch = &plan.batches[plan.sessions[4].first_batch + i];
    assert_int_equal(batch->rep, 1);
    assert_int_not_equal(plan.cells[batch->cell].batch, 8);
  }
  plan_drop_done(&plan, NULL, 0);
  assert_int_equal(plan.batch_count, 19);
  plan_free(&plan);
}

static const double rates[] = {5, 10, 20};
static const struct plan_open open_rates = {
    .rates = rates, .rate_count = 3, .repeat = 40, .requests = 7, .seed = 1};

static void test_every_block_of_an_open_loop_has_every_rate_once(void **state) {
  (void)state;
  struct plan plan, grid;
  struct plan_open in_order = open_rates;
  in_order.order = PLAN_ORDER_GRID;
  assert_int_equal(plan_make_open(&open_rates, &plan, NULL), STATUS_OK);
  assert_int_equal(plan_make_open(&in_order, &grid, NULL), STATUS_OK);
  assert_int_equal(plan.batch_count, 120);
  assert_int_equal(plan.session_count, 1);
  assert_int_equal(plan.sessions[0].batch_count, 120);
  assert_int_equal(plan_rows(&plan), 3);
  assert_int_equal(plan_offset(&plan, 2), 14); // the same for every rate
  size_t first_is[3] = {0};
  for (size_t block = 0; block < 40; block++) {
    unsigned seen = 0;
    for (size_t i = 3 * block; i < 3 * block + 3; i++) {
      assert_int_equal(plan.batches[i].rep, block);
      assert_int_equal(grid.batches[i].cell, i % 3);
      seen |= 1u << plan.batches[i].cell;
    }
    assert_int_equal(seen, 7);
    first_is[plan.batches[3 * block].cell]++;
  }
  assert_true(first_is[0] > 4 && first_is[1] > 4 && first_is[2] > 4); // 40/3 each
  plan_free(&plan);
  plan_free(&grid);
}

static void test_what_is_done_of_an_open_loop_goes_by_rate(void **state) {
  (void)state;
  struct plan plan;
  struct plan_open open = open_rates;
  struct plan_replicate done[] = {{-1, -1, 0, 10}, {-1, -1, 1, 5}, {-1, -1, 1, 7}};
  open.repeat = 2;
  assert_int_equal(plan_make_open(&open, &plan, NULL), STATUS_OK);
  plan_drop_done(&plan, done, 3);
  assert_int_equal(plan.batch_count, 4);
  for (size_t i = 0; i < 4; i++) {
    const struct plan_batch *batch = &plan.batches[i];
    assert_true(plan.rates[batch->cell] != (batch->rep == 0 ? 10 : 5));
  }
  plan_free(&plan);
}

static void test_connections_are_those_of_the_fullest_moment(void **state) {
  (void)state;
  struct plan plan = {.workers_most = 8, .batch_most = 48};
  assert_int_equal(plan_connections(&plan, false, 1), 8);
  assert_int_equal(plan_connections(&plan, true, 1), 48);
  plan.batch_most = 4;
  assert_int_equal(plan_connections(&plan, false, 0), 4);
  assert_int_equal(plan_connections(&plan, false, 1), 8); // a warm-up round fills the workers
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_connections_are_those_of_the_fullest_moment),
      cmocka_unit_test(test_blocks_are_complete),
      cmocka_unit_test(test_managed_blocks_go_level_by_level),
      cmocka_unit_test(test_restart_per_level_keeps_replicates_in_one_session),
      cmocka_unit_test(test_the_seed_decides_the_order),
      cmocka_unit_test(test_every_order_is_as_likely),
      cmocka_unit_test(test_grid_keeps_the_order_given),
      cmocka_unit_test(test_cells_with_fewer_repeats_leave_the_later_blocks),
      cmocka_unit_test(test_replicates_start_at_their_own_requests),
      cmocka_unit_test(test_one_cell_sends_nothing_twice_while_the_trace_lasts),
      cmocka_unit_test(test_every_block_of_an_open_loop_has_every_rate_once),
      cmocka_unit_test(test_what_is_done_of_an_open_loop_goes_by_rate),
      cmocka_unit_test(test_what_is_done_leaves_the_plan_and_empty_sessions_with_it),
  };
  return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
