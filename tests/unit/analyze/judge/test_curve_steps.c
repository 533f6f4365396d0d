// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/analyze/judge/usl_table.h"
#include "tests/unit/analyze/scenario.h"

// A batch of full waves as a server with the steps of usl_table.h answers it: 100 tokens each, the first
// after a prompt of 50 ms.
static void append_requests(struct buf *text, int workers, int rep, double *at) {
  double step = workers / usl_throughput(workers) * (1 + 0.002 * (rep - 1)), latency = 0.05 + 99 * step;
  int batch = 4 * workers;
  for (int i = 0; i < batch; i++) {
    int wave = i / workers;
    buf_printf(text,
               "{\"type\":\"request\",\"session\":0,\"workers\":%d,\"batch\":%d,\"rep\":%d,\"index\":%d,"
               "\"intended_s\":%.9f,\"sent_s\":%.9f,\"ttft_s\":0.05,\"last_text_s\":%.9f,\"latency_s\":%.9f,"
               "\"output_tokens\":100,\"events\":100,\"error\":null}\n",
               workers, batch, rep, i, *at + wave * latency, *at + wave * latency, latency, latency);
  }
  buf_printf(text,
             "{\"type\":\"batch\",\"session\":0,\"workers\":%d,\"batch\":%d,\"rep\":%d,\"start_s\":%.9f,"
             "\"total_s\":%.9f,\"requests\":%d,\"failed\":0,\"output_tokens\":%d}\n",
             workers, batch, rep, *at, 4 * latency, batch, 100 * batch);
  *at += 4 * latency + 1;
}

static void test_steps_stand_beside_the_time_per_token_that_requests_saw(void **state) {
  static const int levels[] = {1, 2, 4, 8, 16, 24, 32};
  struct buf text = {0};
  struct scenario s;
  double at = 0;
  (void)state;
  buf_append_text(&text, SCENARIO_HEADER("1", ""));
  for (int rep = 0; rep < 3; rep++) {
    for (size_t i = 0; i < 7; i++)
      append_requests(&text, levels[i], rep, &at);
  }
  buf_append_text(&text, SCENARIO_END);
  scenario_run(&s, buf_text(&text));
  const struct curve *curve = &s.results.curve;
  assert_true(curve->has_steps);
  assert_int_equal(curve->step_count, 7);
  for (size_t i = 0; i < 7; i++) {
    const struct curve_step *step = &curve->steps[i];
    double truth = levels[i] / usl_throughput(levels[i]);
    scenario_near("n", step->n, levels[i], 0);
    scenario_near("measured", step->measured_s.estimate, truth, 0.005 * truth);
    // Prompts are part of what a token takes on average: 50 ms beside 99 steps, up to 6 %.
    if (!(step->predicted_s.estimate > 0.97 * truth && step->predicted_s.estimate < 1.1 * truth))
      fail_msg("n %d: %g s predicted for %g", levels[i], step->predicted_s.estimate, truth);
    assert_true(step->predicted_s.lo < step->predicted_s.estimate);
  }
  scenario_free(&s);
  buf_free(&text);
}

static void test_requests_per_second_have_no_steps(void **state) {
  struct buf text = {0};
  struct scenario s;
  (void)state;
  buf_append_text(&text, "workers,batch,total_s,requests\n");
  for (int i = 0; i < 30; i++) {
    int workers = 1 << i / 5;
    double total_s = 4 * workers / usl_throughput(workers);
    buf_printf(&text, "%d,%d,%.9g,%d\n", workers, 4 * workers, total_s * (1 + 0.002 * (i % 5)), 4 * workers);
  }
  scenario_run(&s, buf_text(&text));
  assert_true(s.results.curve.selected == 0);
  assert_false(s.results.curve.has_steps);
  scenario_free(&s);
  buf_free(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_steps_stand_beside_the_time_per_token_that_requests_saw),
      cmocka_unit_test(test_requests_per_second_have_no_steps),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
