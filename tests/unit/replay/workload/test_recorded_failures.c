// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/workload/recorded_failures.h"

static void test_nothing_is_refused_at_first(void **state) {
  (void)state;
  struct recorded_failures refused = {0};
  recorded_failures_sort(&refused);
  assert_false(recorded_failures_has(&refused, 0, 0));
  recorded_failures_free(&refused);
}

static void test_a_request_is_known_by_its_trace_and_its_number(void **state) {
  (void)state;
  struct recorded_failures refused = {0};
  for (int64_t seq = 999; seq >= 0; seq -= 3) // 0, 3, 6, ...
    assert_int_equal(recorded_failures_add(&refused, seq % 2, seq), STATUS_OK);
  recorded_failures_sort(&refused);
  for (int64_t seq = 0; seq < 1002; seq++) {
    assert_int_equal(recorded_failures_has(&refused, seq % 2, seq), seq % 3 == 0 && seq < 1000);
    assert_false(recorded_failures_has(&refused, 1 - seq % 2, seq));
  }
  recorded_failures_free(&refused);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing_is_refused_at_first),
      cmocka_unit_test(test_a_request_is_known_by_its_trace_and_its_number),
  };
  return cmocka_run_group_tests_name("refused", tests, NULL, NULL);
}
