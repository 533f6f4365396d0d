// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "analyze/judge/analysis.h"
#include "analyze/judge/suggest_again.h"
#include "tests/unit/analyze/scenario.h"
#include "tests/unit/analyze/simulated.h"

#define HEADER "workers,batch,total_s,tokens,requests,failed\n"

static void test_both_sides_of_a_possible_cliff_are_measured_again(void **state) {
  struct scenario s;
  struct suggest_cell cells[8];
  bool seen[2] = {false, false};
  (void)state;
  scenario_run(&s, HEADER "4,8,1,1000,8,0\n8,8,1,673,8,0\n");
  assert_true(s.results.cliffs[0].possible);
  size_t count = suggest_next(&s.results, 8, cells);
  for (size_t i = 0; i < count; i++) {
    seen[0] = seen[0] || (cells[i].workers == 4 && cells[i].batch == 8);
    seen[1] = seen[1] || (cells[i].workers == 8 && cells[i].batch == 8);
  }
  assert_true(seen[0] && seen[1]);
  scenario_free(&s);
}

// The client could not keep up with it: as good as not measured, but not for ever.
static void test_a_level_without_a_valid_batch_is_measured_again(void **state) {
  struct scenario s;
  struct suggest_cell cells[3];
  (void)state;
  scenario_run(&s, HEADER "4,12,24,2400,12,0\n4,12,24.1,2400,12,0\n8,24,48,4800,24,0\n8,24,48.1,4800,24,0\n");
  s.results.cells[1].flags |= CELL_INVALID_CLIENT;
  s.results.cells[1].invalid = 2;
  s.results.workers[1].usable = false;
  assert_int_equal(suggest_next(&s.results, 3, cells), 1);
  assert_int_equal(cells[0].workers, 8);
  assert_int_equal(cells[0].batch, 24);
  s.results.cells[1].invalid = 7;
  size_t count = suggest_next(&s.results, 3, cells);
  for (size_t i = 0; i < count; i++)
    assert_int_not_equal(cells[i].workers, 8);
  scenario_free(&s);
}

// More requests in flight gain nothing there: nobody is sent beyond, whatever could not be measured.
static void test_a_level_beyond_a_plateau_is_not_measured_again(void **state) {
  struct scenario s;
  struct suggest_cell cells[SUGGEST_MAX];
  struct buf table = {0};
  (void)state;
  buf_append_text(&table, HEADER);
  for (long long w = 32; w <= 256; w *= 2) {
    for (int64_t r = -1; r <= 1; r++) // 10,000 tokens/s in each
      buf_printf(&table, "%lld,%lld,%.9g,%lld,%lld,0\n", w, 3 * w,
                 (double)(3 * w) * (1 + 0.01 * (double)r) / 100, 300 * w, 3 * w);
  }
  scenario_run(&s, buf_text(&table));
  s.results.cells[3].flags |= CELL_INVALID_CLIENT;
  s.results.cells[3].invalid = 2;
  s.results.workers[3].usable = false;
  size_t count = suggest_next(&s.results, SUGGEST_MAX, cells);
  for (size_t i = 0; i < count; i++)
    assert_true(cells[i].workers < 128);
  scenario_free(&s);
  buf_free(&table);
}

// Two levels that differ by 0.1 % with noise of 4 %, and one that fails: nothing is shown, and the
// first two are measured again.
static size_t ask(struct spend spend, int64_t other_batch, struct suggest_cell *cells) {
  struct simulated_server server = {.n_star = 16, .peak = 1000, .s = 0.1, .limit = 16};
  struct load_data data = LOAD_DATA;
  struct results results = {0};
  struct analysis_options options = {.confidence = 0.95, .scale = STAT_SCALE_LN, .seed = 1, .draws = 20000};
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  static const int64_t levels[] = {14, 16, 17};
  for (size_t i = 0; i < 3; i++) {
    struct simulated_cell cell = {
        .workers = levels[i], .batch = 384, .repeat = 2, .sd = 0.04, .managed = true};
    assert_true(simulated_measure(&server, &cell, rng, &data));
    cell.batch = other_batch;
    cell.repeat = 1;
    if (other_batch > 0) assert_true(simulated_measure(&server, &cell, rng, &data));
  }
  assert_int_equal(load_finish(&data, NULL), STATUS_OK);
  assert_int_equal(analysis_run(&data, &options, &results, NULL), STATUS_OK);
  results.spend = spend;
  size_t count = suggest_next(&results, 3, cells);
  results_free(&results);
  load_free(&data);
  gsl_rng_free(rng);
  return count;
}

static void test_repetitions_are_spent_where_the_spread_comes_from(void **state) {
  struct suggest_cell plain[3], cells[3];
  (void)state;
  size_t count = ask((struct spend){.on = SPEND_ON_NOTHING}, 0, plain);
  assert_true(count > 0 && plain[0].batch == 384 && plain[0].repeat >= 2 && plain[0].on == SPEND_ON_NOTHING);
  struct spend longer = {.exists = true, .on = SPEND_ON_LONGER_BATCHES, .times = 3};
  assert_int_equal(ask(longer, 0, cells), count);
  assert_true(cells[0].workers == plain[0].workers && cells[0].batch == 1152 && cells[0].repeat >= 1);
  assert_true(cells[0].repeat < plain[0].repeat && cells[0].on == SPEND_ON_LONGER_BATCHES);
  assert_true(ask(longer, 192, cells) > 0); // a level of two batches has had longer ones
  assert_true(cells[0].batch <= 384 && cells[0].on == SPEND_ON_REPETITIONS);
  struct spend runs = {.exists = true, .groups = SPEND_RUNS, .on = SPEND_ON_GROUPS, .times = 1};
  assert_int_equal(ask(runs, 0, cells), count);
  assert_true(cells[0].batch == 384 && cells[0].repeat == 1 && cells[0].on == SPEND_ON_GROUPS);
  runs.groups = SPEND_RESTARTS; // each repetition has its own
  assert_int_equal(ask(runs, 0, cells), count);
  assert_true(cells[0].repeat == plain[0].repeat && cells[0].on == SPEND_ON_GROUPS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_both_sides_of_a_possible_cliff_are_measured_again),
      cmocka_unit_test(test_a_level_without_a_valid_batch_is_measured_again),
      cmocka_unit_test(test_a_level_beyond_a_plateau_is_not_measured_again),
      cmocka_unit_test(test_repetitions_are_spent_where_the_spread_comes_from),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
