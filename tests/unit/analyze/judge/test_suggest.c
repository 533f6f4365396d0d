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

#include "analyze/judge/suggest.h"
#include "lib/json/json_scan.h"
#include "tests/unit/analyze/scenario.h"

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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_following_the_suggestions_finds_the_best_and_ends),
      cmocka_unit_test(test_a_cliff_is_bisected_to_one_tenth),
      cmocka_unit_test(test_nothing_usable_asks_for_less),
      cmocka_unit_test(test_equal_repetitions_of_equal_levels_end_the_search),
      cmocka_unit_test(test_never_more_than_asked_for_and_no_cell_twice),
      cmocka_unit_test(test_lines_are_what_replay_reads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
