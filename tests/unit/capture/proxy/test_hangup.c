// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/proxy/hangup.h"
#include "lib/base/clock.h"

static struct loop *loop;
static struct hangup *hangup;
static int fds[2], tokens[2];
static int *gone[4];
static size_t gone_count;

static void on_gone(void *token) {
  assert_true(gone_count < 4);
  gone[gone_count++] = token;
}

static void stop(void *context) {
  loop_stop(context);
}

static int setup(void **state) {
  (void)state;
  gone_count = 0;
  return loop_open(&loop, NULL) || hangup_open(loop, on_gone, &hangup, NULL) ||
         socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
}

static int teardown(void **state) {
  (void)state;
  if (fds[0] >= 0) close(fds[0]);
  close(fds[1]);
  hangup_close(hangup);
  loop_close(loop);
  return 0;
}

static void run(void) {
  struct loop_timer *timer;
  assert_int_equal(loop_timer_open(loop, stop, loop, &timer, NULL), STATUS_OK);
  loop_timer_set(timer, clock_now_ns() + 20 * CLOCK_NS_PER_MS);
  assert_int_equal(loop_run(loop, NULL), STATUS_OK);
  loop_timer_close(timer);
}

static void close_peer(void) {
  close(fds[0]);
  fds[0] = -1;
}

static void test_a_close_is_noticed_while_nobody_reads(void **state) {
  (void)state;
  assert_int_equal(hangup_add(hangup, fds[1], &tokens[0]), STATUS_OK);
  assert_int_equal(write(fds[0], "unread", 6), 6);
  run();
  assert_int_equal(gone_count, 0); // bytes alone are no end
  close_peer();
  run();
  assert_true(gone_count > 0);
  assert_ptr_equal(gone[0], &tokens[0]);
}

static void test_so_is_one_that_came_before(void **state) {
  (void)state;
  close_peer();
  assert_int_equal(hangup_add(hangup, fds[1], &tokens[1]), STATUS_OK);
  run();
  assert_true(gone_count > 0);
  assert_ptr_equal(gone[0], &tokens[1]);
}

static void test_what_was_removed_is_not_reported(void **state) {
  (void)state;
  assert_int_equal(hangup_add(hangup, fds[1], &tokens[0]), STATUS_OK);
  hangup_remove(hangup, fds[1]);
  close_peer();
  run();
  assert_int_equal(gone_count, 0);
  assert_int_equal(hangup_add(hangup, -1, &tokens[0]), STATUS_IO);
  hangup_close(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_close_is_noticed_while_nobody_reads, setup, teardown),
      cmocka_unit_test_setup_teardown(test_so_is_one_that_came_before, setup, teardown),
      cmocka_unit_test_setup_teardown(test_what_was_removed_is_not_reported, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
