// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/workload/recorded_failures.h"

static void test_nothing_has_failed_at_first(void **state) {
  (void)state;
  struct recorded_failures failures = {0};
  recorded_failures_sort(&failures);
  assert_int_equal(recorded_failures_find(&failures, 0, 0), -1);
  recorded_failures_free(&failures);
}

static void test_a_request_is_known_by_its_trace_and_its_number(void **state) {
  (void)state;
  struct recorded_failures failures = {0};
  for (int64_t seq = 999; seq >= 0; seq -= 3) // 0, 3, 6, ...
    assert_int_equal(recorded_failures_add(&failures, seq % 2, seq, 7 * seq), STATUS_OK);
  recorded_failures_sort(&failures);
  for (int64_t seq = 0; seq < 1002; seq++) {
    assert_int_equal(recorded_failures_find(&failures, seq % 2, seq),
                     seq % 3 == 0 && seq < 1000 ? 7 * seq : -1);
    assert_int_equal(recorded_failures_find(&failures, 1 - seq % 2, seq), -1);
  }
  recorded_failures_free(&failures);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing_has_failed_at_first),
      cmocka_unit_test(test_a_request_is_known_by_its_trace_and_its_number),
  };
  return cmocka_run_group_tests_name("recorded failures", tests, NULL, NULL);
}
