// SPDX-License-Identifier: GPL-3.0-or-later
//
// The engine under a clock of the test's own. Expected times are closed forms of the model in engine.h.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "tests/simllm/engine.h"

enum { MOST_TOKENS = 100000, START_NS = 1000000 };

struct seen {
  int64_t count;
  const struct engine_job *job[MOST_TOKENS];
  int64_t step_ns[MOST_TOKENS];
};

static struct seen seen;

static void see(void *context, struct engine_job *job, int64_t step_ns) {
  struct seen *all = context;
  assert_true(all->count < MOST_TOKENS);
  all->job[all->count] = job;
  all->step_ns[all->count++] = step_ns;
}

static const struct engine_config standard = {.slots = 8,
                                              .c0_s = .02447,
                                              .c1_s = .001076,
                                              .c2_s = .0000314,
                                              .cliff_factor = 1,
                                              .time_scale = 1,
                                              .seed = 1};

static struct engine *open_engine(struct engine_config config) {
  struct engine *engine = NULL;
  seen.count = 0;
  assert_int_equal(engine_open(&config, see, &seen, &engine), STATUS_OK);
  return engine;
}

// A step of 10 ms, whatever the number of slots.
static struct engine_config constant_step(int64_t slots) {
  struct engine_config config = standard;
  config.slots = slots;
  config.c0_s = .01;
  config.c1_s = config.c2_s = 0;
  return config;
}

// Lets the clock jump from event to event, as the server's timer does.
static void run_until_idle(struct engine *engine) {
  for (int64_t next_ns; (next_ns = engine_next_ns(engine)) != INT64_MAX;)
    engine_advance(engine, next_ns);
}

static struct engine_job *submit_jobs(struct engine *engine, int64_t count, int64_t tokens, int64_t now_ns) {
  struct engine_job *jobs = calloc((size_t)count, sizeof *jobs);
  assert_non_null(jobs);
  for (int64_t i = 0; i < count; i++) {
    jobs[i].tokens = tokens;
    engine_submit(engine, &jobs[i], now_ns);
  }
  return jobs;
}

static double throughput(struct engine_config config, int64_t waves, int64_t tokens) {
  struct engine *engine = open_engine(config);
  struct engine_job *jobs = submit_jobs(engine, config.slots * waves, tokens, START_NS);
  run_until_idle(engine);
  double seconds = clock_seconds(seen.step_ns[seen.count - 1] - START_NS);
  double result = (double)seen.count / seconds;
  assert_int_equal(seen.count, config.slots * waves * tokens);
  free(jobs);
  engine_close(engine);
  return result;
}

// n / (c0 + c1*n + c2*n*n) for these constants, by hand: 228, 322, 351 at 8, 16, 24 and the peak of 354
// at 28.
static void test_throughput_is_the_closed_form(void **state) {
  (void)state;
  static const struct {
    int64_t slots;
    double tokens_per_s;
  } cases[] = {{8, 228}, {16, 322}, {24, 351}, {28, 354}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct engine_config config = standard;
    config.slots = cases[i].slots;
    static const double scales[] = {1, 1e-1, 1e-2, 1e-3, 1e-4};
    for (size_t k = 0; k < sizeof scales / sizeof scales[0]; k++) {
      config.time_scale = scales[k];
      double seen_per_s = throughput(config, 4, 169);
      assert_true(fabs(seen_per_s * scales[k] / cases[i].tokens_per_s - 1) < .005);
    }
  }
}

static void test_throughput_peaks_at_28_slots(void **state) {
  (void)state;
  double best = 0;
  int64_t best_slots = 0;
  for (int64_t slots = 1; slots <= 48; slots++) {
    struct engine_config config = standard;
    config.slots = slots;
    double per_s = (double)slots / clock_seconds(engine_step_ns(&config, slots));
    if (per_s > best) {
      best = per_s;
      best_slots = slots;
    }
  }
  assert_int_equal(best_slots, 28);
}

static void test_all_slots_get_their_token_at_the_steps_end(void **state) {
  (void)state;
  struct engine *engine = open_engine(standard);
  struct engine_job *jobs = submit_jobs(engine, 8, 3, START_NS);
  int64_t step_ns = engine_step_ns(&standard, 8);
  assert_int_equal(step_ns, 35087600); // .02447 + .001076*8 + .0000314*64 seconds
  run_until_idle(engine);
  assert_int_equal(seen.count, 24);
  for (int64_t i = 0; i < seen.count; i++) {
    assert_int_equal(seen.step_ns[i], START_NS + (i / 8 + 1) * step_ns);
    assert_ptr_equal(seen.job[i], &jobs[i % 8]);
  }
  free(jobs);
  engine_close(engine);
}

static void test_job_that_comes_during_a_step_joins_at_the_next(void **state) {
  (void)state;
  struct engine_config config = standard;
  struct engine *engine = open_engine(config);
  struct engine_job first = {.tokens = 2}, second = {.tokens = 1};
  engine_submit(engine, &first, START_NS);
  engine_advance(engine, START_NS);
  engine_submit(engine, &second, START_NS + 1);
  run_until_idle(engine);
  int64_t alone_ns = engine_step_ns(&config, 1), both_ns = engine_step_ns(&config, 2);
  assert_int_equal(seen.count, 3);
  assert_int_equal(seen.step_ns[0], START_NS + alone_ns);
  assert_int_equal(seen.step_ns[1], START_NS + alone_ns + both_ns);
  assert_int_equal(seen.step_ns[2], START_NS + alone_ns + both_ns);
  engine_close(engine);
}

static void test_idle_engine_begins_at_the_arrival(void **state) {
  (void)state;
  struct engine *engine = open_engine(constant_step(2));
  struct engine_job first = {.tokens = 1}, second = {.tokens = 1};
  engine_submit(engine, &first, START_NS);
  run_until_idle(engine);
  assert_int_equal(engine_next_ns(engine), INT64_MAX);
  engine_submit(engine, &second, START_NS + 12345678);
  run_until_idle(engine);
  assert_int_equal(seen.step_ns[0], START_NS + 10000000);
  assert_int_equal(seen.step_ns[1], START_NS + 12345678 + 10000000);
  engine_close(engine);
}

static void test_waiting_jobs_are_served_in_order_of_arrival(void **state) {
  (void)state;
  struct engine *engine = open_engine(constant_step(2));
  struct engine_job *jobs = submit_jobs(engine, 6, 1, START_NS);
  assert_int_equal(engine_count(engine).in_slots, 2);
  assert_int_equal(engine_count(engine).waiting, 4);
  assert_int_equal(jobs[2].state, ENGINE_WAITING);
  run_until_idle(engine);
  for (int64_t i = 0; i < 6; i++) {
    assert_ptr_equal(seen.job[i], &jobs[i]);
    assert_int_equal(seen.step_ns[i], START_NS + (i / 2 + 1) * 10000000);
    assert_int_equal(jobs[i].slot_ns, START_NS + (i / 2) * 10000000);
    assert_int_equal(jobs[i].state, ENGINE_DONE);
  }
  free(jobs);
  engine_close(engine);
}

static void test_cliff_slows_steps_above_it_only(void **state) {
  (void)state;
  struct engine_config config = standard;
  config.cliff_slots = 10;
  config.cliff_factor = 3;
  assert_int_equal(engine_step_ns(&config, 10), engine_step_ns(&standard, 10));
  assert_int_equal(engine_step_ns(&config, 11), 3 * engine_step_ns(&standard, 11));
  config.slots = 11;
  struct engine_config flat = standard;
  flat.slots = 11;
  assert_true(fabs(throughput(flat, 2, 50) / throughput(config, 2, 50) - 3) < .03);
}

static void test_prefill_delays_its_own_job_only(void **state) {
  (void)state;
  struct engine_config config = constant_step(2);
  config.prefill_s = .001;
  struct engine *engine = open_engine(config);
  struct engine_job brief = {.tokens = 5}, lengthy = {.prompt_tokens = 25, .tokens = 1};
  engine_submit(engine, &brief, START_NS);
  engine_submit(engine, &lengthy, START_NS);
  run_until_idle(engine);
  // Ready 25 ms after the start: joins the step that begins at 30 ms.
  assert_int_equal(lengthy.ready_ns, START_NS + 25000000);
  assert_int_equal(lengthy.last_ns, START_NS + 40000000);
  assert_int_equal(brief.last_ns, START_NS + 50000000);
  engine_close(engine);
}

static void test_loading_delays_the_first_jobs_and_is_done_once(void **state) {
  (void)state;
  struct engine_config config = constant_step(2);
  config.load_s = 1;
  config.time_scale = .5;
  struct engine *engine = open_engine(config);
  struct engine_job first = {.tokens = 1}, second = {.tokens = 1}, third = {.tokens = 1};
  engine_submit(engine, &first, START_NS);
  engine_submit(engine, &second, START_NS + 200000000);
  run_until_idle(engine);
  assert_int_equal(first.last_ns, START_NS + 505000000);
  assert_int_equal(second.last_ns, START_NS + 505000000);
  assert_int_equal(first.load_ns, 500000000);
  assert_int_equal(second.load_ns, 300000000);
  engine_submit(engine, &third, START_NS + 600000000);
  run_until_idle(engine);
  assert_int_equal(third.last_ns, START_NS + 605000000);
  assert_int_equal(third.load_ns, 0);
  engine_close(engine);
}

// The same tokens at the same times, whether the caller is punctual or comes once an hour.
static void test_late_caller_changes_no_time(void **state) {
  (void)state;
  enum { JOBS = 40 };
  int64_t punctual_ns[JOBS], late_ns[JOBS];
  for (int late = 0; late < 2; late++) {
    struct engine_config config = standard;
    config.noise = .3;
    struct engine *engine = open_engine(config);
    struct engine_job *jobs = submit_jobs(engine, JOBS, 20, START_NS);
    if (late) {
      engine_advance(engine, START_NS + 3600 * CLOCK_NS_PER_S);
    } else {
      run_until_idle(engine);
    }
    for (int i = 0; i < JOBS; i++)
      (late ? late_ns : punctual_ns)[i] = jobs[i].last_ns;
    free(jobs);
    engine_close(engine);
  }
  assert_memory_equal(punctual_ns, late_ns, sizeof late_ns);
}

static void test_late_caller_does_not_move_a_job_before_its_arrival(void **state) {
  (void)state;
  struct engine *engine = open_engine(constant_step(1));
  struct engine_job first = {.tokens = 1}, second = {.tokens = 1};
  engine_submit(engine, &first, START_NS);
  // The slot became free at 10 ms, but nobody called; the second arrives at 13 ms.
  engine_submit(engine, &second, START_NS + 13000000);
  assert_int_equal(second.state, ENGINE_WAITING);
  engine_advance(engine, START_NS + 100000000);
  assert_int_equal(first.last_ns, START_NS + 10000000);
  assert_int_equal(second.slot_ns, START_NS + 13000000);
  assert_int_equal(second.last_ns, START_NS + 23000000);
  engine_close(engine);
}

static void test_cancel_frees_the_slot_at_once(void **state) {
  (void)state;
  struct engine *engine = open_engine(constant_step(1));
  struct engine_job leaves = {.tokens = 100}, waits = {.tokens = 1}, leaves_too = {.tokens = 1};
  engine_submit(engine, &leaves, START_NS);
  engine_advance(engine, START_NS);
  engine_submit(engine, &leaves_too, START_NS);
  engine_submit(engine, &waits, START_NS);
  engine_cancel(engine, &leaves_too, START_NS + 3000000);
  engine_cancel(engine, &leaves, START_NS + 4000000);
  assert_int_equal(waits.state, ENGINE_IN_SLOT);
  assert_int_equal(waits.slot_ns, START_NS + 4000000);
  run_until_idle(engine);
  // The step under way ends as it would have; the next one is the waiting job's.
  assert_int_equal(seen.count, 1);
  assert_int_equal(waits.last_ns, START_NS + 20000000);
  engine_cancel(engine, &waits, START_NS + 30000000);
  assert_int_equal(engine_count(engine).in_slots, 0);
  assert_int_equal(engine_count(engine).waiting, 0);
  engine_close(engine);
}

static void test_cancel_before_the_step_leaves_an_idle_engine(void **state) {
  (void)state;
  struct engine_config config = constant_step(2);
  config.prefill_s = 1;
  struct engine *engine = open_engine(config);
  struct engine_job first = {.prompt_tokens = 1, .tokens = 1}, second = {.prompt_tokens = 3, .tokens = 1};
  engine_submit(engine, &first, START_NS);
  engine_submit(engine, &second, START_NS);
  assert_int_equal(engine_next_ns(engine), START_NS + CLOCK_NS_PER_S);
  engine_cancel(engine, &first, START_NS + 1);
  assert_int_equal(engine_next_ns(engine), START_NS + 3 * CLOCK_NS_PER_S);
  engine_cancel(engine, &second, START_NS + 2);
  assert_int_equal(engine_next_ns(engine), INT64_MAX);
  assert_int_equal(seen.count, 0);
  engine_close(engine);
}

// Mean 1 and the coefficient of variation that was asked for, over 20000 steps (standard errors 0.0014 of the
// mean, 0.0014 of the cv: about cv/sqrt(n) and cv*sqrt((1/2 + cv^2)/n)).
static void test_noise_has_the_mean_and_variation_asked_for(void **state) {
  (void)state;
  enum { STEPS = 20000 };
  struct engine_config config = constant_step(1);
  config.noise = .2;
  struct engine *engine = open_engine(config);
  struct engine_job job = {.tokens = STEPS};
  engine_submit(engine, &job, START_NS);
  run_until_idle(engine);
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < STEPS; i++) {
    double step = (double)(seen.step_ns[i] - (i ? seen.step_ns[i - 1] : START_NS)) / 1e7;
    sum += step;
    squares += step * step;
  }
  double mean = sum / STEPS, cv = sqrt(squares / STEPS - mean * mean) / mean;
  assert_true(fabs(mean - 1) < .007);
  assert_true(fabs(cv - .2) < .007);
  engine_close(engine);
}

// One factor per life: all steps of a session are equal, those of 2000 sessions vary as asked for.
static void test_session_noise_is_one_factor_per_session(void **state) {
  (void)state;
  enum { SESSIONS = 2000 };
  double sum = 0, squares = 0;
  for (uint64_t seed = 1; seed <= SESSIONS; seed++) {
    struct engine_config config = constant_step(1);
    config.session_noise = .1;
    config.seed = seed;
    struct engine *engine = open_engine(config);
    struct engine_job job = {.tokens = 3};
    engine_submit(engine, &job, START_NS);
    run_until_idle(engine);
    int64_t step_ns = seen.step_ns[0] - START_NS;
    assert_int_equal(seen.step_ns[2] - seen.step_ns[1], step_ns);
    sum += (double)step_ns / 1e7;
    squares += (double)step_ns / 1e7 * (double)step_ns / 1e7;
    engine_close(engine);
  }
  double mean = sum / SESSIONS, cv = sqrt(squares / SESSIONS - mean * mean) / mean;
  assert_true(fabs(mean - 1) < .01); // standard errors .0022 and .0016
  assert_true(fabs(cv - .1) < .008);
}

static void test_seed_repeats_the_noise(void **state) {
  (void)state;
  struct engine_config config = standard;
  config.noise = .1;
  double first = throughput(config, 2, 30), again = throughput(config, 2, 30);
  config.seed = 2;
  assert_true(first == again);
  assert_true(first != throughput(config, 2, 30));
}

static void test_counts_say_what_was_done(void **state) {
  (void)state;
  struct engine *engine = open_engine(constant_step(3));
  struct engine_job *jobs = submit_jobs(engine, 5, 4, START_NS);
  run_until_idle(engine);
  struct engine_counts counts = engine_count(engine);
  assert_int_equal(counts.steps, 8); // 4 with three slots, 4 with two
  assert_int_equal(counts.slot_steps, 20);
  assert_int_equal(counts.busy_ns, 80000000);
  assert_int_equal(counts.started, 5);
  free(jobs);
  engine_close(engine);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_throughput_is_the_closed_form),
      cmocka_unit_test(test_throughput_peaks_at_28_slots),
      cmocka_unit_test(test_all_slots_get_their_token_at_the_steps_end),
      cmocka_unit_test(test_job_that_comes_during_a_step_joins_at_the_next),
      cmocka_unit_test(test_idle_engine_begins_at_the_arrival),
      cmocka_unit_test(test_waiting_jobs_are_served_in_order_of_arrival),
      cmocka_unit_test(test_cliff_slows_steps_above_it_only),
      cmocka_unit_test(test_prefill_delays_its_own_job_only),
      cmocka_unit_test(test_loading_delays_the_first_jobs_and_is_done_once),
      cmocka_unit_test(test_late_caller_changes_no_time),
      cmocka_unit_test(test_late_caller_does_not_move_a_job_before_its_arrival),
      cmocka_unit_test(test_cancel_frees_the_slot_at_once),
      cmocka_unit_test(test_cancel_before_the_step_leaves_an_idle_engine),
      cmocka_unit_test(test_noise_has_the_mean_and_variation_asked_for),
      cmocka_unit_test(test_session_noise_is_one_factor_per_session),
      cmocka_unit_test(test_seed_repeats_the_noise),
      cmocka_unit_test(test_counts_say_what_was_done),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
