// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <signal.h>
#include <unistd.h>

#include "analyze/interrupt.h"

static bool is_blocked(int number) {
  sigset_t mask;
  assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
  return sigismember(&mask, number) == 1;
}

static void test_a_held_signal_is_seen_and_does_not_end_the_program(void **state) {
  (void)state;
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    struct interrupt interrupt;
    signal(numbers[i], SIG_DFL);
    assert_int_equal(interrupt_hold(&interrupt, NULL), STATUS_OK);
    assert_true(interrupt.fd > 2);
    assert_true(is_blocked(numbers[i]));
    assert_false(interrupt_came(&interrupt));
    raise(numbers[i]);
    assert_true(interrupt_came(&interrupt));
    assert_true(interrupt_came(&interrupt)); // a second look sees it too
    interrupt_release(&interrupt);           // we are still here
    assert_false(is_blocked(numbers[i]));
  }
}

// nohup: whoever started the program does not want it to end then.
static void test_an_ignored_signal_stays_ignored(void **state) {
  (void)state;
  struct interrupt interrupt;
  signal(SIGHUP, SIG_IGN);
  assert_int_equal(interrupt_hold(&interrupt, NULL), STATUS_OK);
  assert_false(is_blocked(SIGHUP));
  raise(SIGHUP);
  assert_false(interrupt_came(&interrupt));
  interrupt_release(&interrupt);
  signal(SIGHUP, SIG_DFL);
}

static void test_the_mask_of_before_comes_back(void **state) {
  (void)state;
  struct interrupt interrupt;
  sigset_t own;
  sigemptyset(&own);
  sigaddset(&own, SIGUSR1);
  assert_int_equal(pthread_sigmask(SIG_BLOCK, &own, NULL), 0);
  assert_int_equal(interrupt_hold(&interrupt, NULL), STATUS_OK);
  interrupt_release(&interrupt);
  assert_true(is_blocked(SIGUSR1));
  assert_false(is_blocked(SIGINT));
  assert_int_equal(pthread_sigmask(SIG_UNBLOCK, &own, NULL), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_held_signal_is_seen_and_does_not_end_the_program),
      cmocka_unit_test(test_an_ignored_signal_stays_ignored),
      cmocka_unit_test(test_the_mask_of_before_comes_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
