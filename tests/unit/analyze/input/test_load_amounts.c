// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
// clang-format on

#include "tests/unit/analyze/scenario.h"

#define BATCH(rep, rest)                                                                                     \
  "{\"type\":\"batch\",\"session\":0,\"workers\":2,\"batch\":20,\"rep\":" #rep ",\"start_s\":" #rep          \
  ",\"total_s\":2,\"requests\":20," rest ",\"errors\":{}}\n"
#define TEXT(rep) BATCH(rep, "\"failed\":0,\"input_tokens\":300,\"output_tokens\":100")
#define NO_TEXT(rep) BATCH(rep, "\"failed\":1,\"input_tokens\":null,\"output_tokens\":null")
#define NOTHING(rep) BATCH(rep, "\"failed\":20,\"input_tokens\":0,\"output_tokens\":0")

static enum status read_as(struct load_data *data, const char *measure, const char *text,
                           struct error *error) {
  *data = LOAD_DATA;
  for (int i = 0; measure && i < MEASURE_COUNT; i++) {
    if (strcmp(results_measure_names[i], measure) != 0) continue;
    data->measure = (enum results_measure)i;
    data->has_measure = true;
  }
  enum status status = scenario_load(data, text, error);
  return status == STATUS_OK ? load_finish(data, error) : status;
}

static void test_throughput_is_in_what_is_counted(void **state) {
  static const struct {
    const char *measure; // NULL: none given
    const char *text;
    enum results_measure counted;
    double throughput;
  } cases[] = {
      {NULL, TEXT(0), MEASURE_OUTPUT_TOKENS, 50},
      {NULL, NO_TEXT(0), MEASURE_REQUESTS, 9.5},
      {NULL, NO_TEXT(0) NOTHING(1), MEASURE_REQUESTS, 9.5},
      {NULL, TEXT(0) NOTHING(1), MEASURE_OUTPUT_TOKENS, 50},
      {NULL, NOTHING(0), MEASURE_OUTPUT_TOKENS, 0},
      {"input_tokens", TEXT(0), MEASURE_INPUT_TOKENS, 150},
      {"total_tokens", TEXT(0), MEASURE_TOTAL_TOKENS, 200},
      {"requests", TEXT(0), MEASURE_REQUESTS, 10},
      {"requests", NO_TEXT(0), MEASURE_REQUESTS, 9.5},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct load_data data;
    struct error error = {0};
    char text[2048];
    snprintf(text, sizeof text, "%s%s%s", SCENARIO_HEADER("1", ""), cases[i].text, SCENARIO_END);
    if (read_as(&data, cases[i].measure, text, &error)) fail_msg("case %zu: %s", i, error.text);
    assert_int_equal(data.measure, cases[i].counted);
    scenario_near("throughput", data.cells[0].replicates[0].tokens_per_s, cases[i].throughput, 1e-12);
    load_free(&data);
  }
}

static void test_a_measure_that_no_batch_has_is_refused(void **state) {
  static const struct {
    const char *measure, *text, *message;
  } cases[] = {
      {"output_tokens", NO_TEXT(0), "--measure output_tokens: no batch has tokens; there are requests"},
      {"total_tokens", BATCH(0, "\"failed\":0,\"input_tokens\":null,\"output_tokens\":10"),
       "--measure total_tokens: no batch has input tokens; there are output_tokens and requests"},
      {"total_tokens", BATCH(0, "\"failed\":0,\"input_tokens\":10,\"output_tokens\":null"),
       "--measure total_tokens: no batch has output tokens; there are input_tokens and requests"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct load_data data;
    struct error error = {0};
    char text[2048];
    snprintf(text, sizeof text, "%s%s%s", SCENARIO_HEADER("1", ""), cases[i].text, SCENARIO_END);
    assert_int_equal(read_as(&data, cases[i].measure, text, &error), STATUS_FORMAT);
    assert_string_equal(error.text, cases[i].message);
    load_free(&data);
  }
}

static void test_a_run_of_http_in_which_all_failed_counts_requests(void **state) {
  struct load_data data;
  struct error error = {0};
  (void)state;
  if (read_as(&data, NULL, SCENARIO_HEADER("1", ",\"api\":\"http\"") NOTHING(0) SCENARIO_END, &error))
    fail_msg("%s", error.text);
  assert_int_equal(data.measure, MEASURE_REQUESTS);
  load_free(&data);
}

static void test_without_a_valid_batch_the_invalid_ones_decide(void **state) {
  static const struct {
    const char *batches;
    enum results_measure counted;
  } cases[] = {
      {BATCH(0, "\"failed\":1,\"output_tokens\":null,\"client\":{\"valid\":false}"), MEASURE_REQUESTS},
      {BATCH(0, "\"failed\":0,\"output_tokens\":9,\"client\":{\"valid\":false}"), MEASURE_OUTPUT_TOKENS},
      {BATCH(0, "\"failed\":1,\"output_tokens\":null,\"client\":{\"valid\":false}") TEXT(1),
       MEASURE_OUTPUT_TOKENS},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct load_data data;
    struct error error = {0};
    char text[1024];
    snprintf(text, sizeof text, "%s%s%s", SCENARIO_HEADER("1", ""), cases[i].batches, SCENARIO_END);
    if (read_as(&data, NULL, text, &error)) fail_msg("case %zu: %s", i, error.text);
    assert_int_equal(data.measure, cases[i].counted);
    load_free(&data);
  }
}

// The sums of requests in our own cells.csv are over repetitions, its times are means of one.
static void test_a_table_without_tokens_counts_requests(void **state) {
  struct load_data data;
  struct error error = {0};
  (void)state;
  if (read_as(&data, NULL, "workers,batch,total_s,requests,failed\n2,20,2,60,3\n", &error))
    fail_msg("%s", error.text);
  assert_int_equal(data.measure, MEASURE_REQUESTS);
  scenario_near("throughput", data.cells[0].replicates[0].tokens_per_s, 9.5, 1e-12);
  load_free(&data);
  assert_int_equal(read_as(&data, NULL, "workers,batch,total_s\n2,20,2\n", &error), STATUS_FORMAT);
  load_free(&data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_throughput_is_in_what_is_counted),
      cmocka_unit_test(test_a_measure_that_no_batch_has_is_refused),
      cmocka_unit_test(test_without_a_valid_batch_the_invalid_ones_decide),
      cmocka_unit_test(test_a_run_of_http_in_which_all_failed_counts_requests),
      cmocka_unit_test(test_a_table_without_tokens_counts_requests),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
