// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "analyze/stat/queue.h"

enum { STEPS = 60 };

static double uniform(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
}

// A minute of a single server from empty: Poisson arrivals, exponential services; `rise` and so many steps.
static struct queue server(double offered, double served, uint64_t *seed) {
  struct queue queue = {0};
  double in_flight[STEPS + 1] = {0}, scratch[STEPS + 1], free_s = 0, at_s = 0, arrived = 0;
  while (at_s <= STEPS) {
    free_s = fmax(free_s, at_s) - log(uniform(seed)) / served;
    for (size_t i = (size_t)ceil(at_s); i <= STEPS && (double)i < free_s; i++)
      in_flight[i]++;
    arrived++;
    at_s -= log(uniform(seed)) / offered;
  }
  queue_add(&queue, arrived, STEPS, in_flight, STEPS + 1, scratch);
  return queue;
}

static double share_that_grows(double offered, int repetitions) {
  uint64_t seed = 3;
  int grown = 0;
  for (int i = 0; i < 1000; i++) {
    struct queue sum = {0};
    bool grows;
    for (int r = 0; r < repetitions; r++) {
      struct queue one = server(offered, 20, &seed);
      queue_merge(&sum, &one);
    }
    (void)queue_slope(&sum, &grows);
    grown += grows;
  }
  return grown / 1000.0;
}

static void test_an_overload_is_told_from_a_noisy_queue(void **state) {
  (void)state;
  assert_true(share_that_grows(10, 1) <= 0.01);
  assert_true(share_that_grows(18, 1) <= 0.05);
  assert_true(share_that_grows(18, 3) <= 0.05);
  assert_true(share_that_grows(20, 1) <= 0.08); // a load of exactly 1: the walk itself
  assert_true(share_that_grows(24, 1) >= 0.95);
  assert_true(share_that_grows(22, 3) >= 0.8);
}

static void test_the_slope_is_what_is_offered_beyond_what_is_served(void **state) {
  (void)state;
  double in_flight[STEPS + 1], scratch[STEPS + 1];
  struct queue queue = {0};
  bool grows = false;
  for (size_t i = 0; i <= STEPS; i++)
    in_flight[i] = 2.5 * (double)i;
  queue_add(&queue, 600, STEPS, in_flight, STEPS + 1, scratch);
  assert_true(fabs(queue_slope(&queue, &grows) - 2.5) < 1e-12);
  assert_true(grows); // steps without noise
  queue_merge(&queue, &queue);
  assert_true(fabs(queue_slope(&queue, &grows) - 2.5) < 1e-12 && grows);
  // However regular, less than two in a hundred that are left over are no growth.
  queue.arrived = 20000;
  (void)queue_slope(&queue, &grows);
  assert_false(grows);
}

static void test_few_requests_show_nothing(void **state) {
  (void)state;
  double in_flight[STEPS + 1] = {0}, scratch[STEPS + 1];
  struct queue queue = {0};
  bool grows = true;
  in_flight[STEPS] = 10;
  queue_add(&queue, QUEUE_MIN_REQUESTS - 1, STEPS, in_flight, STEPS + 1, scratch);
  assert_true(isnan(queue_slope(&queue, &grows)));
  assert_false(grows);
  queue = (struct queue){0};
  queue_add(&queue, 100, STEPS, in_flight, 5, scratch);
  queue_add(&queue, 100, 0, in_flight, STEPS + 1, scratch);
  assert_true(queue.arrived == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_an_overload_is_told_from_a_noisy_queue),
      cmocka_unit_test(test_the_slope_is_what_is_offered_beyond_what_is_served),
      cmocka_unit_test(test_few_requests_show_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
