// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "capture/record/record_queue.h"
#include "lib/base/clock.h"

#define JOBS 40
#define LONG_NS (60 * CLOCK_NS_PER_S)

static _Atomic int done;

struct numbered {
  struct record_task job;
  int number, place; // when it was posted; when it was run
};

static void take(void *context) {
  struct numbered *numbered = context;
  numbered->place = atomic_load(&done); // its thread alone counts; the test reads after the count
  atomic_fetch_add(&done, 1);
}

static struct record_queue *open_queue(struct numbered *all) {
  struct error error;
  struct record_queue *record_queue = NULL;
  atomic_store(&done, 0);
  assert_int_equal(record_queue_open(&record_queue, &error), STATUS_OK);
  for (int i = 0; i < JOBS; i++)
    all[i] = (struct numbered){.job = {.run = take, .context = &all[i]}, .number = i, .place = -1};
  return record_queue;
}

static bool comes_to(int count) {
  for (int tries = 0; tries < 1000 && atomic_load(&done) < count; tries++)
    usleep(5000);
  return atomic_load(&done) == count;
}

// The pauses go from none to longer than it looks around before it sleeps, some ending just as it falls
// asleep.
static void test_a_job_is_taken_up_whether_it_sleeps_looks_or_works(void **state) {
  (void)state;
  struct numbered all[JOBS];
  struct record_queue *record_queue = open_queue(all);
  for (int i = 0; i < JOBS; i++) {
    record_queue_post(record_queue, &all[i].job);
    if (i % 2 == 0) continue;
    assert_true(comes_to(i + 1));
    usleep((unsigned)i * 3000);
  }
  for (int i = 0; i < JOBS; i++)
    assert_int_equal(all[i].place, all[i].number);
  assert_true(record_queue_close(record_queue, clock_now_ns() + LONG_NS));
}

static void test_what_is_left_is_done_before_it_closes(void **state) {
  (void)state;
  struct numbered all[JOBS];
  for (int round = 0; round < 20; round++) {
    struct record_queue *record_queue = open_queue(all);
    for (int i = 0; i < JOBS; i++)
      record_queue_post(record_queue, &all[i].job);
    assert_true(record_queue_close(record_queue, clock_now_ns() + LONG_NS));
    for (int i = 0; i < JOBS; i++)
      assert_int_equal(all[i].place, all[i].number);
  }
  assert_true(
      record_queue_close(open_queue(all), clock_now_ns() + LONG_NS)); // with nothing to do it ends too
}

static void take_slowly(void *context) {
  usleep(50000);
  take(context);
}

static void test_at_its_deadline_it_begins_no_other_job(void **state) {
  (void)state;
  static struct numbered all[JOBS];                  // the one that it is at goes on
  static struct record_queue *volatile record_queue; // it stays with its thread, in reach of a leak checker
  record_queue = open_queue(all);
  for (int i = 0; i < JOBS; i++) {
    all[i].job.run = take_slowly;
    record_queue_post(record_queue, &all[i].job);
  }
  int64_t start_ns = clock_now_ns();
  assert_false(record_queue_close(record_queue, start_ns + 130 * CLOCK_NS_PER_MS));
  assert_true(clock_now_ns() - start_ns >= 130 * CLOCK_NS_PER_MS);
  usleep(200000); // it ends with the job that it was at
  int count = atomic_load(&done);
  assert_true(count >= 1 && count < JOBS / 2);
  usleep(120000);
  assert_int_equal(atomic_load(&done), count);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_job_is_taken_up_whether_it_sleeps_looks_or_works),
      cmocka_unit_test(test_what_is_left_is_done_before_it_closes),
      cmocka_unit_test(test_at_its_deadline_it_begins_no_other_job),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
