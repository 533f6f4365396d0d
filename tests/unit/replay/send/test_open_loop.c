// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "replay/send/measurement.h"
#include "tests/unit/replay/sender.h"

static int64_t offsets_ns[] = {0, 1000000, 1000000, 3000000, 4000000};
static const struct schedule schedule = {.offsets_ns = offsets_ns, .count = 5, .window_ns = 5000000};
static const struct recorder_batch repetition = {.workers = -1, .batch = -1, .rep = 1, .rate = 1000};

static struct measurement *open_one(struct sender *sender, int64_t lanes) {
  struct measurement *measurement;
  struct error error;
  sender_open(sender, lanes);
  assert_int_equal(open_loop_open(&sender->setup, sender_over, sender, &measurement, &error), STATUS_OK);
  return measurement;
}

static void close_one(struct sender *sender, struct measurement *measurement) {
  lanes_stop(sender->lanes);
  measurement_close(measurement);
  sender_close(sender);
}

static void test_a_repetition_sends_the_whole_schedule(void **state) {
  (void)state;
  for (int64_t lanes = 1; lanes <= 7; lanes += 6) { // of seven some have nothing to send
    struct sender sender;
    struct measurement *measurement = open_one(&sender, lanes);
    for (int round = 1; round <= 2; round++) {
      int64_t before_ns = clock_now_ns();
      open_loop_start(measurement, &schedule, &repetition, 0);
      sender_run(&sender);
      assert_true(clock_now_ns() - before_ns >= offsets_ns[4]);
      assert_true(sender.complete);
      assert_true(sender.is_open_loop);
      assert_int_equal(sender.total_ns, schedule.window_ns);
      assert_int_equal(sender.sums.requests, 5);
      assert_int_equal(sender.sums.errors[FAILURE_CONNECT], 5);
      assert_string_equal(sender.open_loop.timing, "rate");
      assert_true(sender.open_loop.rate == 1000);
      assert_int_equal(sender.open_loop.output_tokens, -1);
      struct progress_state progress = {0};
      measurement_progress(measurement, 0, &progress);
      assert_int_equal(progress.requests, 5 * round);
    }
    assert_int_equal(sender_count(&sender, "request"), 10);
    close_one(&sender, measurement);
  }
}

static void test_a_cancelled_repetition_has_no_outcome(void **state) {
  (void)state;
  struct sender sender;
  struct measurement *measurement = open_one(&sender, 1);
  int64_t far_ns[] = {0, INT64_C(3600) * CLOCK_NS_PER_S};
  struct schedule far = {.offsets_ns = far_ns, .count = 2, .window_ns = far_ns[1]};
  open_loop_start(measurement, &far, &repetition, 0);
  measurement_cancel(measurement);
  sender_run(&sender);
  assert_false(sender.complete);
  close_one(&sender, measurement);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_repetition_sends_the_whole_schedule),
      cmocka_unit_test(test_a_cancelled_repetition_has_no_outcome),
  };
  return cmocka_run_group_tests_name("open loop", tests, NULL, NULL);
}
