// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "analyze/judge/demand.h"

static struct load loads[] = {{.rate = 10}, {.rate = 12}};
static struct load_open open_loop = {
    .requests = 100, .failed = 5, .cancelled = 5, .input_tokens = 9000, .tokens = 4500, .served = 80};

// 10 requests/s pass, 12 fail, the estimate is 11; a request of the run has 100 tokens in, 50 out.
static enum status find(char *traffic, double percentile, struct results *results, struct error *error) {
  *results = (struct results){
      .loads = loads, .load_count = 2, .slo_edge = {.exists = true, .passes = 0, .fails = 1, .at = 11}};
  struct load_data data = {.open = &open_loop, .open_count = 1};
  struct demand_options options = {traffic, percentile};
  return demand_find(&options, &data, results, error);
}

// Records of requests have each length, also of responses that end behind the window.
static void test_lengths_are_those_of_the_records(void **state) {
  (void)state;
  char rate[] = "100";
  struct results results = {
      .loads = loads, .load_count = 2, .slo_edge = {.exists = true, .passes = 0, .fails = 1, .at = 11}};
  struct load_data data = {.open = &open_loop, .open_count = 1, .api_count = 1};
  data.apis[0] =
      (struct load_api){.requests = 105, .failed = 5, .input_tokens = 20000, .output_tokens = 6000};
  struct demand_options options = {rate, 0};
  assert_int_equal(demand_find(&options, &data, &results, NULL), STATUS_OK);
  assert_true(results.demand.run_input_tokens == 200 && results.demand.run_output_tokens == 60);
  free(results.demand.rows);
}

static void test_a_rate_out_of_bounds_is_no_file(void **state) {
  (void)state;
  static const char *const rates[] = {"0", "-1", "1e300"};
  for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
    char text[16];
    struct results results;
    struct error error = {""};
    snprintf(text, sizeof text, "%s", rates[i]);
    assert_int_equal(find(text, 0, &results, &error), STATUS_USAGE);
    assert_non_null(strstr(error.text, "a rate is from 1e-06 to 1e+09 requests/s"));
  }
}

static void expect(double rate, int64_t suffice, int64_t estimate, int64_t too_few) {
  struct results results;
  char text[32];
  snprintf(text, sizeof text, "%.17g", rate);
  assert_int_equal(find(text, 0, &results, NULL), STATUS_OK);
  assert_int_equal(results.demand.suffice, suffice);
  assert_int_equal(results.demand.estimate, estimate);
  assert_int_equal(results.demand.too_few, too_few);
  assert_int_equal(results.demand.minutes, 0);
  free(results.demand.rows);
}

static void test_the_interval_of_the_edge_is_that_of_the_servers(void **state) {
  (void)state;
  expect(100, 10, 10, 8); // 12.5 each of 8, 11.1 of 9: open
  expect(120, 12, 11, 10);
  expect(121, 13, 11, 10);
  expect(5, 1, 1, 0);
  expect(30, 3, 3, 2);
}

static void test_bounds_that_are_not_known_stay_open(void **state) {
  (void)state;
  struct demand_options options = {(char[]){"100"}, 0};
  struct load_data data = {0};
  struct results results = {.loads = loads,
                            .load_count = 2,
                            .slo_edge = {.exists = true, .passes = SIZE_MAX, .fails = 0, .at = NAN}};
  assert_int_equal(demand_find(&options, &data, &results, NULL), STATUS_OK);
  assert_int_equal(results.demand.suffice, -1);
  assert_int_equal(results.demand.estimate, -1);
  assert_int_equal(results.demand.too_few, 10);
  struct error error = {""};
  results = (struct results){.load_count = 0, .slo_edge = {.exists = true}};
  assert_int_equal(demand_find(&options, &data, &results, &error), STATUS_USAGE);
  assert_non_null(strstr(error.text, "--timing rate"));
}

// `counts` requests of a minute each, evenly within it; and one that asks no model.
static void write_trace(char *path, const int *counts, int minutes) {
  FILE *file = fdopen(mkstemp(path), "w");
  assert_non_null(file);
  fprintf(file, "{\"type\":\"trace\",\"version\":1,\"start_unix_s\":1700000000.5}\n");
  for (int minute = 0, seq = 0; minute < minutes; minute++) {
    for (int i = 0; i < counts[minute]; i++, seq++)
      fprintf(file,
              "{\"type\":\"request\",\"seq\":%d,\"t_s\":%.6f,\"api\":\"openai.chat\",\"input_tokens\":%d,"
              "\"output_tokens\":52}\n",
              seq, 60.0 * minute + 60.0 * i / counts[minute], i % 2 ? 80 : 160);
    fprintf(file, "{\"type\":\"request\",\"seq\":%d,\"t_s\":%d,\"api\":\"http\"}\n", seq++, 60 * minute + 1);
  }
  fclose(file);
}

static void test_minutes_are_counted_and_a_percentile_taken(void **state) {
  (void)state;
  char path[] = "/tmp/tidemark-demand-XXXXXX";
  static const int counts[] = {600, 0, 1200, 1200, 3000, 1260, 1200, 1200, 60, 600};
  struct results results;
  write_trace(path, counts, 10);
  assert_int_equal(find(path, 0, &results, NULL), STATUS_OK);
  const struct demand *demand = &results.demand;
  assert_int_equal(demand->minutes, 10);
  assert_true(demand->peak_per_s == 50 && demand->percentile == 100);
  assert_int_equal(demand->suffice, 5);
  assert_int_equal(demand->too_few, 4);
  assert_int_equal(demand->row_count, 5);
  static const double kept[] = {0.4, 0.8, 0.9, 0.9, 1}, possible[] = {0.4, 0.9, 0.9, 0.9, 1};
  for (size_t i = 0; i < 5; i++) {
    assert_int_equal(demand->rows[i].servers, i + 1);
    assert_true(fabs(demand->rows[i].kept - kept[i]) < 1e-12);
    assert_true(fabs(demand->rows[i].possible - possible[i]) < 1e-12);
  }
  assert_true(demand->input_tokens == 120 && demand->run_input_tokens == 100);
  assert_true(demand->output_tokens == 52 && demand->run_output_tokens == 50);
  assert_true(fabs(demand->lengths_apart - 1.0 / 6) < 1e-12);
  free(demand->rows);
  assert_int_equal(find(path, 90, &results, NULL), STATUS_OK);
  assert_true(demand->peak_per_s == 21);
  assert_int_equal(demand->suffice, 3);
  assert_int_equal(demand->too_few, 1);
  free(demand->rows);
  unlink(path);
}

static void test_what_is_no_traffic_is_refused(void **state) {
  (void)state;
  char path[] = "/tmp/tidemark-demand-XXXXXX";
  static const int counts[] = {50};
  struct results results;
  struct error error = {""};
  write_trace(path, counts, 1);
  assert_int_equal(find(path, 0, &results, &error), STATUS_FORMAT);
  assert_non_null(strstr(error.text, "less than a minute"));
  assert_non_null(strstr(error.text, path));
  unlink(path);
  assert_int_equal(find(path, 0, &results, &error), STATUS_NOT_FOUND);
  assert_int_equal(find((char[]){"Makefile"}, 0, &results, &error), STATUS_FORMAT);
  assert_false(results.demand.exists);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lengths_are_those_of_the_records),
      cmocka_unit_test(test_a_rate_out_of_bounds_is_no_file),
      cmocka_unit_test(test_the_interval_of_the_edge_is_that_of_the_servers),
      cmocka_unit_test(test_bounds_that_are_not_known_stay_open),
      cmocka_unit_test(test_minutes_are_counted_and_a_percentile_taken),
      cmocka_unit_test(test_what_is_no_traffic_is_refused),
  };
  return cmocka_run_group_tests_name("demand", tests, NULL, NULL);
}
