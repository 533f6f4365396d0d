// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "replay/send/lanes.h"

struct seen {
  struct loop *main;
  int failures;
  bool late;
};

static void on_failure(void *context, const char *words) {
  struct seen *seen = context;
  assert_non_null(strstr(words, "event loop"));
  seen->failures++;
  loop_stop(seen->main);
}

static void too_late(void *context) {
  struct seen *seen = context;
  seen->late = true;
  loop_stop(seen->main);
}

static void nothing(void *context) {
  (void)context;
}

// The descriptor of the youngest epoll instance: that of the loop that was made last.
static int last_epoll(void) {
  char path[64], target[64];
  int last = -1;
  for (int fd = 0; fd < 256; fd++) {
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(path, target, sizeof target - 1);
    if (len < 0) continue;
    target[len] = '\0';
    if (strcmp(target, "anon_inode:[eventpoll]") == 0) last = fd;
  }
  return last;
}

static void test_the_main_thread_hears_of_a_lane_whose_loop_fails(void **state) {
  (void)state;
  struct seen seen = {0};
  struct lanes *lanes = NULL;
  struct loop_timer *patience = NULL;
  struct loop_task letter = {.call = nothing};
  struct xfer_pool_options transfers = {0};
  struct error error;
  assert_int_equal(loop_open(&seen.main, &error), STATUS_OK);
  assert_int_equal(loop_timer_open(seen.main, too_late, &seen, &patience, &error), STATUS_OK);
  assert_int_equal(lanes_open(2, seen.main, &transfers, on_failure, &seen, &lanes, &error), STATUS_OK);
  // Under its feet; not close(), which the thread sanitizer watches: a race is what this wants to be.
  assert_int_equal(syscall(SYS_close, last_epoll()), 0);
  lanes_post(lanes_at(lanes, 1), &letter);
  loop_timer_set(patience, clock_now_ns() + 5 * CLOCK_NS_PER_S);
  assert_int_equal(loop_run(seen.main, &error), STATUS_OK);
  assert_false(seen.late);
  assert_int_equal(seen.failures, 1);
  lanes_stop(lanes);
  loop_timer_close(patience);
  lanes_close(lanes);
  loop_close(seen.main);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_main_thread_hears_of_a_lane_whose_loop_fails),
  };
  return cmocka_run_group_tests_name("lanes", tests, NULL, NULL);
}
