// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "analyze/judge/suggest_rates.h"

enum { MOST = 4 };

// Loads at these rates, with so many repetitions that count; an index of `passes` or `fails` of -1: none.
struct situation {
  const double *rates;
  const int64_t *reps;
  size_t count;
  int passes, fails;
  double at;
};

static struct load loads[8];
static struct suggest_cell cells[MOST];

static size_t suggest(struct situation found) {
  for (size_t i = 0; i < found.count; i++)
    loads[i] = (struct load){.rate = found.rates[i], .reps = found.reps[i], .invalid = found.reps[i] ? 0 : 3};
  struct results results = {
      .loads = loads,
      .load_count = found.count,
      .precision = SUGGEST_PRECISION,
      .load_answer = {found.passes < 0 ? SIZE_MAX : (size_t)found.passes,
                      found.fails < 0 ? SIZE_MAX : (size_t)found.fails},
      .slo_edge = {.at = found.at},
  };
  return suggest_rates(&results, MOST, cells);
}

static void rates_are(size_t count, double first, double second) {
  if (count > 0 && cells[0].rate != first) fail_msg("%g instead of %g", cells[0].rate, first);
  if (count > 1 && cells[1].rate != second) fail_msg("%g instead of %g", cells[1].rate, second);
}

static const double RATES[] = {5, 10, 20};
static const int64_t THREE[] = {3, 3, 3}, FOUR[] = {4, 4, 4};

static void test_it_doubles_until_a_rate_fails(void **state) {
  (void)state;
  assert_int_equal(suggest((struct situation){RATES, THREE, 3, 2, -1, NAN}), 1);
  rates_are(1, 40, 0);
  assert_true(cells[0].repeat == 1 && cells[0].workers == 0);
  assert_int_equal(suggest((struct situation){RATES, THREE, 3, -1, 0, NAN}), 1);
  rates_are(1, 2.5, 0);
}

static void test_a_rate_that_is_open_is_measured_again(void **state) {
  (void)state;
  assert_int_equal(suggest((struct situation){RATES, THREE, 3, 0, 2, NAN}), 1);
  rates_are(1, 10, 0);
  assert_int_equal(cells[0].repeat, 2);
  // Often enough: the gaps on both sides of it.
  assert_int_equal(suggest((struct situation){RATES, FOUR, 3, 0, 2, NAN}), 2);
  rates_are(2, 7.07, 14.1);
  // All its repetitions were rejected.
  static const int64_t none[] = {3, 0, 3};
  assert_int_equal(suggest((struct situation){RATES, none, 3, 0, 2, NAN}), 1);
  rates_are(1, 10, 0);
  assert_int_equal(cells[0].repeat, 2);
}

// Two rates within a limit and one beyond it, the edge with its interval at `at`; 0: not shown. A line
// through their percentiles meets the limit at `fitted`; 0: nowhere.
static size_t suggest_within_limits(double low, double high, int64_t reps, struct estimate at,
                                    double fitted) {
  const double rates[] = {low / 2, low, high};
  static struct load_repetition minutes[SUGGEST_NEAR_MOST];
  for (size_t i = 0; i < SUGGEST_NEAR_MOST; i++)
    minutes[i].duration_s = 60;
  for (size_t i = 0; i < 3; i++)
    loads[i] = (struct load){.rate = rates[i],
                             .reps = reps,
                             .repetitions = minutes,
                             .invalid = reps ? 0 : 3,
                             .meets_slo = i < 2 ? CELL_SLO_MET : CELL_SLO_MISSED};
  struct results results = {.loads = loads,
                            .load_count = 3,
                            .limit_count = 1,
                            .precision = SUGGEST_PRECISION,
                            .load_answer = {SIZE_MAX, SIZE_MAX},
                            .slo_edge = {.at = fitted, .crossing = at}};
  return suggest_rates(&results, MOST, cells);
}

static void test_it_measures_on_both_sides_of_an_edge_until_its_interval_is_narrow(void **state) {
  (void)state;
  const struct estimate none = {0}, wide = {14, 12, 17}, narrow = {14, 13.4, 14.7};
  assert_int_equal(suggest_within_limits(10, 20, 1, none, 0), 1);
  rates_are(1, 14.1, 0);
  assert_true(cells[0].duration_s == 60);
  assert_int_equal(suggest_within_limits(13, 15, 2, none, 0), 2);
  rates_are(2, 13.2, 14.8);
  assert_int_equal(suggest_within_limits(13, 15, 4, wide, 0), 2);
  rates_are(2, 11.8, 16.7);
  assert_true(cells[0].repeat == 1 && cells[0].duration_s == 240);
  assert_int_equal(suggest_within_limits(13, 15, 4, narrow, 0), 0);
  assert_int_equal(suggest_within_limits(13, 15, 10, wide, 0), 2); // four more, of 24
  assert_true(cells[0].duration_s == 120);
  assert_int_equal(suggest_within_limits(13, 15, SUGGEST_NEAR_MOST / 2, wide, 0), 0); // enough is enough
  assert_int_equal(suggest_within_limits(13, 15, 0, none, 0), 3); // the client was held up
  assert_int_equal(cells[0].repeat, 2);
}

static void test_a_fit_beside_a_measured_rate_still_cuts_a_wide_gap(void **state) {
  (void)state;
  assert_int_equal(suggest_within_limits(10, 20, 1, (struct estimate){0}, 16), 1);
  rates_are(1, 16, 0);
  assert_int_equal(suggest_within_limits(10, 20, 1, (struct estimate){0}, 19.99), 1);
  rates_are(1, 16.8, 0);
  assert_int_equal(suggest_within_limits(10, 20, 1, (struct estimate){0}, 10.01), 1);
  rates_are(1, 11.9, 0);
}

static void test_it_ends_when_the_bounds_are_close(void **state) {
  (void)state;
  static const double close[] = {10, 11}, near[] = {10, 11.5}, open[] = {10, 12, 14.3}, recorded[] = {NAN};
  static const int64_t once[] = {1, 1, 1};
  assert_int_equal(suggest((struct situation){close, THREE, 2, 0, 1, 10.5}), 0);
  assert_int_equal(suggest((struct situation){near, THREE, 2, 0, 1, 10.5}), 1);
  rates_are(1, 10.7, 0);
  // Beside a rate that stays open twice the precision is enough.
  assert_int_equal(suggest((struct situation){open, FOUR, 3, 0, 2, NAN}), 0);
  // Both bounds are to stand on repetitions.
  assert_int_equal(suggest((struct situation){close, once, 2, 0, 1, NAN}), 1);
  rates_are(1, 10, 0);
  assert_int_equal(cells[0].repeat, 2);
  assert_int_equal(suggest((struct situation){recorded, THREE, 1, 0, -1, NAN}), 0);
}

static void test_a_rate_is_one_line_of_json(void **state) {
  (void)state;
  struct buf out = {0};
  suggest((struct situation){RATES, THREE, 3, 2, -1, NAN});
  assert_int_equal(suggest_print(cells, 1, &out), STATUS_OK);
  assert_string_equal(buf_text(&out),
                      "{\"rate\":40,\"repeat\":1,\"why\":\"the highest rate does not fail\"}\n");
  buf_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_it_doubles_until_a_rate_fails),
      cmocka_unit_test(test_a_rate_that_is_open_is_measured_again),
      cmocka_unit_test(test_it_measures_on_both_sides_of_an_edge_until_its_interval_is_narrow),
      cmocka_unit_test(test_a_fit_beside_a_measured_rate_still_cuts_a_wide_gap),
      cmocka_unit_test(test_it_ends_when_the_bounds_are_close),
      cmocka_unit_test(test_a_rate_is_one_line_of_json),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
