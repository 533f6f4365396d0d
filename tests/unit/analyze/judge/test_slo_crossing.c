// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "analyze/judge/analysis.h"
#include "tests/unit/analyze/simulated_queue.h"

static const struct simulated_queue queue = {16, 1, 0.5, false}; // p95 is 0.5 s at 13.1 requests/s

static void analyse(struct load_data *data, const char *limits, struct results *results) {
  struct slo slo = SLO_NONE;
  struct analysis_options options = {.confidence = 0.95, .scale = STAT_SCALE_LN, .slo = &slo, .draws = 1000};
  assert_int_equal(slo_parse(limits, &slo, NULL), STATUS_OK);
  assert_int_equal(analysis_run(data, &options, results, NULL), STATUS_OK);
}

static void measure_for(struct load_data *data, double rate, double duration_s, gsl_rng *rng) {
  assert_true(simulated_queue_measure(&queue, rate, duration_s, 0.5, rng, data));
}

static void measure(struct load_data *data, double rate, int repetitions, gsl_rng *rng) {
  for (int i = 0; i < repetitions; i++)
    measure_for(data, rate, 120, rng);
}

static void test_repetitions_near_the_edge_bound_it_together(void **state) {
  (void)state;
  struct load_data data = LOAD_DATA;
  struct results results = {0};
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  measure(&data, 6, 1, rng);
  measure(&data, 12, 4, rng);
  measure(&data, 14, 4, rng);
  measure(&data, 18, 1, rng);
  analyse(&data, "ttft_p95=0.5s", &results);
  const struct slo_edge *edge = &results.slo_edge;
  assert_true(edge->crossing.lo < 13.1 && edge->crossing.hi > 13.1);
  assert_true(edge->crossing.hi / edge->crossing.lo < 1.5 && edge->at == edge->crossing.estimate);
  double passes = results_edge_load(&results, edge->passes), fails = results_edge_load(&results, edge->fails);
  assert_true(passes <= edge->crossing.lo && fails >= edge->crossing.hi);
  assert_int_equal(results.load_answer.kept, edge->passes);
  for (size_t i = 0; i < results.load_count; i++) {
    double rate = results.loads[i].rate;
    bool outside = rate <= edge->crossing.lo || rate >= edge->crossing.hi;
    if (results.loads[i].slo_certain) assert_true(outside);
  }
  results_free(&results);
  // A limit that nothing comes near is none; one that a request exceeds now and then, far from its edge, may
  // bind.
  analyse(&data, "ttft_p95=0.5s,latency_p99=60s", &results);
  assert_true(results.slo_edge.crossing.estimate > 0 && results.slo_edge.limit == 0);
  gsl_rng_free(rng);
  results_free(&results);
  load_free(&data);
}

static void test_quarters_of_a_long_repetition_stand_for_four(void **state) {
  (void)state;
  for (int shorter = 0; shorter < 2; shorter++) {
    struct load_data data = LOAD_DATA;
    struct results results = {0};
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    measure_for(&data, 6, shorter ? 120 : 480, rng);
    measure_for(&data, 12, 480, rng);
    measure_for(&data, 14, 480, rng);
    measure_for(&data, 18, 480, rng);
    analyse(&data, "ttft_p95=0.5s", &results);
    const struct estimate *crossing = &results.slo_edge.crossing;
    assert_true(shorter ? fabs(crossing->estimate / 13.1 - 1) < 0.06 && crossing->hi / crossing->lo < 1.2
                        : isnan(crossing->estimate));
    results_free(&results);
    // Of limits on requests too.
    analyse(&data, "ttft=0.5s", &results);
    assert_true(shorter ? fabs(crossing->estimate / 13.1 - 1) < 0.06 && crossing->hi / crossing->lo < 1.2
                        : isnan(crossing->estimate));
    gsl_rng_free(rng);
    results_free(&results);
    load_free(&data);
  }
}

static void test_too_few_repetitions_near_it_show_none(void **state) {
  (void)state;
  struct load_data data = LOAD_DATA;
  struct results results = {0};
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  measure(&data, 5, 6, rng);
  measure(&data, 12, 2, rng);
  measure(&data, 14, 2, rng);
  analyse(&data, "ttft_p95=0.5s", &results);
  assert_true(results.slo_edge.exists && isnan(results.slo_edge.crossing.estimate));
  gsl_rng_free(rng);
  results_free(&results);
  load_free(&data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_repetitions_near_the_edge_bound_it_together),
      cmocka_unit_test(test_quarters_of_a_long_repetition_stand_for_four),
      cmocka_unit_test(test_too_few_repetitions_near_it_show_none),
  };
  return cmocka_run_group_tests_name("slo_crossing", tests, NULL, NULL);
}
