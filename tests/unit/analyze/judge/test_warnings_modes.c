// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/buf.h"
#include "tests/unit/analyze/scenario.h"

// Twelve repetitions around 100 and `high`, half of each, with the spread of a percent.
static void run(struct scenario *s, double high) {
  static const double noise[] = {0.998, 1.003, 0.999, 1.001, 1.002, 0.997};
  struct buf text = {0};
  buf_append_text(&text, "workers,batch,total_s,tokens,requests,failed\n");
  for (int i = 0; i < 12; i++)
    buf_printf(&text, "4,8,1,%.0f,8,0\n", 1e6 * (i % 2 ? high : 1) * noise[i / 2]);
  scenario_run(s, buf_text(&text));
  buf_free(&text);
}

static void test_two_groups_are_named_with_their_means(void **state) {
  (void)state;
  struct scenario s;
  run(&s, 1.5);
  const struct warning *warning = scenario_warning(&s, WARNING_TWO_MODES);
  assert_non_null(warning);
  assert_int_equal(warning->workers, 4);
  assert_int_equal(warning->batch, 8);
  assert_int_equal(warning->count, 6);
  scenario_near("of how many", warning->value, 12, 0);
  scenario_near("low", warning->lo, 1e6, 2e3);
  scenario_near("high", warning->hi, 1.5e6, 3e3);
  scenario_free(&s);
}

static void test_groups_closer_than_5_percent_and_one_group_are_no_two(void **state) {
  (void)state;
  static const double highs[] = {1.04, 1};
  for (size_t i = 0; i < 2; i++) {
    struct scenario s;
    run(&s, highs[i]);
    assert_null(scenario_warning(&s, WARNING_TWO_MODES));
    scenario_free(&s);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_two_groups_are_named_with_their_means),
      cmocka_unit_test(test_groups_closer_than_5_percent_and_one_group_are_no_two),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
