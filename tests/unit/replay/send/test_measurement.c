// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "tests/unit/replay/sender.h"

// A kind that sends nothing.
struct counts {
  int begun, concluded;
};

static enum status open_part(struct share *share, struct error *error) {
  (void)error;
  share->part = share->measurement->own;
  return STATUS_OK;
}

static void close_part(struct share *share) {
  share->part = NULL;
}

static void begin(struct share *share) {
  ((struct counts *)share->part)->begun++;
}

static bool has_more(struct share *share) {
  (void)share;
  return false;
}

static void conclude(struct measurement *measurement, struct measurement_outcome *outcome) {
  ((struct counts *)measurement->own)->concluded++;
  assert_int_equal(outcome->sums->requests, 0);
  outcome->total_ns = 42;
}

static void print_label(struct measurement *measurement, char label[MEASUREMENT_LABEL_BYTES]) {
  snprintf(label, MEASUREMENT_LABEL_BYTES, "rep %d", (int)measurement->batch.rep);
}

static const struct measurement_kind kind = {.open = open_part,
                                             .close = close_part,
                                             .begin = begin,
                                             .has_more = has_more,
                                             .conclude = conclude,
                                             .print_label = print_label};

static const struct recorder_batch batch = {.workers = 1, .batch = 1, .rep = 3};

static struct measurement *open_one(struct sender *sender) {
  struct measurement *measurement;
  struct error error;
  sender_open(sender, 1);
  assert_int_equal(measurement_open(&kind, sizeof(struct counts), &sender->setup, sender_over, sender,
                                    &measurement, &error),
                   STATUS_OK);
  assert_false(measurement_running(measurement));
  return measurement;
}

static void close_one(struct sender *sender, struct measurement *measurement) {
  lanes_stop(sender->lanes);
  measurement_close(measurement);
  sender_close(sender);
}

static void start(struct measurement *measurement) {
  assert_int_equal(measurement_prepare(measurement, &batch, 0), STATUS_OK);
  measurement->shares[0].active = true;
  measurement_start(measurement);
  assert_true(measurement_running(measurement));
}

static void test_a_share_of_nothing_is_over_with_an_outcome(void **state) {
  (void)state;
  struct sender sender;
  struct measurement *measurement = open_one(&sender);
  for (int round = 1; round <= 2; round++) {
    struct progress_state progress = {0};
    start(measurement);
    measurement_progress(measurement, measurement->batch.start_ns, &progress);
    assert_string_equal(progress.label, "rep 3");
    sender_run(&sender);
    assert_true(sender.complete);
    assert_int_equal(sender.total_ns, 42);
    assert_false(measurement_running(measurement));
    assert_int_equal(((struct counts *)measurement->own)->begun, round);
    assert_int_equal(((struct counts *)measurement->own)->concluded, round);
  }
  close_one(&sender, measurement);
}

static void test_one_that_is_cancelled_before_its_start_never_begins(void **state) {
  (void)state;
  struct sender sender;
  struct measurement *measurement = open_one(&sender);
  measurement_cancel(measurement); // nothing is under way
  start(measurement);
  measurement_cancel(measurement);
  measurement_cancel(measurement);
  sender_run(&sender);
  assert_false(sender.complete);
  assert_int_equal(((struct counts *)measurement->own)->begun, 0);
  assert_int_equal(((struct counts *)measurement->own)->concluded, 0);
  start(measurement); // the next is not
  sender_run(&sender);
  assert_true(sender.complete);
  close_one(&sender, measurement);
}

static void test_one_that_is_given_up_has_no_outcome(void **state) {
  (void)state;
  struct sender sender;
  struct measurement *measurement = open_one(&sender);
  assert_int_equal(measurement_prepare(measurement, &batch, 0), STATUS_OK);
  measurement_give_up(measurement);
  assert_int_equal(sender.overs, 0); // it comes from the loop
  sender_run(&sender);
  assert_false(sender.complete);
  assert_false(measurement_running(measurement));
  close_one(&sender, measurement);
}

static void test_no_measurement_is_neither_running_nor_counted(void **state) {
  (void)state;
  struct progress_state progress = {0};
  assert_false(measurement_running(NULL));
  measurement_cancel(NULL);
  measurement_progress(NULL, 0, &progress);
  assert_int_equal(progress.requests, 0);
  measurement_close(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_share_of_nothing_is_over_with_an_outcome),
      cmocka_unit_test(test_one_that_is_cancelled_before_its_start_never_begins),
      cmocka_unit_test(test_one_that_is_given_up_has_no_outcome),
      cmocka_unit_test(test_no_measurement_is_neither_running_nor_counted),
  };
  return cmocka_run_group_tests_name("measurement", tests, NULL, NULL);
}
