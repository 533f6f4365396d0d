// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/base/clock.h"
#include "replay/run_progress.h"

// Two sessions of one cell each: 4 requests of one worker (4 waves), 4 of two (2 waves), three times.
static struct plan_cell cells[] = {{.workers = 1, .batch = 4}, {.workers = 2, .batch = 4}};
static const struct plan plan = {.cells = cells, .cell_count = 2, .batch_count = 6, .session_count = 2};

static const struct walk first = {.next_session = 1}, second = {.next_session = 2}; // session

#define START_NS (100 * CLOCK_NS_PER_S)

static int64_t at(double seconds) {
  return START_NS + clock_from_seconds(seconds);
}

static double left_s(const struct run_progress *run, double seconds) {
  return clock_seconds(run_progress_left_ns(run, at(seconds)));
}

static void test_the_rest_takes_as_long_as_what_was_measured(void **state) {
  (void)state;
  struct summary_cell sums[2] = {{.planned = 3}, {.planned = 3}};
  struct summary summary = {.plan = &plan, .cells = sums};
  struct run_progress run = {.summary = &summary, .start_ns = START_NS, .walk = &second};
  assert_int_equal(run_progress_left_ns(&run, at(1)), 0); // nothing was measured
  // 8 s for a batch of 4 waves: two more of them, and three of 2 waves at 2 s a wave.
  sums[0] = (struct summary_cell){.planned = 3, .reps = 1, .total_s = 8};
  run.measured = 1;
  run.measured_ns = 8 * CLOCK_NS_PER_S;
  assert_float_equal(left_s(&run, 8), 28, 1e-6);
  // A cell's own time counts more than its waves.
  sums[1] = (struct summary_cell){.planned = 3, .reps = 1, .total_s = 1};
  run.measured = 2;
  run.measured_ns = 9 * CLOCK_NS_PER_S;
  assert_float_equal(left_s(&run, 9), 18, 1e-6);
  // A batch that was not valid has no time; a cell that ended has no rest.
  sums[1].reps = 2;
  sums[1].invalid = 1;
  assert_float_equal(left_s(&run, 9), 17, 1e-6);
  sums[0].ended = true;
  assert_float_equal(left_s(&run, 9), 1, 1e-6);
}

static void test_a_batch_under_way_and_sessions_to_come_count(void **state) {
  (void)state;
  struct summary_cell sums[2] = {{.planned = 3, .reps = 1, .total_s = 8}, {.planned = 3}};
  struct summary summary = {.plan = &plan, .cells = sums};
  struct run_progress run = {.summary = &summary,
                             .start_ns = START_NS,
                             .measured = 1,
                             .measured_ns = 8 * CLOCK_NS_PER_S,
                             .walk = &first};
  // The first session took 5 s besides its batch; the second will.
  assert_float_equal(left_s(&run, 13), 33, 1e-6);
  run.batch_start_ns = at(13);
  assert_float_equal(left_s(&run, 16), 30, 1e-6);
  assert_int_equal(run_progress_left_ns(&run, at(60)), 0); // longer than all of them should take
}

static void test_windows_are_left_of_an_open_loop(void **state) {
  (void)state;
  struct summary_cell sums[1] = {{.planned = 6}};
  const struct plan rates = {.batch_count = 6, .session_count = 1};
  struct summary summary = {.plan = &rates, .cells = sums, .open_loop = true};
  struct run_progress run = {.summary = &summary, .window_s = 10, .start_ns = START_NS, .walk = &first};
  assert_float_equal(left_s(&run, 0), 60, 1e-6);
  run.measured = 2;
  run.measured_ns = 20 * CLOCK_NS_PER_S;
  run.batch_start_ns = at(21);
  assert_float_equal(left_s(&run, 24), 37, 1e-6);
}

static void test_a_line_counts_batches_and_the_last_one_all_tokens(void **state) {
  (void)state;
  struct summary_cell sums[2] = {{.planned = 3, .requests = 4, .known_tokens = 30, .total_s = 2},
                                 {.planned = 3, .requests = 8, .known_tokens = 10, .total_s = 2}};
  struct summary summary = {.plan = &plan, .cells = sums, .again = 1};
  struct run_progress run = {.summary = &summary, .walk = &second, .start_ns = START_NS, .measured = 3};
  struct progress_state line;
  run_progress_line(&run, at(5), &line);
  assert_int_equal(line.done, 3);
  assert_int_equal(line.total, 7); // one is measured again
  assert_string_equal(line.label, "server");
  run_progress_totals(&run, &line);
  assert_int_equal(line.output_tokens, 40);
  assert_true(line.requests_per_s == 0 && line.tokens_per_s == 0); // no time is known
  run.measured_ns = 4 * CLOCK_NS_PER_S;
  run_progress_totals(&run, &line);
  assert_float_equal(line.requests_per_s, 3, 1e-9);
  assert_float_equal(line.tokens_per_s, 10, 1e-9);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_rest_takes_as_long_as_what_was_measured),
      cmocka_unit_test(test_a_batch_under_way_and_sessions_to_come_count),
      cmocka_unit_test(test_windows_are_left_of_an_open_loop),
      cmocka_unit_test(test_a_line_counts_batches_and_the_last_one_all_tokens),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
