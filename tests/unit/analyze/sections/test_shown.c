// SPDX-License-Identifier: GPL-3.0-or-later
//
// A report of a sweep of any size stays readable: it shows a stated part, and in that part what the reader
// came for. A sweep of common size is shown whole.
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "analyze/sections/shown.h"
#include "tests/unit/analyze/sections/made.h"

static size_t times_in(const char *text, const char *needle) {
  size_t count = 0;
  for (const char *at = text; (at = strstr(at, needle)) != NULL; at += strlen(needle))
    count++;
  return count;
}

// `levels` x `batches`, throughput falling away from the level 3/4 up and its batch 2/3 up.
static void sweep(struct results *results, int64_t levels, int64_t batches) {
  const int64_t best_level = levels * 3 / 4, best_batch = batches * 2 / 3;
  fixture_start(results, (size_t)(levels * batches));
  for (int64_t w = 1; w <= levels; w++) {
    for (int64_t b = 1; b <= batches; b++)
      made_add(results, w, b, 1000.0 - 2.0 * fabs((double)(w - best_level)) - fabs((double)(b - best_batch)));
  }
  fixture_finish(results);
}

static void test_a_sweep_of_common_size_is_shown_whole(void **state) {
  struct made *made = *state;
  sweep(&made->results, 20, 20);
  const char *text = made_report(made, LANG_EN);
  LACKS(text, "are shown");
  LACKS(text, "are drawn");
  assert_int_equal(times_in(text, "### Results for "), 20);
  for (const struct cell *cell = made->results.cells; cell < made->results.cells + 400; cell++) {
    char row[64]; // of its level's table
    snprintf(row, sizeof row, " %s ", number_six(cell->total_s).text);
    HAS(text, row);
  }
}

static void test_a_large_sweep_shows_a_stated_part(void **state) {
  struct made *made = *state;
  sweep(&made->results, 120, 60);
  const char *text = made_report(made, LANG_EN);
  HAS(text, "40 of 120 levels are shown");
  HAS(text, "100 of 120 levels are shown"); // in the table of levels
  HAS(text, "40 of 60 batches of this level are shown");
  HAS(text, "40 of 120 levels and 20 of 60 batches are shown");
  HAS(text, "24 of 120 levels are drawn");
  HAS(text, "`cells.csv`");
  assert_int_equal(times_in(text, "### Results for "), 40);
  static const char *const there[] = {"### Results for 1 parallel request\n", "### Results for 89 parallel",
                                      "### Results for 90 parallel requests\n", "### Results for 91 parallel",
                                      "### Results for 120 parallel"};
  for (size_t i = 0; i < sizeof there / sizeof there[0]; i++)
    HAS(text, there[i]);
  LACKS(text, "### Results for 2 parallel");
  size_t plots = 0;
  for (const struct plot *plot = made->plots.first; plot; plot = plot->next) {
    size_t lines = 0;
    plots++;
    for (const struct plot_series *series = plot->series; series; series = series->next) {
      lines++;
      assert_true(series->count <= 60);
    }
    assert_true(lines <= 24);
  }
  assert_true(plots <= 45);
  HAS(made_report(made, LANG_RU), "Показано уровней: 40 из 120.");
}

static void test_every_long_table_says_what_it_leaves_out(void **state) {
  struct made *made = *state;
  struct results *results = &made->results;
  sweep(results, 30, 30);
  for (size_t i = 0; i < 250; i++) {
    results->cells[i].failed = 1; // of some requests
    fixture_warn(results, WARNING_OUTLIER, 1);
  }
  results->best.set = calloc(700, sizeof *results->best.set);
  for (size_t i = 0; i < 700; i++)
    results->best.set[results->best.set_count++] = 899 - i;
  results->best.recommended = 200;
  results->comparison = (struct comparison){.baseline = strdup("base"), .verdict = "same", .margin = 0.05};
  results->comparison.cells = calloc(300, sizeof *results->comparison.cells);
  for (size_t i = 0; i < 300; i++) {
    double ratio = 1 + (double)i / 1000;
    results->comparison.cells[results->comparison.cell_count++] = (struct comparison_cell){
        .workers = (int64_t)i + 1,
        .batch = 1,
        .ratio = {i == 7 ? NAN : ratio, NAN, NAN},
        .verdict = i == 7 ? "failed" : "same",
        .replicates_needed = -1,
    };
  }
  results->loads = calloc(250, sizeof *results->loads);
  for (size_t i = 0; i < 250; i++)
    results->loads[results->load_count++] =
        (struct load){.rate = (double)i + 1, .n = 1, .tokens_per_s = {10, NAN, NAN}, .requests = 1};
  results->load_answer = (struct load_answer){SIZE_MAX, SIZE_MAX};
  results->facts = calloc(20, sizeof *results->facts);
  for (size_t i = 0; i < 20; i++)
    results->facts[results->fact_count++] =
        (struct run_facts){.source = strdup("run"), .start_unix_s = NAN, .seed = -1};
  const char *text = made_report(made, LANG_EN);
  HAS(text, "The first 200 of 250 rows are shown."); // failures
  HAS(text, "The first 30 of 250 warnings of this kind are shown.");
  HAS(text, "The 200 highest of 700 are shown, and the recommended one.");
  HAS(text, "200 of 300 common cells are shown: those that fail now");
  HAS(text, "200 of 250 rows are shown, evenly spread from the first to the last.");
  HAS(text, "The first 12 of 20 inputs are described.");
  HAS(text, "fails now");
  made_check_clean(made_report(made, LANG_RU));
}

static void test_what_is_shown_goes_by_rank_then_by_value(void **state) {
  (void)state;
  static const struct chapters_score scores[] = {{0, 5}, {0, NAN}, {1, 1}, {-1, 9}, {0, 7}, {0, 7}};
  static const struct {
    size_t most, shown;
    const char *is;
  } cases[] = {{0, 0, "000000"}, {1, 1, "001000"}, {2, 2, "001010"}, {4, 4, "101011"}, {9, 5, "111011"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct chapters_shown shown = chapters_shown_of(NULL, scores, 6, cases[i].most);
    assert_int_equal(shown.shown, cases[i].shown);
    for (size_t k = 0; k < 6; k++)
      assert_int_equal(shown.is[k], cases[i].is[k] == '1');
    chapters_shown_free(&shown);
  }
}

static void test_a_spread_choice_has_both_ends(void **state) {
  (void)state;
  static const size_t counts[] = {1, 2, 3, 200, 201, 90000};
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
    size_t shown = counts[i] < 200 ? counts[i] : 200, before = 0;
    for (size_t k = 0; k < shown; k++) {
      size_t at = chapters_shown_spread(k, shown, counts[i]);
      assert_true(k == 0 ? at == 0 : at > before);
      before = at;
    }
    assert_int_equal(before, counts[i] - 1);
  }
}

// The definition, tried on every pair: a cell is on the front when no other is at least as good in both and
// better in one.
static void test_the_front_is_what_no_cell_beats_in_both(void **state) {
  struct made *made = *state;
  enum { CELLS = 60 };
  unsigned random = 7;
  fixture_start(&made->results, CELLS);
  for (int64_t i = 0; i < CELLS; i++) {
    random = random * 1103515245U + 12345U;
    made_add(&made->results, i + 1, i + 1, 100 + (double)(random >> 16 & 15)); // with many ties
    made->results.cells[i].latency_s.p95.estimate = 1 + (double)(random >> 22 & 15);
  }
  fixture_finish(&made->results);
  made_report(made, LANG_EN);
  const struct plot *plot = plot_find(&made->plots, "pareto");
  assert_non_null(plot);
  const struct plot_series *front = plot->last_series;
  size_t expected = 0;
  for (size_t i = 0; i < CELLS; i++) {
    const struct cell *one = &made->results.cells[i];
    bool beaten = false;
    for (size_t k = 0; k < CELLS; k++) {
      const struct cell *other = &made->results.cells[k];
      double rate = other->tokens_per_s.estimate - one->tokens_per_s.estimate;
      double latency = one->latency_s.p95.estimate - other->latency_s.p95.estimate;
      beaten = beaten || (rate >= 0 && latency >= 0 && (rate > 0 || latency > 0));
    }
    if (beaten) continue;
    expected++;
    bool there = false;
    for (size_t k = 0; k < front->count; k++)
      there = there || strcmp(front->points[k].name, chapters_cell_name(one).text) == 0;
    if (!there) fail_msg("%s is missing on the front", chapters_cell_name(one).text);
  }
  assert_true(expected > 1);
  assert_int_equal(front->count, expected);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      MADE(test_a_sweep_of_common_size_is_shown_whole),
      MADE(test_a_large_sweep_shows_a_stated_part),
      MADE(test_every_long_table_says_what_it_leaves_out),
      cmocka_unit_test(test_what_is_shown_goes_by_rank_then_by_value),
      cmocka_unit_test(test_a_spread_choice_has_both_ends),
      MADE(test_the_front_is_what_no_cell_beats_in_both),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
