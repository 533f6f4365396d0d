// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "lib/base/thread.h"

static void *read_mask(void *mask) {
  pthread_sigmask(SIG_SETMASK, NULL, mask);
  return mask;
}

static void test_a_thread_blocks_signals_and_its_starter_keeps_its_own(void **state) {
  sigset_t before, after, inside;
  pthread_t thread;
  void *returned;
  (void)state;
  pthread_sigmask(SIG_SETMASK, NULL, &before);
  assert_int_equal(thread_start(&thread, read_mask, &inside), 0);
  assert_int_equal(pthread_join(thread, &returned), 0);
  assert_ptr_equal(returned, &inside);
  pthread_sigmask(SIG_SETMASK, NULL, &after);
  static const int signals[] = {SIGINT, SIGTERM, SIGPIPE, SIGCHLD, SIGHUP};
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
    assert_true(sigismember(&inside, signals[i]));
    assert_int_equal(sigismember(&after, signals[i]), sigismember(&before, signals[i]));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_thread_blocks_signals_and_its_starter_keeps_its_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
