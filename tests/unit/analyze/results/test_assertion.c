// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
// clang-format on

#include "analyze/results/assertion.h"
#include "tests/unit/analyze/scenario.h"

static void test_assertions_read_results_by_path(void **state) {
  static const struct {
    const char *expression;
    bool holds;
    double value;
  } cases[] = {
      {"best.workers==4", true, 4},
      {"best.workers!=4", false, 4},
      {"best.tokens_per_s>=300", true, 400}, // the estimate
      {"best.tokens_per_s>=400", true, 400},
      {"best.tokens_per_s>400", false, 400},
      {"best.tokens_per_s.lo>=392", false, 390},
      {"best.tokens_per_s.lo<392", true, 390},
      {"best.tokens_per_s.hi<1000", false, NAN}, // what is not known does not hold
      {"best.tokens_per_s.hi!=1000", false, NAN},
      {"best.set[0].workers==4", true, 4},
      {"best.set[1].workers==1", false, NAN},
      {"cells[0].failed<=3", true, 3},
      {"cells[0].errors.http_5xx==3", true, 3},
      {"cells[0].errors.timeout==0", false, NAN}, // only those that came are there
      {"cells[1].in_best_set==1", true, 1},
      {"cells[2].failed==0", false, NAN},
      {"cells[1]failed==0", true, 0},
      {"cells[1].ttft_s.p50<1", false, NAN},
      {"cells[1].requests_per_s>0", false, NAN}, // it counts tokens
      {"best[0]==1", false, NAN},
      {"cells.failed==0", false, NAN},
      {"curve.optimum.n<30", false, NAN},
      {"curve==0", false, NAN},
      {"unit==0", false, NAN},
      {"best.==4", false, NAN},
      {"nothing>0", false, NAN},
  };
  size_t set[] = {1};
  struct cell cells[] = {{.workers = 1, .batch = 1, .failed = 3, .tokens_per_s = {100, 90, 110}},
                         {.workers = 4, .batch = 8, .in_best_set = true, .tokens_per_s = {400, 390, NAN}}};
  struct results results = {
      .cells = cells, .cell_count = 2, .best = {.exists = true, .cell = 1, .set = set, .set_count = 1}};
  struct error error = {0};
  (void)state;
  cells[0].errors[FAILURE_HTTP_5XX] = 3;
  cells[1].ttft_s = (struct percentiles){{NAN, NAN, NAN}, {NAN, NAN, NAN}, {NAN, NAN, NAN}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct assertion_parts parts;
    double value;
    if (assertion_parse(cases[i].expression, &parts, &error)) fail_msg("%s", error.text);
    if (assertion_holds(cases[i].expression, &parts, &results, &value) != cases[i].holds) {
      fail_msg("%s: expected %s (value %g)", cases[i].expression, cases[i].holds ? "true" : "false", value);
    }
    if (isnan(cases[i].value))
      assert_true(isnan(value) != 0);
    else
      scenario_near(cases[i].expression, value, cases[i].value, 0);
  }
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
      cmocka_unit_test(test_assertions_read_results_by_path),
      cmocka_unit_test(test_what_is_no_assertion_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
