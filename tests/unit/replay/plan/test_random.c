// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>

#include "replay/plan/random.h"

static void test_a_seed_gives_the_same_numbers_again(void **state) {
  (void)state;
  struct random_source *one = random_open(7), *same = random_open(7), *other = random_open(8);
  bool differs = false;
  for (int i = 0; i < 100; i++) {
    int64_t number = random_below(one, 1000000);
    assert_true(number >= 0 && number < 1000000);
    assert_int_equal(number, random_below(same, 1000000));
    differs |= number != random_below(other, 1000000);
  }
  assert_true(differs);
  assert_int_equal(random_below(one, 1), 0);
  random_close(one);
  random_close(same);
  random_close(other);
  random_close(NULL);
}

static void test_a_shuffle_keeps_all_items(void **state) {
  (void)state;
  int items[50], seen[50] = {0}, moved = 0;
  struct random_source *source = random_open(1);
  for (int i = 0; i < 50; i++)
    items[i] = i;
  random_shuffle(source, items, 50, sizeof items[0]);
  for (int i = 0; i < 50; i++) {
    seen[items[i]]++;
    moved += items[i] != i;
  }
  for (int i = 0; i < 50; i++)
    assert_int_equal(seen[i], 1);
  assert_true(moved > 25);
  random_close(source);
}

// Within six standard errors of 100,000 draws.
static void test_intervals_have_the_mean_that_is_asked_for(void **state) {
  (void)state;
  enum { DRAWS = 100000 };
  struct random_source *source = random_open(3);
  double exponential = 0, gamma = 0;
  for (int i = 0; i < DRAWS; i++) {
    exponential += random_exponential(source, 0.02);
    gamma += random_gamma(source, 0.5, 0.04);
  }
  assert_true(fabs(exponential / DRAWS - 0.02) < 6 * 0.02 / sqrt(DRAWS));
  assert_true(fabs(gamma / DRAWS - 0.02) < 6 * 0.04 * sqrt(0.5) / sqrt(DRAWS));
  random_close(source);
}

// The first outputs of the reference splitmix64 with seed 0 (Vigna).
static void test_spread_is_splitmix64(void **state) {
  (void)state;
  assert_true(random_spread(0) == UINT64_C(0xe220a8397b1dcdaf));
  assert_true(random_spread(UINT64_C(0x9e3779b97f4a7c15)) == UINT64_C(0x6e789e6aa1b965f4));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_seed_gives_the_same_numbers_again),
      cmocka_unit_test(test_a_shuffle_keeps_all_items),
      cmocka_unit_test(test_intervals_have_the_mean_that_is_asked_for),
      cmocka_unit_test(test_spread_is_splitmix64),
  };
  return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
