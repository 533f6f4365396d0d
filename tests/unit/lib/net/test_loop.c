// SPDX-License-Identifier: GPL-3.0-or-later
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/net/loop.h"

enum {
  TICKS = 200,
  TRIES = 3 // of what a machine that halts just then spoils, and nothing makes good
};

struct ticker {
  struct loop *loop;
  struct loop_timer *timer;
  int64_t start_ns, step_ns;
  int ticks;
  int64_t error_ns[TICKS];
};

static void tick(void *context) {
  struct ticker *ticker = context;
  int64_t at_ns = ticker->start_ns + ((int64_t)ticker->ticks + 1) * ticker->step_ns;
  ticker->error_ns[ticker->ticks++] = clock_now_ns() - at_ns;
  if (ticker->ticks == TICKS) {
    loop_stop(ticker->loop);
  } else {
    loop_timer_set(ticker->timer, at_ns + ticker->step_ns);
  }
}

static int by_value(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static int64_t median_lateness_ns(void) {
  struct error error;
  struct ticker ticker = {.step_ns = INT64_C(1700000)}; // no multiple of a millisecond
  assert_int_equal(loop_open(&ticker.loop, &error), STATUS_OK);
  assert_int_equal(loop_timer_open(ticker.loop, tick, &ticker, &ticker.timer, &error), STATUS_OK);
  ticker.start_ns = clock_now_ns();
  loop_timer_set(ticker.timer, ticker.start_ns + ticker.step_ns);
  assert_int_equal(loop_run(ticker.loop, &error), STATUS_OK);
  qsort(ticker.error_ns, TICKS, sizeof ticker.error_ns[0], by_value);
  int64_t median_ns = ticker.error_ns[TICKS / 2];
  print_message("timer error: min %.3f ms, median %.3f ms, max %.3f ms\n", (double)ticker.error_ns[0] / 1e6,
                (double)median_ns / 1e6, (double)ticker.error_ns[TICKS - 1] / 1e6);
  assert_true(ticker.error_ns[0] >= 0);
  loop_timer_close(ticker.timer);
  loop_close(ticker.loop);
  return median_ns;
}

// What the machine itself does to a bare sleep of the same length.
static int64_t median_sleep_lateness_ns(void) {
  int64_t late_ns[TICKS];
  for (int i = 0; i < TICKS; i++) {
    int64_t at_ns = clock_now_ns() + INT64_C(1700000);
    struct timespec at = {.tv_sec = at_ns / CLOCK_NS_PER_S, .tv_nsec = at_ns % CLOCK_NS_PER_S};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    late_ns[i] = clock_now_ns() - at_ns;
  }
  qsort(late_ns, TICKS, sizeof late_ns[0], by_value);
  return late_ns[TICKS / 2];
}

static void test_timers_are_never_early_and_seldom_a_millisecond_late(void **state) {
  (void)state;
  int64_t excess_ns = INT64_MAX; // rounding to a millisecond would show in the median
  for (int i = 0; i < TRIES && excess_ns >= CLOCK_NS_PER_MS; i++) {
    int64_t late_ns = median_lateness_ns();
    excess_ns = late_ns < CLOCK_NS_PER_MS ? 0 : late_ns - 2 * median_sleep_lateness_ns();
  }
  assert_true(excess_ns < CLOCK_NS_PER_MS);
}

struct staller {
  struct loop *loop;
  struct loop_timer *timer;
  int step;
  int64_t calm_ns, stall_ns;
};

static void stall(void *context) {
  struct staller *staller = context;
  switch (staller->step++) {
  case 0: staller->calm_ns = loop_take_stall_ns(staller->loop); break;
  case 1: usleep(60000); break;
  default:
    staller->stall_ns = loop_take_stall_ns(staller->loop);
    loop_stop(staller->loop);
    return;
  }
  loop_timer_set(staller->timer, clock_now_ns() + 20 * CLOCK_NS_PER_MS);
}

static struct staller run_staller(void) {
  struct error error;
  struct staller staller = {0};
  assert_int_equal(loop_open(&staller.loop, &error), STATUS_OK);
  assert_int_equal(loop_timer_open(staller.loop, stall, &staller, &staller.timer, &error), STATUS_OK);
  loop_take_stall_ns(staller.loop);
  loop_timer_set(staller.timer, clock_now_ns() + 20 * CLOCK_NS_PER_MS);
  assert_int_equal(loop_run(staller.loop, &error), STATUS_OK);
  assert_in_range(staller.stall_ns, 55 * CLOCK_NS_PER_MS, 2000 * CLOCK_NS_PER_MS);
  loop_timer_close(staller.timer);
  loop_close(staller.loop);
  return staller;
}

static void test_a_callback_that_runs_long_shows_as_a_stall(void **state) {
  (void)state;
  struct staller staller = run_staller();
  for (int i = 1; i < TRIES && staller.calm_ns >= staller.stall_ns; i++)
    staller = run_staller();
  assert_true(staller.calm_ns < staller.stall_ns);
}

struct order {
  struct loop *loop;
  struct loop_timer *first, *past, *now, *taken_back;
  char came[8];
  size_t count;
};

static void past_due(void *context) {
  struct order *order = context;
  order->came[order->count++] = 'p';
  loop_stop(order->loop);
}

static void now_due(void *context) {
  struct order *order = context;
  order->came[order->count++] = 'n';
}

static void first_due(void *context) {
  struct order *order = context;
  loop_timer_set(order->past, 0);
  loop_timer_set_now(order->now);
  loop_timer_set_now(order->now); // still comes once
  loop_timer_set_now(order->taken_back);
  loop_timer_cancel(order->taken_back);
  order->came[order->count++] = 'f';
}

static void test_what_is_due_now_comes_before_all_else_and_once(void **state) {
  (void)state;
  struct error error;
  struct order order = {0};
  assert_int_equal(loop_open(&order.loop, &error), STATUS_OK);
  assert_int_equal(loop_timer_open(order.loop, first_due, &order, &order.first, &error), STATUS_OK);
  assert_int_equal(loop_timer_open(order.loop, past_due, &order, &order.past, &error), STATUS_OK);
  assert_int_equal(loop_timer_open(order.loop, now_due, &order, &order.now, &error), STATUS_OK);
  assert_int_equal(loop_timer_open(order.loop, now_due, &order, &order.taken_back, &error), STATUS_OK);
  loop_timer_set(order.first, 0);
  assert_int_equal(loop_run(order.loop, &error), STATUS_OK);
  assert_string_equal(order.came, "fnp");
  loop_timer_close(order.first);
  loop_timer_close(order.past);
  loop_timer_close(order.now);
  loop_timer_close(order.taken_back);
  loop_close(order.loop);
}

// Two descriptors are ready at once; the callback of the first lasts until the timer's instant has come.
struct ready {
  struct loop *loop;
  struct loop_timer *timer, *past;
  char came[8];
  size_t count;
};

static void note(struct ready *ready, char what) {
  ready->came[ready->count++] = what;
  if (ready->count == 4) loop_stop(ready->loop);
}

static void one_ready(void *context, unsigned events) {
  struct ready *ready = context;
  (void)events;
  if (ready->count == 0) {
    loop_timer_set(ready->past, 0);
    loop_timer_set(ready->timer, clock_now_ns() + CLOCK_NS_PER_MS);
    usleep(2000);
  }
  note(ready, 'r');
}

static void instant_came(void *context) {
  note(context, 't');
}

static void past_came(void *context) {
  note(context, 'p');
}

static void test_a_timer_comes_before_the_next_descriptor_that_is_ready(void **state) {
  (void)state;
  struct error error;
  struct ready ready = {0};
  struct loop_watch *watches[2] = {NULL, NULL};
  int fds[2][2];
  assert_int_equal(loop_open(&ready.loop, &error), STATUS_OK);
  assert_int_equal(loop_timer_open(ready.loop, instant_came, &ready, &ready.timer, &error), STATUS_OK);
  assert_int_equal(loop_timer_open(ready.loop, past_came, &ready, &ready.past, &error), STATUS_OK);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(pipe(fds[i]), 0);
    assert_int_equal(write(fds[i][1], "x", 1), 1);
    assert_int_equal(
        loop_watch_open(ready.loop, fds[i][0], LOOP_READ, one_ready, &ready, &watches[i], &error), STATUS_OK);
  }
  assert_int_equal(loop_run(ready.loop, &error), STATUS_OK);
  assert_memory_equal(ready.came, "rtr", 3); // what was past when it was set waits for the next poll
  for (int i = 0; i < 2; i++) {
    loop_watch_close(watches[i]);
    close(fds[i][0]);
    close(fds[i][1]);
  }
  loop_timer_close(ready.timer);
  loop_timer_close(ready.past);
  loop_close(ready.loop);
}

static void test_a_cancelled_timer_does_not_keep_the_loop_awake(void **state) {
  (void)state;
  struct error error;
  struct ready ready = {.count = 3};
  struct timespec before, after;
  assert_int_equal(loop_open(&ready.loop, &error), STATUS_OK);
  assert_int_equal(loop_timer_open(ready.loop, instant_came, &ready, &ready.timer, &error), STATUS_OK);
  assert_int_equal(loop_timer_open(ready.loop, past_came, &ready, &ready.past, &error), STATUS_OK);
  loop_timer_set(ready.past, clock_now_ns() + CLOCK_NS_PER_MS);
  loop_timer_cancel(ready.past);
  loop_timer_set(ready.timer, clock_now_ns() + 100 * CLOCK_NS_PER_MS);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
  assert_int_equal(loop_run(ready.loop, &error), STATUS_OK);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
  assert_int_equal(ready.came[3], 't');
  assert_true((after.tv_sec - before.tv_sec) * CLOCK_NS_PER_S + after.tv_nsec - before.tv_nsec <
              50 * CLOCK_NS_PER_MS);
  loop_timer_close(ready.timer);
  loop_timer_close(ready.past);
  loop_close(ready.loop);
}

struct watcher {
  struct loop *loop;
  struct loop_watch *watch;
  int fds[2];
  unsigned events;
};

static void watch_ready(void *context, unsigned events) {
  struct watcher *watcher = context;
  char byte;
  assert_int_equal(read(watcher->fds[0], &byte, 1), 1);
  watcher->events = events;
  loop_watch_close(watcher->watch);
  watcher->watch = NULL;
  loop_stop(watcher->loop);
}

static void test_a_descriptor_reports_what_it_is_ready_for(void **state) {
  (void)state;
  struct error error;
  struct watcher watcher = {0};
  assert_int_equal(pipe(watcher.fds), 0);
  assert_int_equal(loop_open(&watcher.loop, &error), STATUS_OK);
  assert_int_equal(loop_watch_open(watcher.loop, watcher.fds[0], LOOP_WRITE, watch_ready, &watcher,
                                   &watcher.watch, &error),
                   STATUS_OK);
  assert_int_equal(loop_watch_change(watcher.watch, LOOP_READ), STATUS_OK);
  assert_int_equal(write(watcher.fds[1], "x", 1), 1);
  assert_int_equal(loop_run(watcher.loop, &error), STATUS_OK);
  assert_int_equal(watcher.events, LOOP_READ);
  loop_close(watcher.loop);
  close(watcher.fds[0]);
  close(watcher.fds[1]);
}

static void signal_came(void *context) {
  loop_stop(context);
}

static void test_a_signal_comes_as_an_event(void **state) {
  (void)state;
  struct error error;
  struct loop *loop = NULL;
  struct loop_signal *watch = NULL;
  assert_int_equal(loop_open(&loop, &error), STATUS_OK);
  assert_int_equal(loop_signal_open(loop, SIGUSR1, signal_came, loop, &watch, &error), STATUS_OK);
  assert_int_equal(raise(SIGUSR1), 0);
  assert_int_equal(loop_run(loop, &error), STATUS_OK);
  loop_signal_close(watch);
  loop_close(loop);
}

enum { POSTERS = 3, ROUNDS = 500 };

// Some threads post their task again and again, each as soon as the loop has read it.
struct poster {
  struct loop *loop;
  struct loop_task task;
  pthread_t thread;
  pthread_t reader; // that made the last call
  int read;
  int *open;
};

static void *post_first(void *context) {
  struct poster *poster = context;
  loop_post(poster->loop, &poster->task);
  return NULL;
}

static void letter_read(void *context) {
  struct poster *poster = context;
  poster->reader = pthread_self();
  if (++poster->read < ROUNDS) {
    loop_post(poster->loop, &poster->task);
    loop_post(poster->loop, &poster->task); // is made once all the same
  } else if (--*poster->open == 0) {
    loop_stop(poster->loop);
  }
}

static void test_letters_of_other_threads_are_read_on_the_loops_own(void **state) {
  (void)state;
  struct error error;
  struct loop *loop = NULL;
  struct poster posters[POSTERS] = {0};
  int open = POSTERS;
  assert_int_equal(loop_open(&loop, &error), STATUS_OK);
  assert_int_equal(loop_open_task_queue(loop, &error), STATUS_OK);
  for (int i = 0; i < POSTERS; i++) {
    posters[i] = (struct poster){.loop = loop, .open = &open};
    posters[i].task = (struct loop_task){.call = letter_read, .context = &posters[i]};
    assert_int_equal(pthread_create(&posters[i].thread, NULL, post_first, &posters[i]), 0);
  }
  assert_int_equal(loop_run(loop, &error), STATUS_OK);
  for (int i = 0; i < POSTERS; i++) {
    pthread_join(posters[i].thread, NULL);
    assert_int_equal(posters[i].read, ROUNDS);
    assert_true(pthread_equal(posters[i].reader, pthread_self()));
  }
  loop_close(loop);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_timers_are_never_early_and_seldom_a_millisecond_late),
      cmocka_unit_test(test_a_callback_that_runs_long_shows_as_a_stall),
      cmocka_unit_test(test_what_is_due_now_comes_before_all_else_and_once),
      cmocka_unit_test(test_a_timer_comes_before_the_next_descriptor_that_is_ready),
      cmocka_unit_test(test_a_cancelled_timer_does_not_keep_the_loop_awake),
      cmocka_unit_test(test_a_descriptor_reports_what_it_is_ready_for),
      cmocka_unit_test(test_a_signal_comes_as_an_event),
      cmocka_unit_test(test_letters_of_other_threads_are_read_on_the_loops_own),
  };
  return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
