// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "replay/plan/walk.h"

static const struct plan_cell cells[] = {{1, 4, 2}, {2, 4, 2}, {4, 4, 2}};

static struct plan make(enum plan_restart restart) {
  struct plan plan = {0};
  assert_int_equal(plan_make(cells, 3, PLAN_ORDER_GRID, restart, 1, &plan, NULL), STATUS_OK);
  return plan;
}

// "cell.rep" of the next batch, "-" at the session's end.
static const char *next(struct walk *walk) {
  static char text[16];
  const struct plan_batch *batch = walk_next_batch(walk);
  if (!batch) return "-";
  text[0] = (char)('0' + batch->cell);
  text[1] = '.';
  text[2] = (char)('0' + batch->rep);
  text[3] = '\0';
  return text;
}

static void test_every_batch_comes_once(void **state) {
  (void)state;
  struct plan plan = make(PLAN_RESTART_NEVER);
  struct walk walk;
  assert_int_equal(walk_open(&plan, &walk, NULL), STATUS_OK);
  assert_ptr_equal(walk_next_session(&walk), &plan.sessions[0]);
  const char *expected[] = {"0.0", "1.0", "2.0", "0.1", "1.1", "2.1", "-"};
  for (int i = 0; i < 7; i++) {
    assert_int_equal(walk_has_batch(&walk), i < 6);
    assert_string_equal(next(&walk), expected[i]);
  }
  assert_null(walk_next_session(&walk));
  walk_close(&walk);
  plan_free(&plan);
}

static void test_a_rejected_batch_comes_again_once_at_the_end_of_its_block(void **state) {
  (void)state;
  struct plan plan = make(PLAN_RESTART_NEVER);
  struct walk walk;
  assert_int_equal(walk_open(&plan, &walk, NULL), STATUS_OK);
  assert_non_null(walk_next_session(&walk));
  assert_string_equal(next(&walk), "0.0");
  assert_true(walk_reject(&walk));
  assert_string_equal(next(&walk), "1.0");
  assert_string_equal(next(&walk), "2.0");
  assert_true(walk_reject(&walk));
  assert_string_equal(next(&walk), "0.0");
  assert_false(walk_reject(&walk)); // it had its second chance
  assert_string_equal(next(&walk), "2.0");
  assert_string_equal(next(&walk), "0.1");
  assert_string_equal(next(&walk), "1.1");
  assert_string_equal(next(&walk), "2.1");
  assert_true(walk_reject(&walk)); // the last of all
  assert_true(walk_has_batch(&walk));
  assert_string_equal(next(&walk), "2.1");
  assert_false(walk_has_batch(&walk));
  walk_close(&walk);
  plan_free(&plan);
}

static void test_a_batch_given_back_is_the_next(void **state) {
  (void)state;
  struct plan plan = make(PLAN_RESTART_BLOCK);
  struct walk walk;
  assert_int_equal(walk_open(&plan, &walk, NULL), STATUS_OK);
  assert_non_null(walk_next_session(&walk));
  assert_string_equal(next(&walk), "0.0");
  walk_give_back(&walk);
  assert_true(walk_has_batch(&walk));
  assert_string_equal(next(&walk), "0.0");
  assert_true(walk_reject(&walk));
  assert_string_equal(next(&walk), "0.0");
  walk_give_back(&walk); // also the second time
  assert_string_equal(next(&walk), "0.0");
  assert_string_equal(next(&walk), "-");
  walk_close(&walk);
  plan_free(&plan);
}

static void test_nothing_more_comes_of_a_cell_that_ended(void **state) {
  (void)state;
  struct plan plan = make(PLAN_RESTART_BLOCK); // a session for each level and block
  struct walk walk;
  assert_int_equal(walk_open(&plan, &walk, NULL), STATUS_OK);
  size_t sessions = 0, batches = 0;
  while (walk_next_session(&walk)) {
    sessions++;
    while (walk_next_batch(&walk)) {
      batches++;
      assert_int_equal(walk_end_cell(&walk), batches <= 3);
      (void)walk_reject(&walk); // and it is not measured again
    }
  }
  assert_int_equal(batches, 3);
  assert_int_equal(sessions, 3);
  walk_close(&walk);
  plan_free(&plan);
}

static void test_an_open_loop_has_repetitions_without_cells(void **state) {
  (void)state;
  struct plan plan;
  struct walk walk;
  assert_int_equal(plan_make_open(&(struct plan_open){.repeat = 2, .requests = 10}, &plan, NULL), STATUS_OK);
  assert_int_equal(walk_open(&plan, &walk, NULL), STATUS_OK);
  assert_non_null(walk_next_session(&walk));
  assert_string_equal(next(&walk), "0.0");
  assert_true(walk_end_cell(&walk));
  assert_false(walk_has_batch(&walk));
  assert_null(walk_next_session(&walk));
  walk_close(&walk);
  plan_free(&plan);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_batch_comes_once),
      cmocka_unit_test(test_a_rejected_batch_comes_again_once_at_the_end_of_its_block),
      cmocka_unit_test(test_a_batch_given_back_is_the_next),
      cmocka_unit_test(test_nothing_more_comes_of_a_cell_that_ended),
      cmocka_unit_test(test_an_open_loop_has_repetitions_without_cells),
  };
  return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
