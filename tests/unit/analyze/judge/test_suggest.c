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

#include "analyze/judge/analysis.h"
#include "analyze/judge/suggest.h"
#include "lib/json/json_scan.h"
#include "tests/unit/analyze/scenario.h"
#include "tests/unit/analyze/simulated.h"

#define HEADER "workers,batch,total_s,tokens,requests,failed\n"

// Servers whose truth is known: Gunther's law with its peak at n_star, a factor beyond a cliff, a limit.
struct server {
  double n_star, kappa_share; // kappa_share 0: a plateau, no peak
  int64_t cliff, limit;       // workers above this: a third of the throughput; nothing at all
  uint32_t random;
};

static double noise(struct server *server) {
  double sum = 0;
  for (int i = 0; i < 12; i++) { // the sum of twelve uniforms, less six, is near a normal
    server->random ^= server->random << 13;
    server->random ^= server->random >> 17;
    server->random ^= server->random << 5;
    sum += (double)server->random / 4294967296.0;
  }
  return exp(0.01 * (sum - 6));
}

static double truth(const struct server *server, int64_t workers) {
  double n = (double)workers, s = server->kappa_share;
  double x = s > 0 ? n / (s * server->n_star / 710 + (1 - s) / 355 * n + s / (710 * server->n_star) * n * n)
                   : 355 * n / (n + server->n_star);
  return workers > server->cliff ? x * 0.3 : x;
}

static void measure(struct server *server, struct buf *table, int64_t workers, int64_t batch,
                    int64_t repeat) {
  for (int64_t r = 0; r < repeat; r++) {
    double tokens = workers > server->limit ? 0 : 1e6 * (double)batch;
    buf_printf(table, "%lld,%lld,%.9g,%.0f,%lld,%lld\n", (long long)workers, (long long)batch,
               1e6 * (double)batch / (truth(server, workers) * noise(server)), tokens, (long long)batch,
               workers > server->limit ? (long long)batch : 0);
  }
}

// Follows the suggestions until there are none; the rounds it took.
static int follow(struct server *server, struct scenario *s) {
  struct buf table = {0};
  int rounds = 0;
  buf_append_text(&table, HEADER);
  for (int64_t w = 1; w <= 4; w *= 2)
    measure(server, &table, w, 3 * w, 3);
  for (;; rounds++) {
    struct suggest_cell cells[4];
    scenario_run(s, buf_text(&table));
    size_t count = suggest_next(&s->results, 4, cells);
    if (count == 0 || rounds == 40) break;
    for (size_t i = 0; i < count; i++)
      measure(server, &table, cells[i].workers, cells[i].batch, cells[i].repeat);
    scenario_free(s);
  }
  buf_free(&table);
  return rounds;
}

static double best_truth(const struct server *server) {
  double most = 0;
  for (int64_t w = 1; w <= 400; w++)
    most = fmax(most, w > server->limit ? 0 : truth(server, w));
  return most;
}

static void test_following_the_suggestions_finds_the_best_and_ends(void **state) {
  static const struct server servers[] = {
      {24, 0.6, INT64_MAX, INT64_MAX, 1}, {24, 0.25, INT64_MAX, INT64_MAX, 2},
      {60, 0.3, INT64_MAX, INT64_MAX, 3}, {3, 0.5, INT64_MAX, INT64_MAX, 4},
      {40, 0.5, 21, INT64_MAX, 5},        {40, 0.5, INT64_MAX, 13, 6},
      {8, 0, INT64_MAX, INT64_MAX, 7},    {24, 0.6, INT64_MAX, 1000, 8},
  };
  (void)state;
  for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
    struct server server = servers[i];
    struct scenario s;
    int rounds = follow(&server, &s);
    int64_t found = s.results.cells[s.results.best.cell].workers;
    if (rounds >= 40) fail_msg("server %zu: no end", i);
    // A plateau has no best; there the ladder only has to reach its height.
    double least = server.kappa_share > 0 ? 0.95 : 0.75;
    if (truth(&server, found) < least * best_truth(&server)) {
      fail_msg("server %zu: found %lld workers, %.1f of %.1f", i, (long long)found, truth(&server, found),
               best_truth(&server));
    }
    scenario_free(&s);
  }
}

static void test_a_cliff_is_bisected_to_one_tenth(void **state) {
  struct server server = {40, 0.5, 21, INT64_MAX, 9};
  struct scenario s;
  (void)state;
  follow(&server, &s);
  assert_true(s.results.cliff_count >= 1);
  int64_t from = s.results.cliffs[0].from, to = s.results.cliffs[0].to;
  if (from > 21 || to <= 21) fail_msg("(%lld, %lld] misses the cliff", (long long)from, (long long)to);
  assert_true((double)(to - from) <= fmax(1, 0.1 * (double)from));
  scenario_free(&s);
}

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

static void test_nothing_usable_asks_for_less(void **state) {
  struct scenario s;
  struct suggest_cell cells[3];
  (void)state;
  scenario_run(&s, HEADER "8,8,1,0,8,8\n16,16,1,0,16,16\n");
  assert_int_equal(suggest_next(&s.results, 3, cells), 1);
  assert_int_equal(cells[0].workers, 4);
  scenario_free(&s);
  scenario_run(&s, HEADER "1,1,1,0,1,1\n");
  assert_int_equal(suggest_next(&s.results, 3, cells), 0); // there is no less than one
  scenario_free(&s);
}

static void test_equal_repetitions_of_equal_levels_end_the_search(void **state) {
  struct scenario s;
  struct suggest_cell cells[3];
  (void)state;
  scenario_run(&s, HEADER "4,12,24,2400,12,0\n4,12,24,2400,12,0\n8,24,48,4800,24,0\n8,24,48,4800,24,0\n");
  assert_int_equal(suggest_next(&s.results, 3, cells), 0);
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
  struct server server = {2, 0, INT64_MAX, INT64_MAX, 11};
  struct buf table = {0};
  (void)state;
  buf_append_text(&table, HEADER);
  for (int64_t w = 32; w <= 256; w *= 2)
    measure(&server, &table, w, 3 * w, 3);
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

static void test_never_more_than_asked_for_and_no_cell_twice(void **state) {
  struct scenario s;
  struct suggest_cell cells[SUGGEST_MAX];
  struct server server = {24, 0.25, INT64_MAX, INT64_MAX, 10};
  struct buf table = {0};
  (void)state;
  buf_append_text(&table, HEADER);
  for (int64_t w = 1; w <= 16; w *= 2)
    measure(&server, &table, w, 3 * w, 2);
  scenario_run(&s, buf_text(&table));
  size_t all = suggest_next(&s.results, SUGGEST_MAX, cells);
  assert_true(all > 0);
  for (size_t i = 0; i < all; i++) {
    assert_true(cells[i].workers >= 1 && cells[i].batch >= 1 && cells[i].repeat >= 1 && cells[i].why[0]);
    for (size_t j = 0; j < i; j++)
      assert_false(cells[i].workers == cells[j].workers && cells[i].batch == cells[j].batch);
  }
  assert_int_equal(suggest_next(&s.results, 1, cells), 1);
  scenario_free(&s);
  buf_free(&table);
}

static void test_lines_are_what_replay_reads(void **state) {
  struct suggest_cell cells[2] = {{0, 0, 8, 24, 3, "a \"reason\"", SPEND_ON_LONGER_BATCHES},
                                  {0, 0, 16, 48, 4, "another", SPEND_ON_NOTHING}};
  struct buf out = {0};
  struct buf why = {0};
  struct json_slice line;
  struct error error = {0};
  (void)state;
  assert_int_equal(suggest_print(cells, 2, &out), STATUS_OK);
  size_t len = strcspn(buf_text(&out), "\n");
  assert_int_equal(json_scan_text(out.data, len, &line, &error), STATUS_OK);
  assert_true(json_slice_is(json_scan_get(line, "workers"), "8"));
  assert_true(json_slice_is(json_scan_get(line, "batch"), "24"));
  assert_true(json_slice_is(json_scan_get(line, "repeat"), "3"));
  assert_true(json_scan_string(json_scan_get(line, "why"), &why));
  assert_string_equal(buf_text(&why), "a \"reason\"");
  assert_true(json_slice_is(json_scan_get(line, "spend_on"), "\"longer_batches\""));
  assert_int_equal(strstr(strchr(buf_text(&out), '\n'), "spend_on") == NULL, true);
  assert_int_equal(out.data[out.len - 1], '\n');
  buf_free(&why);
  buf_free(&out);
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
      cmocka_unit_test(test_following_the_suggestions_finds_the_best_and_ends),
      cmocka_unit_test(test_a_cliff_is_bisected_to_one_tenth),
      cmocka_unit_test(test_both_sides_of_a_possible_cliff_are_measured_again),
      cmocka_unit_test(test_nothing_usable_asks_for_less),
      cmocka_unit_test(test_equal_repetitions_of_equal_levels_end_the_search),
      cmocka_unit_test(test_a_level_without_a_valid_batch_is_measured_again),
      cmocka_unit_test(test_a_level_beyond_a_plateau_is_not_measured_again),
      cmocka_unit_test(test_never_more_than_asked_for_and_no_cell_twice),
      cmocka_unit_test(test_lines_are_what_replay_reads),
      cmocka_unit_test(test_repetitions_are_spent_where_the_spread_comes_from),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
