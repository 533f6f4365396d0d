// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a report says about an open loop.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/analyze/sections/made.h"

static struct percentiles about(double p95) {
  return (struct percentiles){
      {p95 / 2, p95 / 2 * 0.9, p95 / 2 * 1.1}, {p95, p95 * 0.9, p95 * 1.1}, {p95 * 1.2, p95, NAN}};
}

// 10, 20 and 40 requests/s; latency p95 grows with the rate from 1 s to 4 s.
static void offered(struct results *results) {
  static const double rates[] = {10, 20, 40};
  fixture_start(results, 1);
  results->loads = calloc(3, sizeof *results->loads);
  results->load_count = 3;
  for (size_t i = 0; i < 3; i++) {
    struct load *load = &results->loads[i];
    *load = (struct load){.rate = rates[i],
                          .speed = NAN,
                          .sent_per_s = rates[i],
                          .n = rates[i] / 3,
                          .reps = 2,
                          .requests = (int64_t)rates[i] * 120,
                          .served_per_s = {rates[i] * 0.98, rates[i] * 0.97, rates[i] * 0.99},
                          .tokens_per_s = {rates[i] * 20, NAN, NAN},
                          .good_share = {NAN, NAN, NAN},
                          .goodput = {NAN, NAN, NAN}};
    load->latency_s = about(rates[i] / 10);
    fixture_no_percentiles(&load->ttft_s);
    fixture_no_percentiles(&load->tpot_s);
  }
  results->load_answer = (struct load_answer){2, SIZE_MAX};
}

static void limit_of(struct results *results, int percentile) {
  results->limit_count = 1;
  results->limits[0] = (struct limit){RESULTS_LATENCY, percentile, 2.5};
}

static void test_the_servers_that_traffic_needs_and_what_is_assumed(void **state) {
  struct made *made = *state;
  offered(&made->results);
  limit_of(&made->results, 95);
  struct demand *demand = &made->results.demand;
  *demand = (struct demand){.exists = true,
                            .peak_per_s = 50,
                            .percentile = 100,
                            .minutes = 58,
                            .suffice = 4,
                            .estimate = 3,
                            .too_few = 1,
                            .rows = calloc(2, sizeof *demand->rows),
                            .row_count = 2,
                            .input_tokens = 2048,
                            .run_input_tokens = 100,
                            .output_tokens = 50,
                            .run_output_tokens = 50,
                            .lengths_apart = 0.95};
  demand->rows[0] = (struct demand_row){1, 0.4, 0.9};
  demand->rows[1] = (struct demand_row){4, 1, NAN};
  const char *text = made_report(made, LANG_EN);
  HAS(text,
      "4 keep the limits at 50 requests per second, the busiest of 58 minutes; 1 does not. The measured "
      "times meet the limits with about 3.");
  HAS(text, "Minutes within the limits (%) |   At most (%) |");
  HAS(text, "of other lengths than the run's");
  HAS(made_report(made, LANG_RU), "самая нагруженная из 58 минут");
  demand->suffice = demand->estimate = -1;
  demand->percentile = 90;
  demand->lengths_apart = 0.05;
  text = made_report(made, LANG_EN);
  HAS(text, "1 misses a limit at 50 requests per second, which 90% of 58 minutes do not exceed. No number is "
            "shown to suffice.");
  LACKS(text, "of other lengths than the run's");
}

static void test_loads_stand_by_rate_with_their_intervals(void **state) {
  struct made *made = *state;
  offered(&made->results);
  const char *text = made_report(made, LANG_EN);
  HAS(text, "## Open-loop load");
  HAS(text, "![Percentiles of time against the offered rate: 3 rates from 10 to 40 requests per "
            "second](plots/loads.png)");
  HAS(text, "(plots/loads_served.png)");
  HAS(text, "19.6 [19.4, 19.8]");
  HAS(text, "| 2.00 [1.80, 2.20] s |");
  HAS(text, "500 [450, 550] ms");
  HAS(text, "1.20 [1.00, ∞) s");
  LACKS(text, "TTFT");
  LACKS(text, "whole repetition");
  LACKS(text, "Time per token");
  LACKS(text, "Goodput");
  LACKS(text, "Capacity curve");
  LACKS(text, "## Detailed results");
  text = made_brief(made, LANG_EN);
  HAS(text, "  40          39.2     800    2.00 / 4.00 s");
  LACKS(text, "Failed");
  made->results.loads[0].failed = 3;
  HAS(made_brief(made, LANG_EN), "Failed");
  made_check_clean(made_report(made, LANG_RU));
}

// Both are shown where the start of a repetition was another, and where no time is steady.
static void test_whole_repetitions_stand_beside_their_steady_part(void **state) {
  struct made *made = *state;
  struct results *results = &made->results;
  offered(results);
  for (size_t i = 0; i < 3; i++)
    results->loads[i].whole_latency_s = results->loads[i].latency_s;
  results->loads[0].whole_latency_s.p95 = (struct estimate){1.2, NAN, NAN};
  results->loads[2].queue_grows = true;
  fixture_no_percentiles(&results->loads[2].latency_s);
  const char *text = made_report(made, LANG_EN);
  const char *first = strstr(text, "Latency, whole repetition");
  const char *second = first ? strstr(first + 1, "Latency, whole repetition") : NULL;
  if (!second) {
    fail_msg("whole repetitions do not stand there twice");
    return;
  }
  assert_null(strstr(second + 1, "Latency, whole repetition"));
  HAS(first, "1.20 s |");
  LACKS(text, "— |\n"); // a row without a number
  HAS(second, "| 2.00 [1.80, 2.20] s |");
  made_check_clean(made_report(made, LANG_RU));
}

static void test_one_rate_makes_no_picture(void **state) {
  struct made *made = *state;
  offered(&made->results);
  for (size_t i = 0; i < 3; i++)
    made->results.loads[i].rate = 10;
  LACKS(made_report(made, LANG_EN), "plots/loads");
  assert_null(plot_find(&made->plots, "loads"));
}

static void test_percentiles_are_drawn_with_their_intervals(void **state) {
  struct made *made = *state;
  offered(&made->results);
  for (size_t i = 0; i < 3; i++)
    made->results.loads[i].ttft_s = about(0.01);
  made_report(made, LANG_EN);
  struct buf data = {0};
  assert_int_equal(plot_data(plot_find(&made->plots, "loads"), &data), STATUS_OK);
  HAS(buf_text(&data), "\n20 0.01 0.009 0.011");
  HAS(buf_text(&data), "\n40 4 3.6 4.4");
  buf_free(&data);
}

static void test_the_answer_is_the_highest_rate_that_holds(void **state) {
  struct made *made = *state;
  struct results *results = &made->results;
  offered(results);
  HAS(made_brief(made, LANG_EN), "Sustained load: 40 requests per second, the highest rate tested.");
  HAS(made_brief(made, LANG_EN), "At 40 requests per second, latency p50 / p95 is 2.00 / 4.00 s.");
  HAS(made_brief(made, LANG_EN), "Not measured: rates above 40 per second.");
  results->load_answer = (struct load_answer){1, 2};
  results->loads[2].queue_grows = true;
  results->loads[2].served_per_s.estimate = 31;
  HAS(made_report(made, LANG_EN),
      "**Sustained load:** up to 20 requests per second. At 40 per second, a queue grows: 31 "
      "of 40 requests per second are served.");
  HAS(made_report(made, LANG_EN), "Not measured: rates between 20 and 40 per second.");
  HAS(made_report(made, LANG_EN), "| queue grows");
  HAS(made_report(made, LANG_RU), "**Устойчивая нагрузка:** до 20 запросов в секунду. При темпе 40 очередь "
                                  "растет: обслуживается 31 из 40 запросов в секунду.");
  results->load_answer = (struct load_answer){SIZE_MAX, 0};
  results->loads[0].failing = true;
  results->loads[0].failed = 120;
  results->loads[0].reps = results->loads[1].reps = results->loads[2].reps = 1;
  HAS(made_report(made, LANG_EN),
      "none. At 10 requests per second, the lowest rate tested, 10% of the requests fail.");
  HAS(made_report(made, LANG_EN),
      "Not measured: rates below 10 per second; how repetitions differ (each rate was measured once).");
  results->load_answer = (struct load_answer){SIZE_MAX, SIZE_MAX};
  HAS(made_report(made, LANG_EN), "**Sustained load:** not known.");
  LACKS(made_report(made, LANG_EN), "**Next:**");
  results->next[0].rate = 14.1;
  results->next[1].rate = 28.3;
  results->next_count = 2;
  HAS(made_report(made, LANG_EN), "**Next:** Measure at 14.1, 28.3 requests/s, as `--suggest` proposes.");
  HAS(made_report(made, LANG_RU), "**Дальше:** Измерить темпы (запросы в секунду): 14,1; 28,3.");
}

// What is shown and what is open stand apart, with the rate at which the limit is met.
static void test_an_open_edge_is_no_answer(void **state) {
  struct made *made = *state;
  struct results *results = &made->results;
  offered(results);
  limit_of(results, 95);
  results->slo_edge = (struct slo_edge){.exists = true, .at = 28.3};
  results->load_answer = (struct load_answer){0, SIZE_MAX};
  HAS(made_report(made, LANG_EN),
      "**Sustained load within latency p95 ≤ 2.5 s:** 10 requests per second. Whether higher rates keep the "
      "limits is not decided. The measured times meet latency p95 ≤ 2.5 s at about 28.3 requests per "
      "second.");
  results->load_answer = (struct load_answer){SIZE_MAX, 2};
  HAS(made_report(made, LANG_EN), "not decided below 40 requests per second. At 40 per second, latency p95");
  results->load_answer = (struct load_answer){2, SIZE_MAX};
  HAS(made_report(made, LANG_EN), "40 requests per second, the highest rate tested.");
  results->load_answer = (struct load_answer){SIZE_MAX, SIZE_MAX};
  results->loads[1].needs_s[1][1] = 575;
  HAS(made_report(made, LANG_EN), "At 20 requests per second, the repetitions are too short to promise "
                                  "latency p95 ≤ 2.5 s: requests that "
                                  "follow each other wait alike. About 575 s each would do.");
  results->loads[1].needs_s[1][1] = 0;
  LACKS(made_report(made, LANG_EN), "too short");
  results->slo_edge.uneven = true;
  HAS(made_report(made, LANG_EN),
      "not decided: at every rate with a valid measurement an interval reaches beyond a limit.");
  HAS(made_report(made, LANG_EN), "The intervals contradict that more load is never faster");
  HAS(made_report(made, LANG_RU), "не установлена: при каждом темпе");
  made_check_clean(made_report(made, LANG_RU));
}

// The limit, both bounds, and a load whose queue grows by its whole repetitions.
static void test_the_edge_is_drawn_with_its_limit_and_bounds(void **state) {
  struct made *made = *state;
  struct results *results = &made->results;
  offered(results);
  limit_of(results, 95);
  LACKS(made_report(made, LANG_EN), "plots/edge.png");
  results->slo_edge = (struct slo_edge){.exists = true, .at = 28.3, .passes = 0, .fails = 2};
  results->loads[2].queue_grows = true;
  results->loads[2].whole_latency_s = about(9);
  fixture_no_percentiles(&results->loads[2].latency_s);
  HAS(made_report(made, LANG_EN), "plots/edge.png");
  results->load_answer = (struct load_answer){0, 2};
  HAS(made_report(made, LANG_EN), " Both hold at 95% confidence. The measured times meet");
  HAS(made_report(made, LANG_EN),
      "Measured, but neither kept nor missed for certain: 20 requests per second.");
  LACKS(made_report(made, LANG_EN), "Not measured");
  const struct plot *plot = plot_find(&made->plots, "edge");
  struct buf data = {0};
  assert_int_equal(plot_data(plot, &data), STATUS_OK);
  HAS(buf_text(&data), "\n20 2 1.8 2.2");
  HAS(buf_text(&data), "\n40 9 ");
  HAS(buf_text(&data), "\n40 2.5 ");
  assert_true(plot->marks && plot->marks->next && plot->marks->from + plot->marks->next->from == 50);
  buf_free(&data);
  made_check_clean(made_report(made, LANG_RU));
}

static void test_limits_and_goodput_are_in_the_answer(void **state) {
  struct made *made = *state;
  struct results *results = &made->results;
  offered(results);
  limit_of(results, 95);
  results->load_answer = (struct load_answer){1, 2};
  results->loads[1].meets_slo = CELL_SLO_MET;
  results->loads[1].slo_certain = true;
  results->loads[2].meets_slo = CELL_SLO_MISSED;
  HAS(made_report(made, LANG_EN), "limits open");
  LACKS(made_report(made, LANG_EN), "misses a limit");
  results->loads[2].slo_certain = true;
  HAS(made_report(made, LANG_EN), "**Sustained load within latency p95 ≤ 2.5 s:** up to 20 requests per "
                                  "second. At 40 per second, latency p95 ≤ 2.5 s is missed (4.00 s).");
  limit_of(results, 0);
  results->loads[1].good_share = (struct estimate){0.98, 0.96, 0.99};
  results->loads[1].goodput = (struct estimate){19.6, 19.2, 19.8};
  results->loads[2].good_share = (struct estimate){0.004, 0, 0.01};
  results->loads[2].goodput = (struct estimate){0.16, 0, 0.4};
  const char *text = made_report(made, LANG_EN);
  HAS(text,
      "**Sustained load within latency ≤ 2.5 s for 95% of requests:** up to 20 requests per second. At "
      "40 per second, 0.4% of the requests are within the limits: goodput is 0.160 [0.000, 0.400] of 40 "
      "requests per "
      "second.");
  HAS(text, "Goodput: 19.6 [19.2, 19.8] requests per second, 98% of the requests.");
  HAS(text, "19.6 [19.2, 19.8]");
  HAS(text, "98% [96, 99]");
  HAS(text, "misses a limit");
  HAS(made_brief(made, LANG_EN), "0.4%");
  results->loads[2].queue_grows = true;
  HAS(made_report(made, LANG_EN), "requests per second, and a queue grows.");
  made_check_clean(made_report(made, LANG_RU));
}

// Repetitions of a slow client alone, without records of requests, at the original times.
static void test_what_is_not_known_of_a_load_is_no_number(void **state) {
  struct made *made = *state;
  struct results *results = &made->results;
  struct estimate none = {NAN, NAN, NAN};
  offered(results);
  for (size_t i = 0; i < 3; i++) {
    struct load *load = &results->loads[i];
    load->rate = load->speed = load->sent_per_s = load->n = load->queue_slope = NAN;
    load->served_per_s = load->tokens_per_s = none;
    load->reps = load->requests = 0;
    load->invalid = 3;
    fixture_no_percentiles(&load->latency_s);
  }
  results->load_answer = (struct load_answer){SIZE_MAX, SIZE_MAX};
  for (int lang = 0; lang < LANG_COUNT; lang++) {
    made_check_clean(made_report(made, (enum lang)lang));
    made_check_clean(made_brief(made, (enum lang)lang));
  }
  HAS(made_brief(made, LANG_EN), "client not in time");
  LACKS(made_brief(made, LANG_EN), "Not measured: rates");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      MADE(test_loads_stand_by_rate_with_their_intervals),
      MADE(test_the_servers_that_traffic_needs_and_what_is_assumed),
      MADE(test_whole_repetitions_stand_beside_their_steady_part),
      MADE(test_one_rate_makes_no_picture),
      MADE(test_percentiles_are_drawn_with_their_intervals),
      MADE(test_the_answer_is_the_highest_rate_that_holds),
      MADE(test_an_open_edge_is_no_answer),
      MADE(test_the_edge_is_drawn_with_its_limit_and_bounds),
      MADE(test_limits_and_goodput_are_in_the_answer),
      MADE(test_what_is_not_known_of_a_load_is_no_number),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
