// SPDX-License-Identifier: GPL-3.0-or-later
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

#include "analyze/results/assertion.h"
#include "tests/unit/analyze/scenario.h"

static void test_assertions_read_summary_by_path(void **state) {
  static const char summary[] =
      "{\"best\":{\"workers\":24,\"tokens_per_s\":{\"estimate\":387.1,\"lo\":371,\"hi\":null}},"
      "\"cells\":[{\"failed\":0},{\"failed\":3,\"in_best_set\":true}],\"curve\":null}";
  static const struct {
    const char *expression;
    bool holds;
    double value;
  } cases[] = {
      {"best.workers==24", true, 24},
      {"best.workers!=24", false, 24},
      {"best.tokens_per_s>=300", true, 387.1}, // the estimate
      {"best.tokens_per_s>=387.1", true, 387.1},
      {"best.tokens_per_s>387.1", false, 387.1},
      {"best.tokens_per_s.lo>=372", false, 371},
      {"best.tokens_per_s.lo<372", true, 371},
      {"best.tokens_per_s.hi<1000", false, NAN}, // what is not known does not hold
      {"best.tokens_per_s.hi!=1000", false, NAN},
      {"cells[1].failed<=3", true, 3},
      {"cells[1].in_best_set==1", true, 1},
      {"cells[2].failed==0", false, NAN},
      {"cells[0]failed==0", true, 0},
      {"best[0]==1", false, NAN},
      {"curve.optimum.n<30", false, NAN},
      {"nothing>0", false, NAN},
  };
  struct json *json = NULL;
  struct error error = {0};
  (void)state;
  assert_int_equal(json_parse(summary, strlen(summary), &json, &error), STATUS_OK);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct assertion_parts parts;
    double value;
    if (assertion_parse(cases[i].expression, &parts, &error)) fail_msg("%s", error.text);
    if (assertion_holds(cases[i].expression, &parts, json, &value) != cases[i].holds) {
      fail_msg("%s: expected %s (value %g)", cases[i].expression, cases[i].holds ? "true" : "false", value);
    }
    if (isnan(cases[i].value))
      assert_true(isnan(value) != 0);
    else
      scenario_near(cases[i].expression, value, cases[i].value, 0);
  }
  json_free(json);
}

static void test_what_is_no_assertion_is_refused(void **state) {
  static const char *const bad[] = {
      "",        "best",    "best>=",   ">=1",     "best.x=1", "best.x>=abc",           "best.x>=1 ",
      " best>1", "be st>1", "best>1>2", "best=>1", "1>2",      "best.tokens_per_s>=nan"};
  struct error error;
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct assertion_parts parts;
    if (assertion_parse(bad[i], &parts, &error) != STATUS_USAGE) fail_msg("'%s' was taken", bad[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_assertions_read_summary_by_path),
      cmocka_unit_test(test_what_is_no_assertion_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
