// SPDX-License-Identifier: GPL-3.0-or-later
//
// The first sentences of a report: what to set within limits.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/analyze/sections/made.h"

// 8x8 keeps 2 s by its interval, 8x16 misses it by its interval, 4x8 and 8x24 only by their estimates.
static void limited(struct results *results) {
  static const struct estimate p95_s[5] = {
      {1, 0.9, 1.1}, {2.1, 1.9, 2.3}, {1.8, 1.7, 1.9}, {3, 2.9, 3.1}, {1.9, 1.8, NAN}};
  struct cell *cells = results->cells;
  for (size_t i = 0; i < 5; i++) {
    cells[i].latency_s.p95 = p95_s[i];
    cells[i].meets_slo = p95_s[i].estimate <= 2 ? CELL_SLO_MET : CELL_SLO_MISSED;
    cells[i].slo_certain = p95_s[i].lo > 2 || p95_s[i].hi <= 2;
  }
  cells[5].meets_slo = CELL_SLO_MISSED; // it failed
  results->limits[0] = (struct limit){RESULTS_LATENCY, 95, 2};
  results->limit_count = 1;
}

static void test_the_answer_names_the_limits_and_what_stops_it(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  limited(&made->results);
  struct recommendation *chosen = &made->results.recommendation;
  chosen->limits = RECOMMENDATION_KEPT;
  chosen->stopped = 3;
  HAS(made_report(made, LANG_EN),
      "It keeps latency p95 \u2264 2 s (95% confidence) and is at most 3.1% below "
      "the best that does.");
  HAS(made_report(made, LANG_EN), "Above it, 8\u00d716 (workers\u00d7batch) is the first to miss latency p95 "
                                  "\u2264 2 s, measured: 3.00 [2.90, 3.10] s.");
  HAS(made_report(made, LANG_EN), "| highest, among the best, misses a limit |");
  chosen->stopped = 1;
  HAS(made_report(made, LANG_EN),
      "Above it, whether 4\u00d78 (workers\u00d7batch) keeps latency p95 \u2264 2 s "
      "is open");
  HAS(made_report(made, LANG_RU), "Пределы соблюдены: задержка p95 \u2264 2 с");
}

static void test_without_a_level_within_the_limits_nothing_is_recommended(void **state) {
  struct made *made = *state;
  made_small_run(&made->results);
  limited(&made->results);
  struct recommendation *chosen = &made->results.recommendation;
  chosen->limits = RECOMMENDATION_OPEN;
  chosen->state = RECOMMENDATION_UNDECIDED;
  chosen->cell = 1;
  HAS(made_report(made, LANG_EN),
      "> **Not decided:** nothing tested is shown to keep latency p95 \u2264 2 s");
  HAS(made_report(made, LANG_RU), "> **Не решено:** ни для чего из проверенного не показано");
  chosen->limits = RECOMMENDATION_MISSED;
  chosen->state = RECOMMENDATION_NONE;
  HAS(made_report(made, LANG_EN), "> **No recommendation:** nothing tested keeps latency p95 \u2264 2 s");
  HAS(made_report(made, LANG_EN), "tested, 4\u00d78 (workers\u00d7batch), miss latency p95");
  HAS(made_report(made, LANG_RU), "> **Рекомендации нет:** ничто из проверенного не соблюдает");
  LACKS(made_report(made, LANG_EN), "Highest measured:");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      MADE(test_the_answer_names_the_limits_and_what_stops_it),
      MADE(test_without_a_level_within_the_limits_nothing_is_recommended),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
