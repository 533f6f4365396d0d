// SPDX-License-Identifier: GPL-3.0-or-later
//
// What more time is best spent on, where it is known what the spread comes from.
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
// clang-format on

#include <gsl/gsl_randist.h>

#include "analyze/input/load_reader.h"
#include "analyze/judge/analysis.h"
#include "analyze/judge/spend.h"

enum { BLOCKS = 6, LEVELS = 3, SIZES = 2, PAUSE_S = 1 };

struct world {
  double group_sd, batch_sd, request_sd; // request_sd: what windows show
  double restart_s, ramp_s, window_s;
  bool managed;
};

static void add_batch(struct load_data *data, const struct world *world, int64_t workers, int64_t batch,
                      int block, size_t session, double effect, double *clock_s) {
  size_t index;
  struct load_replicate *one;
  assert_int_equal(load_cell_of(data, workers, batch, &index), STATUS_OK);
  assert_int_equal(load_replicate_add(&data->cells[index], &one), STATUS_OK);
  double total_s = world->ramp_s + world->window_s, x = 100 * exp(effect);
  *one = (struct load_replicate){.session = session,
                                 .block = (INT64_C(1) << 32) + block,
                                 .in_pass = true,
                                 .start_s = *clock_s,
                                 .total_s = total_s,
                                 .tokens_per_s = x,
                                 .mean_s = total_s / (double)batch,
                                 .requests = batch,
                                 .tokens = (int64_t)(x * total_s),
                                 .input_tokens = -1,
                                 .cached_tokens = -1,
                                 .good = -1,
                                 .steady = {.windows = 1,
                                            .window_s = world->window_s,
                                            .batch_s = total_s,
                                            .amount = x * world->window_s,
                                            .squares = pow(world->request_sd * x * world->window_s, 2)}};
  *clock_s += total_s + PAUSE_S;
}

static void measure(const struct world *world, struct load_data *data, gsl_rng *rng) {
  struct run_facts *facts;
  double clock_s = 1e9;
  size_t session = 0;
  data->files = 1;
  assert_int_equal(load_facts_add(data, "simulated", "run", &facts), STATUS_OK);
  for (int block = 0; block < BLOCKS; block++) {
    for (int64_t level = 1; level <= LEVELS; level++) {
      struct load_session one = {
          .file = 1, .number = block, .managed = world->managed, .workers = -1, .batches = SIZES};
      double effect = gsl_ran_gaussian(rng, world->group_sd);
      if (world->managed || data->session_count == 0)
        assert_int_equal(load_session_add(data, &one, &session), STATUS_OK);
      if (world->managed) clock_s += world->restart_s;
      for (int64_t size = 1; size <= SIZES; size++)
        add_batch(data, world, 4 * level, 16 * size * level, block, session,
                  effect + gsl_ran_gaussian(rng, world->batch_sd), &clock_s);
    }
  }
}

static struct spend find(const struct world *world) {
  struct load_data data = LOAD_DATA;
  struct results results = {.confidence = 0.95};
  struct cells_samples samples = {0};
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  measure(world, &data, rng);
  assert_int_equal(load_finish(&data, NULL), STATUS_OK);
  assert_int_equal(cells_build(&data, 0.95, &results, &samples, NULL), STATUS_OK);
  assert_int_equal(spend_find(&samples, &results, NULL), STATUS_OK);
  struct spend spend = results.spend;
  cells_free(&samples);
  results_free(&results);
  load_free(&data);
  gsl_rng_free(rng);
  return spend;
}

static void test_restarts_that_differ_call_for_restarts(void **state) {
  (void)state;
  struct spend spend = find(&(struct world){.group_sd = 0.03,
                                            .batch_sd = 0.005,
                                            .request_sd = 0.004,
                                            .restart_s = 30,
                                            .ramp_s = 1,
                                            .window_s = 20,
                                            .managed = true});
  assert_true(spend.exists && spend.groups == SPEND_RESTARTS && spend.on == SPEND_ON_GROUPS);
  assert_true(spend.group.lo < 0.03 && 0.03 < spend.group.hi);
  assert_true(spend.batch.lo < 0.005 && 0.005 < spend.batch.hi);
  assert_true(fabs(spend.requests.estimate - 0.004) < 1e-9);
  assert_true(fabs(spend.group_s - 31) < 1e-6 && fabs(spend.batch_s - 21) < 1e-6);
}

// Restarts that take ten times as long as a batch of noisy requests: four times the requests each.
static void test_noisy_requests_behind_long_restarts_call_for_longer_batches(void **state) {
  (void)state;
  struct spend spend = find(&(struct world){.group_sd = 0.002,
                                            .batch_sd = 0.02,
                                            .request_sd = 0.02,
                                            .restart_s = 60,
                                            .ramp_s = 2,
                                            .window_s = 6,
                                            .managed = true});
  assert_int_equal(spend.on, SPEND_ON_LONGER_BATCHES);
  assert_true(spend.times >= SPEND_MIN_TIMES && spend.times <= SPEND_MAX_TIMES);
}

static void test_batches_that_differ_beyond_their_requests_call_for_repetitions(void **state) {
  (void)state;
  struct world world = {.batch_sd = 0.02, .request_sd = 0.004, .ramp_s = 1, .window_s = 20};
  struct spend spend = find(&world);
  assert_true(spend.groups == SPEND_PASSES && spend.on == SPEND_ON_REPETITIONS && spend.times == 1);
  world.batch_sd = 0;
  assert_false(find(&world).exists); // equal values have no spread to split
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_restarts_that_differ_call_for_restarts),
      cmocka_unit_test(test_noisy_requests_behind_long_restarts_call_for_longer_batches),
      cmocka_unit_test(test_batches_that_differ_beyond_their_requests_call_for_repetitions),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
