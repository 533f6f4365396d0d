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

#define JOBS 40

static _Atomic int done;

struct numbered {
  struct record_task job;
  int number, place; // when it was posted; when it was run
};

static void take(void *context) {
  struct numbered *numbered = context;
  numbered->place = atomic_fetch_add(&done, 1);
}

static struct record_queue *open_scribe(struct numbered *all) {
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
  struct record_queue *record_queue = open_scribe(all);
  for (int i = 0; i < JOBS; i++) {
    record_queue_post(record_queue, &all[i].job);
    if (i % 2 == 0) continue;
    assert_true(comes_to(i + 1));
    usleep((unsigned)i * 3000);
  }
  for (int i = 0; i < JOBS; i++)
    assert_int_equal(all[i].place, all[i].number);
  record_queue_close(record_queue);
}

static void test_what_is_left_is_done_before_it_closes(void **state) {
  (void)state;
  struct numbered all[JOBS];
  for (int round = 0; round < 20; round++) {
    struct record_queue *record_queue = open_scribe(all);
    for (int i = 0; i < JOBS; i++)
      record_queue_post(record_queue, &all[i].job);
    record_queue_close(record_queue);
    for (int i = 0; i < JOBS; i++)
      assert_int_equal(all[i].place, all[i].number);
  }
  record_queue_close(open_scribe(all)); // with nothing to do it ends too
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_job_is_taken_up_whether_it_sleeps_looks_or_works),
      cmocka_unit_test(test_what_is_left_is_done_before_it_closes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
