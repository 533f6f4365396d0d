// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/judge/warnings.h"
#include "lib/base/buf.h"
#include "tests/unit/analyze/scenario.h"

#define HEADER "workers,batch,total_s,tokens,requests,failed\n"

static void test_a_new_warning_says_nothing_but_its_code(void **state) {
  (void)state;
  struct warning warning = warnings_new(WARNING_DRIFT);
  assert_int_equal(warning.code, WARNING_DRIFT);
  assert_true(warning.workers == -1 && warning.batch == -1 && warning.count == -1);
  assert_true(isnan(warning.value) && isnan(warning.lo) && isnan(warning.hi));
  assert_null(warning.words);
}

static void test_warnings_are_added_in_their_order(void **state) {
  (void)state;
  struct results results = {0};
  for (int i = 0; i < 40; i++) {
    struct warning warning = warnings_new((enum warning_code)(i % WARNING_CODE_COUNT));
    warning.count = i;
    assert_int_equal(warnings_add(&results, &warning), STATUS_OK);
  }
  assert_int_equal(results.warning_count, 40);
  for (int i = 0; i < 40; i++)
    assert_int_equal(results.warnings[i].count, i);
  results_free(&results);
}

static void test_what_reading_noted_comes_with_its_file(void **state) {
  (void)state;
  struct load_data data = LOAD_DATA;
  struct results results = {0};
  struct error error;
  assert_int_equal(
      scenario_load(
          &data,
          SCENARIO_HEADER("1",
                          "") "{\"type\":\"batch\",\"session\":0,\"workers\":1,\"batch\":1,\"rep\":0,\"total_"
                              "s\":1,\"requests\":1,\"output_tokens\":5}\n{\"type\":\"batch\",\"torn",
          &error),
      STATUS_OK);
  assert_int_equal(load_finish(&data, &error), STATUS_OK);
  assert_int_equal(warnings_of_input(&results, &data), STATUS_OK);
  bool damaged = false, no_end = false;
  for (size_t i = 0; i < results.warning_count; i++) {
    if (results.warnings[i].code == WARNING_DAMAGED_INPUT) damaged = results.warnings[i].count == 1;
    if (results.warnings[i].code == WARNING_NO_END) no_end = true;
    assert_non_null(strstr(results.warnings[i].words, "tidemark-scenario-"));
  }
  assert_true(damaged && no_end);
  results_free(&results);
  load_free(&data);
}

// Of one cause, that of the failures comes first and what follows from it last.
static void test_importance_decides_the_order(void **state) {
  (void)state;
  struct scenario s;
  scenario_run(&s, HEADER "1,1,1,100,1,0\n2,2,1,0,2,2\n4,4,1,30,4,0\n4,6,1,31,6,0\n");
  size_t at[WARNING_CODE_COUNT];
  for (size_t code = 0; code < WARNING_CODE_COUNT; code++)
    at[code] = SIZE_MAX;
  for (size_t i = 0; i < s.results.warning_count; i++) {
    enum warning_code code = s.results.warnings[i].code;
    assert_int_equal(at[code], SIZE_MAX); // each once
    at[code] = i;
  }
  assert_true(at[WARNING_HOLE] != SIZE_MAX && at[WARNING_UNREPLICATED] != SIZE_MAX &&
              at[WARNING_PARTIAL_WAVES] != SIZE_MAX);
  assert_true(at[WARNING_HOLE] < at[WARNING_UNREPLICATED] &&
              at[WARNING_UNREPLICATED] < at[WARNING_PARTIAL_WAVES]);
  assert_int_equal(s.results.warnings[at[WARNING_HOLE]].workers, 2);
  assert_int_equal(s.results.warnings[at[WARNING_PARTIAL_WAVES]].count, 1);
  scenario_free(&s);
}

// 2 % of the prompt tokens at batch 4, 83 % at batch 24, as one prompt sent again and again gives.
static void test_cells_that_the_prompt_cache_served_unequally_are_told(void **state) {
  (void)state;
  static const int cached[] = {83, 11};
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    struct buf text = {0};
    struct scenario s;
    buf_append_text(&text, SCENARIO_HEADER("1", ""));
    for (int b = 0; b < 2; b++)
      buf_printf(&text,
                 "{\"type\":\"batch\",\"session\":0,\"workers\":4,\"batch\":%d,\"rep\":0,\"start_s\":%d,"
                 "\"total_s\":1,\"requests\":4,\"failed\":0,\"output_tokens\":900,\"input_tokens\":1000,"
                 "\"cached_tokens\":%d}\n",
                 b ? 24 : 4, b, 10 * (b ? cached[i] : 2));
    scenario_run(&s, buf_text(&text));
    const struct warning *warning = scenario_warning(&s, WARNING_CACHED_UNEVEN);
    assert_true((warning != NULL) == (i == 0));
    if (warning) {
      scenario_near("least", warning->lo, 0.02, 1e-12);
      scenario_near("most", warning->hi, 0.83, 1e-12);
      assert_int_equal(warning->batch, 24);
    }
    assert_non_null(scenario_warning(&s, WARNING_CACHED_TOKENS));
    scenario_free(&s);
    buf_free(&text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_new_warning_says_nothing_but_its_code),
      cmocka_unit_test(test_warnings_are_added_in_their_order),
      cmocka_unit_test(test_what_reading_noted_comes_with_its_file),
      cmocka_unit_test(test_importance_decides_the_order),
      cmocka_unit_test(test_cells_that_the_prompt_cache_served_unequally_are_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
