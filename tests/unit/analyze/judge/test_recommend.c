// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is recommended as shown is right; simulated sweeps go the whole way. make coverage-sim looks closer.
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

#include "analyze/judge/recommend.h"
#include "tests/unit/analyze/scenario.h"
#include "tests/unit/analyze/simulated.h"

enum { RUNS = 100, LEVELS = 8, BATCH = 144, NOISY = 24 };
static const int64_t WORKERS[LEVELS] = {1, 2, 4, 8, 16, 24, 32, 48};

// 24 in flight lie 3.4 % below the best: the level that a careless rule recommends.
static const struct simulated_server SERVER = {.n_star = 40, .peak = 240, .s = 0.3};

struct outcome {
  int shown, wrong;
};

static void sweep_once(gsl_rng *rng, int repeat, double sd, double noisy_sd, bool managed,
                       struct outcome *outcome) {
  struct scenario s = {.data = LOAD_DATA};
  struct analysis_options options = scenario_options();
  options.draws = 2000;
  options.model_count = 0;
  double best = 0;
  for (int i = 0; i < LEVELS; i++) {
    struct simulated_cell cell = {.workers = WORKERS[i],
                                  .batch = BATCH,
                                  .repeat = repeat,
                                  .sd = WORKERS[i] == NOISY ? noisy_sd : sd,
                                  .managed = managed};
    assert_true(simulated_measure(&SERVER, &cell, rng, &s.data));
    best = fmax(best, simulated_throughput(&SERVER, WORKERS[i]));
  }
  assert_int_equal(load_finish(&s.data, NULL), STATUS_OK);
  assert_int_equal(analysis_run(&s.data, &options, &s.results, NULL), STATUS_OK);
  const struct recommendation *chosen = &s.results.recommendation;
  assert_int_equal(chosen->cell, s.results.best.recommended);
  if (chosen->state == RECOMMENDATION_SHOWN) {
    double truth = simulated_throughput(&SERVER, s.results.cells[chosen->cell].workers);
    outcome->shown++;
    outcome->wrong += truth < (1 - chosen->margin) * best;
  }
  scenario_free(&s);
}

static void test_what_is_shown_is_within_the_margin(void **state) {
  static const struct {
    int repeat;
    double sd, noisy_sd; // of all levels, and of that beside the margin
    int fewest, most;    // of RUNS that are to be shown
  } cases[] = {{3, 0.01, 0.01, 85, 100}, {5, 0.01, 0.01, 95, 100}, {3, 0.03, 0.03, 5, 60},
               {3, 0.10, 0.10, 0, 15},   {3, 0.01, 0.10, 0, 30},   {5, 0.01, 0.10, 2, 60}};
  (void)state;
  stat_init();
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  assert_non_null(rng);
  gsl_rng_set(rng, 7);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    for (int managed = 0; managed < 2; managed++) {
      struct outcome outcome = {0};
      for (int run = 0; run < RUNS; run++)
        sweep_once(rng, cases[i].repeat, cases[i].sd, cases[i].noisy_sd, managed, &outcome);
      print_message("sd %.2f, of one %.2f, r %d, %s: %d shown, %d wrong\n", cases[i].sd, cases[i].noisy_sd,
                    cases[i].repeat, managed ? "restarts" : "one server", outcome.shown, outcome.wrong);
      assert_in_range(outcome.shown, cases[i].fewest, cases[i].most);
      assert_true(outcome.wrong <= 0.05 * RUNS + 3 * sqrt(0.05 * 0.95 * RUNS));
    }
  }
  gsl_rng_free(rng);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_is_shown_is_within_the_margin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
