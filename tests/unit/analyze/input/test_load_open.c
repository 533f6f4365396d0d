// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "analyze/input/load_open.h"
#include "analyze/input/load_reader.h"

#define SECOND INT64_C(1000000000)

// Where the steady part of 100 s begins, of two requests a second that last a tenth of one, but `slow_s` from
// one instant to another.
static double start_of(double slow_s, int64_t from_s, int64_t to_s) {
  struct load_data data = LOAD_DATA;
  struct load_arrivals arrivals = {0};
  struct load_times times = {0};
  struct run_batch batch = {
      .workers = -1, .batch = -1, .total_ns = 100 * SECOND, .rate = 2, .valid = true, .requests = 200};
  for (int64_t i = 0; i < 200; i++) {
    bool slow = i / 2 >= from_s && i / 2 < to_s;
    struct run_request request = {.workers = -1,
                                  .batch = -1,
                                  .ready_ns = i * SECOND / 2,
                                  .sent_ns = i * SECOND / 2,
                                  .latency_ns = slow ? (int64_t)(slow_s * 1e9) : SECOND / 10};
    int64_t values[LOAD_TIME_COUNT] = {request.latency_ns, request.latency_ns, -1};
    assert_int_equal(load_arrivals_add(&arrivals, &request, values, true), STATUS_OK);
  }
  struct load_open_source source = {.arrivals = &arrivals, .times = &times};
  assert_int_equal(load_open_add(&data, &source, &batch, NAN), STATUS_OK);
  double start_s = data.open[0].start_s;
  load_arrivals_free(&arrivals);
  load_free(&data);
  return start_s;
}

static void test_an_emptier_start_is_left_out(void **state) {
  (void)state;
  assert_in_range((int64_t)start_of(4, 20, 100), 20, 25);
}

// A busy spell is as much of the steady part at the start as in the middle.
static void test_a_busier_start_is_not_left_out(void **state) {
  (void)state;
  assert_true(start_of(4, 0, 20) == 0);
  assert_true(start_of(4, 40, 60) == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_an_emptier_start_is_left_out),
      cmocka_unit_test(test_a_busier_start_is_not_left_out),
  };
  return cmocka_run_group_tests_name("load_open", tests, NULL, NULL);
}
