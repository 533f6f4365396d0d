// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whether throughput moved while it was measured; test_sessions.c has cells at different times, and how often
// chance passes for a drift.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analyze/judge/warnings_drift.h"
#include "lib/base/buf.h"
#include "tests/unit/analyze/scenario.h"

static const double noise[] = {0.002, -0.001, 0.0015, -0.002, 0.001, -0.0015};

static void append(struct buf *text, int session, int workers, int rep, double start_s, double ln_x) {
  buf_printf(text,
             "{\"type\":\"batch\",\"session\":%d,\"workers\":%d,\"batch\":8,\"rep\":%d,\"start_s\":%.3f,"
             "\"total_s\":%.12g,\"requests\":8,\"failed\":0,\"output_tokens\":1000000,\"errors\":{}}\n",
             session, workers, rep, start_s, 1e6 / exp(ln_x));
}

// Ten minutes of one cell that loses 1 % in each.
static void test_a_loss_over_the_run_is_measured_from_first_to_last(void **state) {
  (void)state;
  struct buf text = {0};
  struct scenario s;
  buf_append_text(&text, SCENARIO_HEADER("1", ""));
  for (int rep = 0; rep <= 10; rep++)
    append(&text, 0, 4, rep, 60 * rep, 5 - 0.01 * rep + noise[rep % 6]);
  buf_append_text(&text, SCENARIO_END);
  scenario_run(&s, buf_text(&text));
  const struct warning *warning = scenario_warning(&s, WARNING_DRIFT);
  assert_non_null(warning);
  scenario_near("change", warning->value, expm1(-0.1), 0.005);
  assert_true(warning->lo < expm1(-0.1) && expm1(-0.1) < warning->hi && warning->hi < 0);
  scenario_free(&s);
  buf_free(&text);
}

// With restarts the sessions are the measurements: two per level say nothing, whatever their batches do.
static void test_restarts_that_differ_are_no_drift_of_their_batches(void **state) {
  (void)state;
  struct buf text = {0};
  struct scenario s;
  buf_append_text(&text, SCENARIO_HEADER("1", SCENARIO_MANAGED));
  for (int rep = 0; rep < 12; rep++)
    append(&text, rep / 6, 1, rep, 60 * rep, 5 + (rep < 6 ? 0 : 0.05) + noise[rep % 6]);
  buf_append_text(&text, SCENARIO_END);
  scenario_run(&s, buf_text(&text));
  assert_null(scenario_warning(&s, WARNING_DRIFT));
  scenario_free(&s);
  buf_free(&text);
}

// Four passes that differ by 2 % with six cells each, whose own noise is a tenth of that: four values,
// not 24.
static void test_passes_that_differ_are_no_drift(void **state) {
  static const double effects[] = {0, 0.03, 0.02, 0.045};
  (void)state;
  struct buf text = {0};
  struct scenario s;
  buf_append_text(&text, SCENARIO_HEADER("1", ""));
  for (int rep = 0; rep < 4; rep++) {
    for (int cell = 0; cell < 6; cell++)
      append(&text, 0, 4 + cell, rep, 60 * (6 * rep + cell), 5 + effects[rep] + noise[(rep + cell) % 6] / 2);
  }
  buf_append_text(&text, SCENARIO_END);
  scenario_run(&s, buf_text(&text));
  assert_null(scenario_warning(&s, WARNING_DRIFT));
  scenario_free(&s);
  buf_free(&text);
}

static void test_a_table_without_times_tells_nothing(void **state) {
  (void)state;
  struct load_data data = LOAD_DATA;
  struct cells_samples samples = {0};
  struct results results = {.confidence = 0.95};
  struct error error;
  struct drift drift;
  assert_int_equal(
      scenario_load(&data, "workers,batch,total_s,tokens\n1,1,1,100\n1,1,1,90\n1,1,1,80\n1,1,1,70\n", &error),
      STATUS_OK);
  assert_int_equal(load_finish(&data, &error), STATUS_OK);
  assert_int_equal(cells_build(&data, 0.95, &results, &samples, &error), STATUS_OK);
  assert_false(warnings_drift(&data, &samples, &results, &drift));
  cells_free(&samples);
  results_free(&results);
  load_free(&data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_loss_over_the_run_is_measured_from_first_to_last),
      cmocka_unit_test(test_restarts_that_differ_are_no_drift_of_their_batches),
      cmocka_unit_test(test_passes_that_differ_are_no_drift),
      cmocka_unit_test(test_a_table_without_times_tells_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
