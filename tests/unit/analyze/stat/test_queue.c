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

static double uniform(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
}

// A single server from empty; service takes 1 / served seconds, by itself or on average. 0: at even times.
static struct queue server(double offered, double served, double length_s, uint64_t seed) {
  struct queue queue = {0};
  double free_s = 0, at_s = 0;
  while (at_s <= length_s) {
    double service = seed ? -log(uniform(&seed)) / served : 1 / served;
    free_s = fmax(free_s, at_s) + service;
    queue_add(&queue, at_s, length_s, free_s - at_s);
    at_s += seed ? -log(uniform(&seed)) / offered : 1 / offered;
  }
  return queue;
}

static void test_response_times_rise_by_what_is_offered_too_much(void **state) {
  (void)state;
  static const double offered[] = {11, 12, 20};
  for (size_t i = 0; i < 3; i++) {
    bool grows = false;
    struct queue queue = server(offered[i], 10, 60, 0);
    double slope = offered[i] / 10 - 1;
    assert_true(fabs(queue_slope(&queue, &grows) - slope) < 0.01 * slope);
    assert_true(grows);
  }
  bool grows = true;
  struct queue queue = server(9, 10, 60, 0);
  assert_true(fabs(queue_slope(&queue, &grows)) < 1e-9);
  assert_false(grows);
}

// Poisson arrivals, exponential service, an hour's worth of server: half the load, and a fifth too much.
static void test_random_arrivals_are_told_from_a_growing_queue(void **state) {
  (void)state;
  int half = 0, over = 0;
  for (uint64_t seed = 1; seed <= 1000; seed++) {
    bool grows;
    struct queue queue = server(10, 20, 60, seed);
    (void)queue_slope(&queue, &grows);
    half += grows;
    queue = server(24, 20, 60, seed);
    (void)queue_slope(&queue, &grows);
    over += grows;
  }
  assert_true(half <= 5);
  assert_true(over >= 980);
}

// A server that answers each after 40 s fills up for most of a minute, and no one waits longer for that.
static void test_long_answers_are_no_queue(void **state) {
  (void)state;
  struct queue queue = {0};
  for (int i = 0; i < 600; i++)
    queue_add(&queue, i * 0.1, 60, 40 + 0.01 * (i % 7));
  bool grows = true;
  assert_true(fabs(queue_slope(&queue, &grows)) < QUEUE_MIN_SLOPE);
  assert_false(grows);
}

static void test_repetitions_add_up(void **state) {
  (void)state;
  struct queue one = server(12, 10, 30, 0), sum = {0};
  bool grows;
  double slope = queue_slope(&one, &grows);
  queue_merge(&sum, &one);
  queue_merge(&sum, &(struct queue){0});
  queue_merge(&sum, &one);
  assert_true(sum.middle.count == 2 * one.middle.count);
  assert_true(fabs(queue_slope(&sum, &grows) - slope) < 1e-9);
}

static void test_few_requests_show_nothing(void **state) {
  (void)state;
  struct queue queue = {0};
  bool grows = true;
  for (int i = 0; i <= 29; i++)
    queue_add(&queue, i + 0.5, 30, 1 + i);
  queue.last.count = QUEUE_MIN_REQUESTS - 1;
  assert_true(isnan(queue_slope(&queue, &grows)));
  assert_false(grows);
  queue = (struct queue){0};
  queue_add(&queue, 31, 30, 1);
  queue_add(&queue, 5, 30, 1);
  queue_add(&queue, 15, 0, 1);
  queue_add(&queue, NAN, 30, 1);
  queue_add(&queue, 15, 30, NAN);
  assert_true(queue.middle.count == 0 && queue.last.count == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_response_times_rise_by_what_is_offered_too_much),
      cmocka_unit_test(test_random_arrivals_are_told_from_a_growing_queue),
      cmocka_unit_test(test_long_answers_are_no_queue),
      cmocka_unit_test(test_repetitions_add_up),
      cmocka_unit_test(test_few_requests_show_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
