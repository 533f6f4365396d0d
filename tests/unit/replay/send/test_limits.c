// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "replay/send/limits.h"

static void test_a_port_range_counts_both_ends(void **state) {
  (void)state;
  assert_int_equal(limits_ports("32768\t60999\n"), 28232); // Linux's standard
  assert_int_equal(limits_ports("1024 65535"), 64512);
  assert_int_equal(limits_ports("5 5"), 1);
  assert_int_equal(limits_ports("60999 32768"), -1);
  assert_int_equal(limits_ports("0 10"), -1);
  assert_int_equal(limits_ports("x"), -1);
}

static void test_an_open_loop_takes_what_there_is(void **state) {
  (void)state;
  struct rlimit before, few;
  struct error error;
  int64_t most = 0;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  few = (struct rlimit){.rlim_cur = 64, .rlim_max = before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
  assert_int_equal(limits_prepare(200, 1, false, &most, &error), STATUS_OK); // the soft limit is raised
  assert_int_equal(most, 200);
  few = (struct rlimit){.rlim_cur = 64, .rlim_max = 64};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
  assert_int_equal(limits_prepare(200, 1, true, &most, &error), STATUS_OK);
  assert_int_equal(most, 32);
  assert_int_equal(limits_prepare(200, 3, true, &most, &error), STATUS_OK); // each further loop needs some
  assert_int_equal(most, 16);
  assert_int_equal(limits_prepare(200, 1, true, &most, &error), STATUS_OK);
  assert_int_equal(limits_prepare(200, 1, false, &most, &error), STATUS_LIMIT);
  assert_int_equal(most, 32);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_port_range_counts_both_ends),
      cmocka_unit_test(test_an_open_loop_takes_what_there_is),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
