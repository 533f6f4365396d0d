// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/send/measurement.h"
#include "tests/unit/replay/sender.h"

static struct measurement *open_one(struct sender *sender) {
  struct measurement *measurement;
  struct error error;
  assert_int_equal(closed_loop_open(&sender->setup, sender_over, sender, &measurement, &error), STATUS_OK);
  return measurement;
}

static void close_one(struct sender *sender, struct measurement *measurement) {
  lanes_stop(sender->lanes);
  measurement_close(measurement);
  sender_close(sender);
}

static void send_batch(int64_t lanes, bool burst, int64_t workers, int64_t count) {
  struct sender sender;
  sender_open(&sender, lanes);
  sender.settings.burst = burst;
  struct measurement *measurement = open_one(&sender);
  struct recorder_batch batch = {.workers = workers, .batch = count};
  closed_loop_start(measurement, &batch, 3, 0);
  assert_true(measurement_running(measurement));
  sender_run(&sender);
  assert_true(sender.complete);
  assert_false(sender.is_open_loop);
  assert_int_equal(sender.sums.requests, count);
  assert_int_equal(sender.sums.failed, count);
  assert_int_equal(sender.sums.errors[FAILURE_CONNECT], count);
  struct progress_state progress = {0};
  measurement_progress(measurement, 0, &progress);
  assert_int_equal(progress.requests, count);
  assert_int_equal(progress.failed, count);
  assert_int_equal(progress.in_flight, 0);
  assert_int_equal(sender_count(&sender, "request"), count);
  close_one(&sender, measurement);
}

static void test_a_batch_sends_each_request_once(void **state) {
  (void)state;
  send_batch(1, false, 1, 1);
  send_batch(1, false, 2, 11); // the draw of seven begins again
  send_batch(1, false, 11, 2); // more workers than requests
  send_batch(1, true, 2, 9);
}

static void test_several_lanes_share_a_batch(void **state) {
  (void)state;
  send_batch(3, false, 4, 20);
  send_batch(3, false, 2, 20); // one lane has no worker
  send_batch(3, true, 2, 20);
}

static void test_a_timed_batch_ends_when_its_requests_are_used_up(void **state) {
  (void)state;
  struct sender sender;
  sender_open(&sender, 1);
  sender.settings.duration_ns = INT64_C(3600) * 1000000000;
  struct measurement *measurement = open_one(&sender);
  struct recorder_batch batch = {.workers = 1, .batch = 0};
  closed_loop_start(measurement, &batch, 0, 0);
  sender_run(&sender);
  assert_true(sender.complete);
  assert_int_equal(sender.sums.requests, 64); // prepared for a worker at first
  close_one(&sender, measurement);
}

static void test_a_cancelled_batch_has_no_outcome(void **state) {
  (void)state;
  struct sender sender;
  sender_open(&sender, 1);
  struct measurement *measurement = open_one(&sender);
  struct recorder_batch batch = {.workers = 2, .batch = 5};
  closed_loop_start(measurement, &batch, 0, 0);
  measurement_cancel(measurement);
  sender_run(&sender);
  assert_false(sender.complete);
  assert_int_equal(sender_count(&sender, "request"), 0);
  close_one(&sender, measurement);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_batch_sends_each_request_once),
      cmocka_unit_test(test_several_lanes_share_a_batch),
      cmocka_unit_test(test_a_timed_batch_ends_when_its_requests_are_used_up),
      cmocka_unit_test(test_a_cancelled_batch_has_no_outcome),
  };
  return cmocka_run_group_tests_name("closed loop", tests, NULL, NULL);
}
