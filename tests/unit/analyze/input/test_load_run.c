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

#include "tests/unit/analyze/scenario.h"

// A request of a batch: sent 0.5 s after it was intended, with the latency given.
#define REQUEST(session, workers, batch, rep, latency, rest)                                                 \
  "{\"type\":\"request\",\"session\":" #session ",\"workers\":" #workers ",\"batch\":" #batch                \
  ",\"rep\":" #rep ",\"index\":0,\"seq\":0,\"intended_s\":1,\"ready_s\":1,\"sent_s\":1.5,\"ttft_s\":0.1,"    \
  "\"last_text_s\":0.5,\"latency_s\":" #latency ",\"status\":200,\"output_tokens\":5" rest "}\n"
#define BATCH(session, workers, batch, rep, rest)                                                            \
  "{\"type\":\"batch\",\"session\":" #session ",\"workers\":" #workers ",\"batch\":" #batch ",\"rep\":" #rep \
  ",\"start_s\":1,\"total_s\":2,\"requests\":2,\"failed\":0,\"output_tokens\":100,"                          \
  "\"errors\":{}" rest "}\n"
#define INVALID ",\"client\":{\"cpu\":0.99,\"valid\":false,\"reason\":\"client CPU\"}"
#define VALID ",\"client\":{\"cpu\":0.1,\"lag_p99_s\":0.002,\"valid\":true}"

static struct load_data read_run(const char *text) {
  struct load_data data = LOAD_DATA;
  struct error error = {0};
  if (scenario_load(&data, text, &error) || load_finish(&data, &error)) fail_msg("%s", error.text);
  return data;
}

static void test_warmup_batches_and_their_requests_are_not_measured(void **state) {
  (void)state;
  struct load_data data = read_run(SCENARIO_HEADER("1", "") REQUEST(0, 2, 2, 0, 9, ",\"warmup\":true") BATCH(
      0, 2, 2, 0, ",\"warmup\":true") REQUEST(0, 2, 2, 0, 1, "") BATCH(0, 2, 2, 0, VALID) SCENARIO_END);
  assert_int_equal(data.cell_count, 1);
  assert_int_equal(data.cells[0].count, 1);
  assert_int_equal(data.facts[0].warmup_batches, 1);
  assert_int_equal(data.facts[0].batches, 1);
  assert_int_equal(times_count(&data.cells[0].pooled.of[LOAD_LATENCY]), 1);
  load_free(&data);
}

static void test_a_bottlenecked_client_leaves_batch_and_requests_out(void **state) {
  (void)state;
  struct load_data data = read_run(SCENARIO_HEADER("1", "") REQUEST(0, 2, 2, 0, 1, "") BATCH(
      0, 2, 2, 0, VALID) REQUEST(0, 2, 2, 1, 9, "") BATCH(0, 2, 2, 1, INVALID) SCENARIO_END);
  assert_int_equal(data.cells[0].count, 1);
  assert_int_equal(data.cells[0].invalid_count, 1);
  assert_int_equal(times_count(&data.cells[0].pooled.of[LOAD_LATENCY]), 1);
  assert_int_equal(data.client_reason.kind, RUN_REASON_OTHER);
  assert_string_equal(data.client_reason.text.data, "client CPU");
  scenario_near("the worst valid batch", data.client_cpu_max, 0.1, 1e-12);
  scenario_near("the worst valid batch", data.client_lag_p99_max_s, 0.002, 1e-12);
  load_free(&data);
}

#define FAILED_BATCH(batch, rep, total, failed, tokens, rest)                                                \
  "{\"type\":\"batch\",\"session\":0,\"workers\":4,\"batch\":" #batch ",\"rep\":" #rep                       \
  ",\"start_s\":1,\"total_s\":" #total ",\"requests\":20,\"failed\":" #failed ",\"output_tokens\":" #tokens  \
  ",\"errors\":{\"http_5xx\":" #failed "}" rest "}\n"

// A server that refuses everything at once makes the client spin; its failure is not the client's.
static void test_a_failed_batch_is_not_hidden_as_the_client_s_fault(void **state) {
  (void)state;
  struct scenario s;
  scenario_run(&s, SCENARIO_HEADER("1", "") FAILED_BATCH(20, 0, 0.001, 20, 0, INVALID)
                       FAILED_BATCH(40, 0, 0, 20, 0, "") FAILED_BATCH(60, 0, 2, 0, 900, VALID)
                           FAILED_BATCH(60, 1, 2, 20, 0, INVALID) FAILED_BATCH(80, 0, 2, 0, 900, VALID)
                               FAILED_BATCH(80, 1, 2, 0, 990, INVALID) SCENARIO_END);
  for (int batch = 20; batch <= 60; batch += 20) {
    const struct cell *cell = scenario_cell(&s, 4, batch);
    assert_int_equal(cell->flags & (CELL_FAILED | CELL_INVALID_CLIENT), CELL_FAILED);
    assert_int_equal(cell->invalid, 0);
    assert_int_equal(cell->failed, 20);
    assert_int_equal(cell->errors[FAILURE_HTTP_5XX], 20);
    scenario_near("estimate", cell->tokens_per_s.estimate, 0, 0);
  }
  assert_int_equal(scenario_cell(&s, 4, 80)->flags & (CELL_FAILED | CELL_INVALID_CLIENT), 0);
  assert_int_equal(scenario_cell(&s, 4, 80)->invalid, 1);
  assert_int_equal(s.results.best.cell, results_find(&s.results, 4, 80));
  assert_int_equal(scenario_warning(&s, WARNING_FAILED_CELLS)->count, 3);
  // replay called three batches invalid, two of which failed besides.
  const struct warning *client = scenario_warning(&s, WARNING_INVALID_CLIENT);
  assert_int_equal(client->count, 3);
  scenario_near("failed as well", client->lo, 2, 0);
  scenario_near("the client's CPU", client->value, 0.99, 1e-12);
  scenario_free(&s);
}

static void test_times_of_a_request_follow_their_definitions(void **state) {
  (void)state;
  struct load_data data =
      read_run(SCENARIO_HEADER("1", "") REQUEST(0, 2, 2, 0, 0.75, "") BATCH(0, 2, 2, 0, "") SCENARIO_END);
  static const struct {
    enum load_time time;
    double seconds;
  } expected[] = {{LOAD_TTFT, 0.1}, {LOAD_LATENCY, 0.75}, {LOAD_TPOT, 0.4 / 4}, {LOAD_RESPONSE, 1.25}};
  for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
    struct ci ci;
    assert_int_equal(times_quantile(&data.cells[0].pooled.of[expected[i].time], 0.5, 0.95, &ci, NULL),
                     STATUS_OK);
    scenario_near("seconds", ci.estimate, expected[i].seconds, 1e-9);
  }
  assert_int_equal(times_count(&data.cells[0].pooled.of[LOAD_ITL_P50]), 0);
  load_free(&data);
}

static void test_failed_requests_give_no_times(void **state) {
  (void)state;
  struct load_data data =
      read_run(SCENARIO_HEADER("1", "") REQUEST(0, 2, 2, 0, 1, ",\"error\":\"timeout\"")
                   REQUEST(0, 2, 2, 0, 1, ",\"error\":null") BATCH(0, 2, 2, 0, "") SCENARIO_END);
  assert_int_equal(times_count(&data.cells[0].pooled.of[LOAD_LATENCY]), 1);
  load_free(&data);
}

static void test_requests_count_whether_they_stand_before_or_after_their_batch(void **state) {
  (void)state;
  struct load_data data = read_run(SCENARIO_HEADER("1", "") REQUEST(0, 2, 2, 0, 1, "") BATCH(0, 2, 2, 0, "")
                                       REQUEST(0, 2, 2, 0, 2, "") BATCH(0, 2, 2, 1, INVALID)
                                           REQUEST(0, 2, 2, 1, 9, "") SCENARIO_END);
  assert_int_equal(times_count(&data.cells[0].pooled.of[LOAD_LATENCY]), 2);
  load_free(&data);
}

static void test_an_unfinished_batch_counts_for_nothing(void **state) {
  (void)state;
  struct load_data data = read_run(SCENARIO_HEADER("1", "") BATCH(0, 2, 2, 0, "") REQUEST(0, 2, 2, 1, 9, ""));
  assert_int_equal(data.cells[0].count, 1);
  assert_int_equal(times_count(&data.cells[0].pooled.of[LOAD_LATENCY]), 0);
  assert_false(data.lost); // a missing end alone is a notice
  assert_int_equal(data.notice_count, 1);
  assert_int_equal(data.notices[0].code, WARNING_NO_END);
  load_free(&data);
}

static void test_percentiles_are_kept_per_session(void **state) {
  (void)state;
  struct load_data data =
      read_run(SCENARIO_HEADER("1", SCENARIO_MANAGED) REQUEST(0, 2, 2, 0, 1, "") BATCH(0, 2, 2, 0, "")
                   REQUEST(1, 2, 2, 1, 3, "") REQUEST(1, 2, 2, 1, 3, "") BATCH(1, 2, 2, 1, "") SCENARIO_END);
  const struct load_cell *cell = &data.cells[0];
  assert_int_equal(cell->session_count, 2);
  scenario_near("first session", cell->sessions[0].of[LOAD_LATENCY][0], 1, 1e-9);
  scenario_near("second session", cell->sessions[1].of[LOAD_LATENCY][0], 3, 1e-9);
  assert_int_equal(times_count(&cell->pooled.of[LOAD_LATENCY]), 3);
  load_free(&data);
}

static void test_a_level_whose_server_failed_yields_its_planned_cells(void **state) {
  (void)state;
  struct load_data data = read_run(SCENARIO_HEADER("1", SCENARIO_MANAGED) BATCH(
      0, 1, 2, 0,
      "") "{\"type\":\"session\",\"session\":1,\"workers\":2,\"block\":0,\"start_s\":5,\"ready_s\":null,"
          "\"state\":\"failed\",\"exit\":1,\"error\":\"no memory for slots\"}\n" SCENARIO_END);
  assert_int_equal(data.cell_count, 3);
  for (size_t i = 1; i < 3; i++) {
    assert_int_equal(data.cells[i].workers, 2);
    assert_int_equal(data.cells[i].batch, i == 1 ? 2 : 4);
    assert_true(data.cells[i].failed_starts > 0);
    assert_int_equal(data.cells[i].count, 0);
  }
  assert_string_equal(data.notices[0].words, "no memory for slots");
  load_free(&data);
}

static void test_a_plan_of_single_cells_yields_those_of_the_failed_level(void **state) {
  (void)state;
  struct load_data data =
      read_run(SCENARIO_HEADER("1", ",\"server\":\"s\",\"plan\":{\"cells\":[{\"workers\":1,\"batch\":3},"
                                    "{\"workers\":2,\"batch\":8}]}")
                   BATCH(0, 1, 3, 0, "") "{\"type\":\"session\",\"session\":1,\"workers\":2,\"block\":0,"
                                         "\"start_s\":5,\"state\":\"failed\"}\n" SCENARIO_END);
  assert_int_equal(data.cell_count, 2);
  assert_int_equal(data.cells[1].batch, 8);
  load_free(&data);
}

static void test_without_warmup_the_first_batch_of_a_server_is_cold(void **state) {
  (void)state;
  struct load_data data = read_run(
      "{\"type\":\"run\",\"version\":1,\"start_unix_s\":1,\"seed\":1,\"warmup\":0,\"server\":\"s\"}\n" BATCH(
          0, 2, 4, 0, "") BATCH(0, 2, 2, 0, "") BATCH(1, 2, 2, 1, "") BATCH(1, 2, 4, 1, "") SCENARIO_END);
  assert_true(data.cells[0].replicates[0].cold);
  assert_false(data.cells[0].replicates[1].cold);
  assert_false(data.cells[1].replicates[0].cold);
  assert_true(data.cells[1].replicates[1].cold);
  load_free(&data);
}

static void test_open_loop_batches_are_no_cells(void **state) {
  (void)state;
  struct load_data data = read_run(
      SCENARIO_HEADER("1", ",\"timing\":\"rate\"") "{\"type\":\"batch\",\"session\":0,\"workers\":null,"
                                                   "\"batch\":null,\"rep\":0,\"start_s\":0,\"total_s\":10,"
                                                   "\"requests\":50,\"failed\":1,\"output_tokens\":1000,"
                                                   "\"timing\":\"rate\",\"rate\":5,"
                                                   "\"in_flight_mean\":7.5}\n" SCENARIO_END);
  assert_int_equal(data.cell_count, 0);
  assert_int_equal(data.open_count, 1);
  scenario_near("rate", data.open[0].rate, 5, 0);
  scenario_near("in flight", data.open[0].in_flight, 7.5, 0);
  assert_int_equal(data.open[0].failed, 1);
  load_free(&data);
}

static void test_records_that_an_end_misses_are_lost(void **state) {
  (void)state;
  struct load_data data = read_run(SCENARIO_HEADER("1", "") BATCH(
      0, 2, 2, 0, "") "{\"type\":\"end\",\"sessions\":1,\"batches\":2,\"requests\":4}\n");
  assert_true(data.lost);
  assert_int_equal(data.notices[0].code, WARNING_DAMAGED_INPUT);
  assert_int_equal(data.notices[0].count, 5); // one batch, four requests
  load_free(&data);
}

static void test_a_broken_line_is_counted_and_the_rest_is_read(void **state) {
  (void)state;
  struct load_data data =
      read_run(SCENARIO_HEADER("1", "") "{\"type\":\"batch\",\"sess\n" BATCH(0, 2, 2, 0, "") SCENARIO_END);
  assert_true(data.lost);
  assert_int_equal(data.cells[0].count, 1);
  load_free(&data);
}

static void test_a_line_cut_at_the_end_is_lost(void **state) {
  (void)state;
  struct load_data data = read_run(SCENARIO_HEADER("1", "") BATCH(0, 2, 2, 0, "") "{\"type\":\"bat");
  assert_true(data.lost);
  assert_int_equal(data.cells[0].count, 1);
  load_free(&data);
}

static void test_unknown_records_and_fields_are_no_damage(void **state) {
  (void)state;
  struct load_data data = read_run(SCENARIO_HEADER("1", "") "{\"type\":\"weather\",\"rain\":[1,{}]}\n" BATCH(
      0, 2, 2, 0, ",\"moon\":\"full\"") SCENARIO_END);
  assert_false(data.lost);
  assert_int_equal(data.notice_count, 0);
  load_free(&data);
}

static void test_the_same_run_is_not_counted_twice(void **state) {
  struct load_data data = LOAD_DATA;
  struct error error = {0};
  (void)state;
  assert_int_equal(scenario_load(&data, SCENARIO_HEADER("1", "") BATCH(0, 2, 2, 0, "") SCENARIO_END, &error),
                   STATUS_OK);
  assert_int_equal(scenario_load(&data, SCENARIO_HEADER("2", "") BATCH(0, 2, 2, 0, "") SCENARIO_END, &error),
                   STATUS_OK);
  assert_int_equal(data.cells[0].count, 2);
  assert_true(data.cells[0].replicates[0].session != data.cells[0].replicates[1].session);
  assert_int_equal(scenario_load(&data, SCENARIO_HEADER("1", "") BATCH(0, 2, 2, 0, "") SCENARIO_END, &error),
                   STATUS_FORMAT);
  assert_non_null(strstr(error.text, "read already"));
  load_free(&data);
}

static void test_an_appended_segment_goes_on_with_other_sessions(void **state) {
  (void)state;
  struct load_data data = read_run(SCENARIO_HEADER("1", "") BATCH(
      0, 2, 2, 0, "") SCENARIO_END SCENARIO_HEADER("2", "") BATCH(1, 2, 2, 0, "") SCENARIO_END);
  assert_int_equal(data.cells[0].count, 2);
  assert_int_equal(data.session_count, 2);
  assert_int_equal(data.fact_count, 2);
  assert_int_equal(data.notice_count, 0);
  load_free(&data);
}

static void test_a_run_without_a_batch_is_refused(void **state) {
  struct load_data data = LOAD_DATA;
  struct error error = {0};
  (void)state;
  assert_int_equal(scenario_load(&data, SCENARIO_HEADER("1", ""), &error), STATUS_FORMAT);
  assert_non_null(strstr(error.text, "no measured batch"));
  load_free(&data);
}

static void test_a_later_version_is_refused(void **state) {
  struct load_data data = LOAD_DATA;
  struct error error = {0};
  (void)state;
  assert_int_equal(scenario_load(&data, "{\"type\":\"run\",\"version\":2,\"start_unix_s\":1}\n", &error),
                   STATUS_FORMAT);
  assert_non_null(strstr(error.text, "version 2"));
  load_free(&data);
}

static void test_good_requests_meet_every_limit(void **state) {
  struct load_data data = LOAD_DATA;
  struct error error = {0};
  (void)state;
  data.has_limits = true;
  data.limits = (struct load_limits){.ttft_ns = 100000000, .tpot_ns = -1, .latency_ns = 1000000000};
  assert_int_equal(scenario_load(&data,
                                 SCENARIO_HEADER("1", "") REQUEST(0, 2, 2, 0, 1, "") // just within
                                 REQUEST(0, 2, 2, 0, 1.001, "")
                                     REQUEST(0, 2, 2, 0, 0.5, ",\"error\":\"reset\"") BATCH(0, 2, 2, 0, "")
                                         SCENARIO_END,
                                 &error),
                   STATUS_OK);
  assert_int_equal(data.cells[0].replicates[0].good, 1);
  load_free(&data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_warmup_batches_and_their_requests_are_not_measured),
      cmocka_unit_test(test_a_bottlenecked_client_leaves_batch_and_requests_out),
      cmocka_unit_test(test_a_failed_batch_is_not_hidden_as_the_client_s_fault),
      cmocka_unit_test(test_times_of_a_request_follow_their_definitions),
      cmocka_unit_test(test_failed_requests_give_no_times),
      cmocka_unit_test(test_requests_count_whether_they_stand_before_or_after_their_batch),
      cmocka_unit_test(test_an_unfinished_batch_counts_for_nothing),
      cmocka_unit_test(test_percentiles_are_kept_per_session),
      cmocka_unit_test(test_a_level_whose_server_failed_yields_its_planned_cells),
      cmocka_unit_test(test_a_plan_of_single_cells_yields_those_of_the_failed_level),
      cmocka_unit_test(test_without_warmup_the_first_batch_of_a_server_is_cold),
      cmocka_unit_test(test_open_loop_batches_are_no_cells),
      cmocka_unit_test(test_records_that_an_end_misses_are_lost),
      cmocka_unit_test(test_a_broken_line_is_counted_and_the_rest_is_read),
      cmocka_unit_test(test_a_line_cut_at_the_end_is_lost),
      cmocka_unit_test(test_unknown_records_and_fields_are_no_damage),
      cmocka_unit_test(test_the_same_run_is_not_counted_twice),
      cmocka_unit_test(test_an_appended_segment_goes_on_with_other_sessions),
      cmocka_unit_test(test_a_run_without_a_batch_is_refused),
      cmocka_unit_test(test_a_later_version_is_refused),
      cmocka_unit_test(test_good_requests_meet_every_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
