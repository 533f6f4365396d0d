// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/plan/plan.h"

static const int64_t levels[] = {1, 2, 4};

static void test_without_batches_every_level_gets_the_same_work(void **state) {
  (void)state;
  struct plan_cell *cells = NULL;
  size_t count = 0;
  assert_int_equal(plan_cells_from_lists(levels, 3, NULL, 0, 2, &cells, &count, NULL), STATUS_OK);
  assert_int_equal(count, 3);
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(cells[i].workers, levels[i]);
    assert_int_equal(cells[i].batch, 12); // 3 x the largest of 1, 2, 4
  }
  free(cells);
}

static void test_bad_cell_lines_are_named(void **state) {
  (void)state;
  static const struct {
    const char *text;
    const char *words;
  } cases[] = {
      {"", "no cell"},
      {"\n\n", "no cell"},
      {" \n\t\r\n", "no cell"},
      {"[1]", "line 1: not a JSON object"},
      {"{\"workers\":1,\"batch\":1}\n{\"workers\":0,\"batch\":1}", "line 2: \"workers\""},
      {"{\"workers\":1,\"batch\":1.5}", "\"batch\""},
      {"{\"workers\":1}", "\"batch\" is missing"},
      {"{\"batch\":1}", "\"workers\" is missing"},
      {"{\"rate\":12.5,\"repeat\":3}", "line 1: this is a rate and no cell: it goes with --timing rate"},
      {"{\"workers\":1,\"batch\":1,\"repeat\":0}", "\"repeat\""},
      {"{\"workers\":1,\"batch\":2}\n{\"workers\":1,\"batch\":2}",
       "line 2: duplicate cell: workers 1 batch 2"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct plan_cell *cells = NULL;
    struct error error = {""};
    size_t count = 0;
    assert_int_equal(
        plan_cells_from_lines(cases[i].text, strlen(cases[i].text), 3, false, &cells, &count, &error),
        STATUS_USAGE);
    assert_non_null(strstr(error.text, cases[i].words));
    assert_null(cells);
  }
}

static void test_a_line_without_a_batch_is_a_timed_cell(void **state) {
  (void)state;
  static const char text[] = "{\"workers\":2}\n{\"workers\":4,\"batch\":8}\n";
  struct plan_cell *cells = NULL;
  size_t count = 0;
  assert_int_equal(plan_cells_from_lines(text, sizeof text - 1, 3, true, &cells, &count, NULL), STATUS_OK);
  assert_int_equal(count, 2);
  assert_int_equal(cells[0].batch, 0);
  assert_int_equal(cells[1].batch, 8);
  struct plan plan = {0};
  assert_int_equal(plan_make(cells, count, PLAN_ORDER_GRID, PLAN_RESTART_NEVER, 1, &plan, NULL), STATUS_OK);
  assert_int_equal(plan_offset(&plan, 1), PLAN_TIMED_STRIDE);
  plan_free(&plan);
  free(cells);
}

static void test_lines_of_rates(void **state) {
  (void)state;
  static const char text[] =
      "{\"rate\":12.5,\"repeat\":5,\"why\":\"x\"}\n\n{\"rate\":20,\"duration_s\":2.5}\n";
  static const struct {
    const char *text, *words;
  } bad[] = {
      {"", "no rate"},
      {"7", "line 1: not a JSON object {\"rate\":"},
      {"{\"workers\":1,\"batch\":1}", "line 1: \"rate\" is not a number of requests per second"},
      {"{\"rate\":0}", "\"rate\" is not"},
      {"{\"rate\":1}\n{\"rate\":1.0}", "line 2: duplicate rate 1"},
      {"{\"rate\":1,\"repeat\":-1}", "\"repeat\""},
      {"{\"rate\":1,\"duration_s\":0}", "\"duration_s\" is not a number of seconds from 0.001 to 86400"},
      {"{\"rate\":1,\"duration_s\":\"60s\"}", "\"duration_s\""}};
  struct plan_rates round = {0};
  struct error error = {""};
  assert_int_equal(plan_rates_from_lines(text, sizeof text - 1, 3, &round, &error), STATUS_OK);
  assert_true(round.count == 2 && round.rates[0] == 12.5 && round.rates[1] == 20);
  assert_true(round.repeat == 5 && round.duration_ns == INT64_C(2500000000));
  free(round.rates);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_int_equal(plan_rates_from_lines(bad[i].text, strlen(bad[i].text), 3, &round, &error),
                     STATUS_USAGE);
    if (!strstr(error.text, bad[i].words)) fail_msg("%s", error.text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_without_batches_every_level_gets_the_same_work),
      cmocka_unit_test(test_bad_cell_lines_are_named),
      cmocka_unit_test(test_lines_of_rates),
      cmocka_unit_test(test_a_line_without_a_batch_is_a_timed_cell),
  };
  return cmocka_run_group_tests_name("plan cells", tests, NULL, NULL);
}
