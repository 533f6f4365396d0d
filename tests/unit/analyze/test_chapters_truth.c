// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a report must not claim: sentences that the numbers beside them contradict.
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
// clang-format on

#include "analyze/warnings.h"
#include "tests/unit/analyze/chapters_made.h"

static void test_nobody_is_kept_away_from_a_drop_that_is_not_established(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  made->results.cliffs = calloc(1, sizeof *made->results.cliffs);
  made->results.cliff_count = 1;
  made->results.cliffs[0] = (struct cliff){.from = 4, .to = 8, .ratio = {0.673, NAN, NAN}, .possible = true};
  struct warning warning = {WARNING_CLIFF_POSSIBLE, 4, -1, 8, 0.673, NAN, NAN, NULL};
  assert_int_equal(warnings_add(&made->results, &warning), STATUS_OK);
  const char *report = made_report(made, LANG_EN);
  LACKS(report, "Do not use");
  LACKS(report, "throughput drops");
  HAS(report, "From 4 to 8 workers throughput measured 0.673 of what it was, but that it drops there is not "
              "established.");
  HAS(report, "Measure 4 and 8 workers again");
  HAS(made_report(made, LANG_RU), "что она там обрывается, не установлено");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      MADE(test_nobody_is_kept_away_from_a_drop_that_is_not_established),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
