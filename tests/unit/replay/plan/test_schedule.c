// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gsl/gsl_cdf.h>

#include "replay/plan/schedule.h"

#define SECOND INT64_C(1000000000)

static void test_constant_intervals_do_not_drift(void **state) {
  (void)state;
  struct schedule schedule;
  struct schedule_rate rate = {.per_s = 3, .arrival = SCHEDULE_ARRIVAL_CONSTANT, .count = 1000001, .seed = 1};
  assert_int_equal(schedule_at_rate(&rate, &schedule, NULL), STATUS_OK);
  assert_int_equal(schedule.count, 1000001);
  for (int64_t i = 0; i < 1000001; i += 3) // whole seconds, after almost four days
    assert_int_equal(schedule.offsets_ns[i], i / 3 * SECOND);
  assert_int_equal(schedule.offsets_ns[1000000], (1000000 * SECOND + 1) / 3); // (N - 1) / rate
  schedule_free(&schedule);
}

// Mean and coefficient of variation of the intervals of a long schedule at 50/s.
static void intervals(enum schedule_arrival arrival, double burstiness, double *mean_s, double *variation) {
  enum { COUNT = 100000 };
  struct schedule schedule;
  struct schedule_rate rate = {
      .per_s = 50, .arrival = arrival, .burstiness = burstiness, .count = COUNT, .seed = 11};
  assert_int_equal(schedule_at_rate(&rate, &schedule, NULL), STATUS_OK);
  double sum = 0, squares = 0;
  for (size_t i = 1; i < schedule.count; i++) {
    double gap_s = (double)(schedule.offsets_ns[i] - schedule.offsets_ns[i - 1]) / (double)SECOND;
    assert_true(gap_s >= 0);
    sum += gap_s;
    squares += gap_s * gap_s;
  }
  *mean_s = sum / (COUNT - 1);
  *variation = sqrt(squares / (COUNT - 1) - *mean_s * *mean_s) / *mean_s;
  schedule_free(&schedule);
}

// An exponential varies by 1, a gamma of shape k by 1/sqrt(k). The bounds are five standard errors and more.
static void test_intervals_have_the_spread_of_their_distribution(void **state) {
  (void)state;
  static const struct {
    enum schedule_arrival arrival;
    double burstiness, variation;
  } cases[] = {{SCHEDULE_ARRIVAL_CONSTANT, 1, 0},
               {SCHEDULE_ARRIVAL_POISSON, 1, 1},
               {SCHEDULE_ARRIVAL_GAMMA, 1, 1},
               {SCHEDULE_ARRIVAL_GAMMA, 0.25, 2},
               {SCHEDULE_ARRIVAL_GAMMA, 4, 0.5}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    double mean_s, variation;
    intervals(cases[i].arrival, cases[i].burstiness, &mean_s, &variation);
    assert_true(fabs(mean_s - 0.02) < 0.02 * 0.035);
    assert_true(fabs(variation - cases[i].variation) < 0.05);
  }
}

static int compare(const void *a, const void *b) {
  const double *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

// Kolmogorov's statistic of the intervals (sorted here) for a gamma distribution, times the root of their
// number: beyond 1.628 in one of a hundred samples of the distribution (Stephens 1974, table 1).
static double kolmogorov_of(double *gaps_s, size_t count, double rate, double burstiness) {
  qsort(gaps_s, count, sizeof gaps_s[0], compare);
  double most = 0, all = (double)count;
  for (size_t i = 0; i < count; i++) {
    double p = gsl_cdf_gamma_P(gaps_s[i], burstiness, 1 / (rate * burstiness));
    most = fmax(most, fmax(p - (double)i / all, (double)(i + 1) / all - p));
  }
  return most * sqrt(all);
}

static double kolmogorov(enum schedule_arrival arrival, double burstiness, int64_t seed) {
  enum { COUNT = 5000, RATE = 50 };
  static double gaps_s[COUNT];
  struct schedule schedule;
  struct schedule_rate rate = {
      .per_s = RATE, .arrival = arrival, .burstiness = burstiness, .count = COUNT + 1, .seed = seed};
  assert_int_equal(schedule_at_rate(&rate, &schedule, NULL), STATUS_OK);
  for (size_t i = 0; i < COUNT; i++)
    gaps_s[i] = (double)(schedule.offsets_ns[i + 1] - schedule.offsets_ns[i]) / (double)SECOND;
  schedule_free(&schedule);
  return kolmogorov_of(gaps_s, COUNT, RATE, burstiness);
}

// Of 200 schedules two are expected beyond the limit of 1 %; more than eight come in one of 4000 such tests.
static void test_intervals_pass_a_kolmogorov_smirnov_test(void **state) {
  (void)state;
  int beyond = 0;
  for (int64_t seed = 1; seed <= 100; seed++) {
    beyond += kolmogorov(SCHEDULE_ARRIVAL_POISSON, 1, seed) > 1.628;
    beyond += kolmogorov(SCHEDULE_ARRIVAL_GAMMA, 4, seed) > 1.628;
  }
  assert_in_range(beyond, 0, 8);
  assert_true(kolmogorov(SCHEDULE_ARRIVAL_CONSTANT, 1, 1) > 1.628);
  assert_true(kolmogorov(SCHEDULE_ARRIVAL_GAMMA, 4, 1) < 1.628);
}

// Through the integral of their rate, arrivals at rates that change are those of the rate 1 again.
static void test_a_series_passes_a_kolmogorov_smirnov_test_after_rescaling(void **state) {
  (void)state;
  enum { MOST = 20000 };
  static const struct rate_series_point points[] = {{0, 0, 0},      {10, 100, 500}, {20, 100, 1500},
                                                    {20, 10, 1500}, {30, 0, 1550},  {50, 90, 2450}};
  static const struct rate_series series = {(struct rate_series_point *)points, 6};
  static double gaps[MOST];
  int beyond = 0, beyond_as_it_is = 0;
  size_t requests = 0;
  for (int64_t seed = 1; seed <= 100; seed++) {
    struct schedule schedule;
    struct schedule_rate rate = {.per_s = 1,
                                 .series = &series,
                                 .arrival = SCHEDULE_ARRIVAL_POISSON,
                                 .duration_ns = 50 * SECOND,
                                 .seed = seed};
    assert_int_equal(schedule_at_rate(&rate, &schedule, NULL), STATUS_OK);
    requests += schedule.count;
    for (int rescaled = 0; rescaled < 2; rescaled++) {
      double before = 0;
      for (size_t i = 0, at = 0; i < schedule.count; i++) {
        double t_s = (double)schedule.offsets_ns[i] / (double)SECOND;
        while (t_s > points[at + 1].t_s)
          at++;
        double width_s = points[at + 1].t_s - points[at].t_s, into_s = t_s - points[at].t_s;
        double due = points[at].before + into_s * (points[at].rate + (points[at + 1].rate - points[at].rate) *
                                                                         into_s / width_s / 2);
        if (!rescaled) due = t_s * 49; // the mean rate
        gaps[i] = due - before;
        before = due;
      }
      *(rescaled ? &beyond : &beyond_as_it_is) += kolmogorov_of(gaps, schedule.count, 1, 1) > 1.628;
    }
    schedule_free(&schedule);
  }
  assert_true(fabs((double)requests / 100 - 2450) < 20); // four standard errors
  assert_in_range(beyond, 0, 5); // one is expected; more than five come in one of 2000 such tests
  assert_int_equal(beyond_as_it_is, 100);
}

static void test_constant_arrivals_of_a_series_are_due_one_by_one(void **state) {
  (void)state;
  static const struct rate_series_point ramp[] = {{0, 0, 0}, {10, 20, 100}};
  static const struct rate_series series = {(struct rate_series_point *)ramp, 2};
  struct schedule schedule;
  struct schedule_rate rate = {.per_s = 1, .series = &series, .duration_ns = 10 * SECOND, .seed = 1};
  assert_int_equal(schedule_at_rate(&rate, &schedule, NULL), STATUS_OK);
  assert_int_equal(schedule.count, 100); // t^2 are due until t
  for (int i = 0; i < 100; i++)
    assert_true(fabs((double)schedule.offsets_ns[i] - sqrt(i) * (double)SECOND) <= 1);
  assert_int_equal(schedule.window_ns, 10 * SECOND);
  schedule_free(&schedule);
  rate.duration_ns = 5 * SECOND;
  assert_int_equal(schedule_at_rate(&rate, &schedule, NULL), STATUS_OK);
  assert_int_equal(schedule.count, 25);
  schedule_free(&schedule);
}

static void test_a_duration_ends_the_schedule(void **state) {
  (void)state;
  struct schedule schedule;
  struct schedule_rate rate = {
      .per_s = 10, .arrival = SCHEDULE_ARRIVAL_CONSTANT, .duration_ns = 3 * SECOND, .count = 7, .seed = 1};
  assert_int_equal(schedule_at_rate(&rate, &schedule, NULL), STATUS_OK);
  assert_int_equal(schedule.count, 30); // 0, 0.1, ... 2.9 s
  assert_int_equal(schedule.window_ns, 3 * SECOND);
  schedule_free(&schedule);
  rate =
      (struct schedule_rate){.per_s = 1e-6, .arrival = SCHEDULE_ARRIVAL_POISSON, .duration_ns = 1, .seed = 1};
  struct error error = {""};
  assert_int_equal(schedule_at_rate(&rate, &schedule, &error), STATUS_USAGE);
  assert_non_null(strstr(error.text, "too short"));
}

static void test_the_seed_decides_the_schedule(void **state) {
  (void)state;
  struct schedule first, again, other;
  struct schedule_rate rate = {.per_s = 10, .arrival = SCHEDULE_ARRIVAL_POISSON, .count = 50, .seed = 3};
  assert_int_equal(schedule_at_rate(&rate, &first, NULL), STATUS_OK);
  assert_int_equal(schedule_at_rate(&rate, &again, NULL), STATUS_OK);
  rate.seed = 4;
  assert_int_equal(schedule_at_rate(&rate, &other, NULL), STATUS_OK);
  assert_memory_equal(first.offsets_ns, again.offsets_ns, 50 * sizeof(int64_t));
  assert_memory_not_equal(first.offsets_ns, other.offsets_ns, 50 * sizeof(int64_t));
  schedule_free(&first);
  schedule_free(&again);
  schedule_free(&other);
}

static void test_recorded_times_are_scaled_and_idle_time_is_cut(void **state) {
  (void)state;
  static const int64_t at_ns[] = {100 * SECOND, 101 * SECOND, 101 * SECOND, 161 * SECOND, 163 * SECOND};
  static const struct {
    double speed;
    int64_t max_idle_ns, duration_ns;
    size_t count;
    int64_t offsets_ns[5];
    int64_t window_ns;
  } cases[] = {
      {1, 0, 0, 5, {0, SECOND, SECOND, 61 * SECOND, 63 * SECOND}, 63 * SECOND},
      {2, 0, 0, 5, {0, SECOND / 2, SECOND / 2, 61 * SECOND / 2, 63 * SECOND / 2}, 63 * SECOND / 2},
      {1, 5 * SECOND, 0, 5, {0, SECOND, SECOND, 6 * SECOND, 8 * SECOND}, 8 * SECOND},
      {2, 5 * SECOND, 3 * SECOND, 3, {0, SECOND / 2, SECOND / 2}, 3 * SECOND},
      {1, 5 * SECOND, 100 * SECOND, 5, {0, SECOND, SECOND, 6 * SECOND, 8 * SECOND}, 8 * SECOND},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct schedule schedule;
    assert_int_equal(schedule_as_recorded(at_ns, 5, cases[i].speed, cases[i].max_idle_ns,
                                          cases[i].duration_ns, &schedule, NULL),
                     STATUS_OK);
    assert_int_equal(schedule.count, cases[i].count);
    assert_memory_equal(schedule.offsets_ns, cases[i].offsets_ns, schedule.count * sizeof(int64_t));
    assert_int_equal(schedule.window_ns, cases[i].window_ns);
    schedule_free(&schedule);
  }
}

// Traces that lie decades apart, and a speed that makes ages of hours.
static void test_a_schedule_of_over_a_year_is_refused(void **state) {
  (void)state;
  static const int64_t day_ns = 86400 * SECOND;
  static const struct {
    int64_t second_ns, max_idle_ns, duration_ns;
    double speed;
    enum status status;
  } cases[] = {
      {20000 * day_ns, 0, 0, 1, STATUS_USAGE},   {day_ns, 0, 0, 1e-6, STATUS_USAGE},
      {366 * day_ns, 0, 0, 1, STATUS_USAGE},     {365 * day_ns, 0, 0, 1, STATUS_OK},
      {20000 * day_ns, SECOND, 0, 1, STATUS_OK}, {20000 * day_ns, 0, day_ns, 1e-6, STATUS_OK},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const int64_t at_ns[] = {0, cases[i].second_ns};
    struct error error = {""};
    struct schedule schedule = {0};
    assert_int_equal(schedule_as_recorded(at_ns, 2, cases[i].speed, cases[i].max_idle_ns,
                                          cases[i].duration_ns, &schedule, &error),
                     cases[i].status);
    assert_int_equal(strstr(error.text, "over a year") != NULL, cases[i].status == STATUS_USAGE);
    schedule_free(&schedule);
  }
  struct schedule schedule;
  struct schedule_rate rate = {.per_s = 1e-6, .arrival = SCHEDULE_ARRIVAL_CONSTANT, .count = 40, .seed = 1};
  assert_int_equal(schedule_at_rate(&rate, &schedule, NULL), STATUS_USAGE);
  assert_int_equal(schedule_faster(20000 * day_ns, 1e-6), SCHEDULE_LONGEST_NS);
  assert_int_equal(schedule_faster(3 * SECOND, 2), 3 * SECOND / 2);
}

static void test_at_twice_the_rate_intervals_are_half_as_long(void **state) {
  (void)state;
  static const double rates[] = {10, 20};
  struct schedules both = {0};
  struct schedule_rate common = {.arrival = SCHEDULE_ARRIVAL_POISSON, .count = 50, .seed = 3};
  struct error error = {""};
  assert_int_equal(schedules_at_rates(&common, rates, 2, 3, &both, NULL), STATUS_OK);
  assert_int_equal(both.count, 6);
  assert_int_equal(schedules_most(&both), 50);
  for (int64_t rep = 0; rep < 3; rep++) {
    const struct schedule *slow = schedules_at(&both, 0, rep), *fast = schedules_at(&both, 1, rep);
    for (size_t i = 0; i < 50; i++)
      assert_true(llabs(slow->offsets_ns[i] - 2 * fast->offsets_ns[i]) <= 1);
    if (rep > 0) assert_memory_not_equal(slow->offsets_ns, both.of[0].offsets_ns, 50 * sizeof(int64_t));
  }
  schedules_free(&both);
  common.duration_ns = 2 * SECOND;
  common.arrival = SCHEDULE_ARRIVAL_CONSTANT;
  assert_int_equal(schedules_at_rates(&common, rates, 2, 3, &both, NULL), STATUS_OK);
  assert_int_equal(both.count, 2); // constant intervals are the same in each repetition
  assert_ptr_equal(schedules_at(&both, 1, 2), &both.of[1]);
  assert_int_equal(both.of[0].count, 20);
  assert_int_equal(schedules_most(&both), 40);
  schedules_free(&both);
  common.duration_ns = SCHEDULE_LONGEST_NS;
  assert_int_equal(schedules_at_rates(&common, rates, 2, 3, &both, &error), STATUS_USAGE);
  assert_null(both.of);
}

// Of one draw for 6 s at 20/s the rate may be off by a fifth; over repetitions it is what was asked for.
static void test_repetitions_keep_the_rate_on_average(void **state) {
  (void)state;
  static const double rate = 20;
  struct schedules schedules = {0};
  struct schedule_rate common = {.arrival = SCHEDULE_ARRIVAL_POISSON, .duration_ns = 6 * SECOND, .seed = 3};
  assert_int_equal(schedules_at_rates(&common, &rate, 1, 400, &schedules, NULL), STATUS_OK);
  assert_int_equal(schedules.count, 400);
  double sum = 0;
  for (size_t i = 0; i < 400; i++)
    sum += (double)schedules.of[i].count;
  assert_true(fabs(sum / 400 - 120) < 2.2); // four standard errors
  schedules_free(&schedules);
  common.duration_ns = SECOND / 10; // two requests: a seventh of all draws hold none
  assert_int_equal(schedules_at_rates(&common, &rate, 1, 400, &schedules, NULL), STATUS_OK);
  for (size_t i = 0; i < 400; i++)
    assert_true(schedules.of[i].count > 0);
  schedules_free(&schedules);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_constant_intervals_do_not_drift),
      cmocka_unit_test(test_intervals_have_the_spread_of_their_distribution),
      cmocka_unit_test(test_intervals_pass_a_kolmogorov_smirnov_test),
      cmocka_unit_test(test_a_series_passes_a_kolmogorov_smirnov_test_after_rescaling),
      cmocka_unit_test(test_constant_arrivals_of_a_series_are_due_one_by_one),
      cmocka_unit_test(test_a_duration_ends_the_schedule),
      cmocka_unit_test(test_the_seed_decides_the_schedule),
      cmocka_unit_test(test_at_twice_the_rate_intervals_are_half_as_long),
      cmocka_unit_test(test_repetitions_keep_the_rate_on_average),
      cmocka_unit_test(test_recorded_times_are_scaled_and_idle_time_is_cut),
      cmocka_unit_test(test_a_schedule_of_over_a_year_is_refused),
  };
  return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
