// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analyze/judge/estimate.h"

static void test_what_is_infinite_or_unknown_is_nan(void **state) {
  (void)state;
  struct estimate all = estimate_of((struct ci){1, -2, 3});
  assert_true(all.estimate == 1 && all.lo == -2 && all.hi == 3);
  struct estimate open = estimate_of((struct ci){1, -INFINITY, INFINITY});
  assert_true(open.estimate == 1 && isnan(open.lo) && isnan(open.hi));
  struct estimate none = estimate_of((struct ci){INFINITY, NAN, 0});
  assert_true(isnan(none.estimate) && isnan(none.lo) && none.hi == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_is_infinite_or_unknown_is_nan),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
