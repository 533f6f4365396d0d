// SPDX-License-Identifier: GPL-3.0-or-later
//
// Throughput over the time of the run as a picture.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/sections/sections.h"
#include "tests/unit/analyze/sections/made.h"

// Two batches of one server, a cold one and a slow one of the next, a failed one; facts as of one run.
static void measured(struct results *results) {
  static const struct course_batch course[] = {
      {.at_s = 60, .ratio = 1.02, .workers = 2, .batch = 8, .server_life = 1},
      {.at_s = 660, .ratio = 0.98, .workers = 2, .batch = 8, .server_life = 1},
      {.at_s = 900, .ratio = 0.3, .workers = 2, .batch = 8, .server_life = 2, .cold = true},
      {.at_s = 1200, .ratio = 0.5, .workers = 2, .batch = 8, .server_life = 2},
      {.at_s = 1320, .ratio = NAN, .workers = 4, .batch = 8, .failed = true},
  };
  fixture_start(results, 1);
  results->facts = calloc(1, sizeof *results->facts);
  results->fact_count = 1;
  results->facts[0].start_unix_s = NAN;
  results->course = calloc(5, sizeof *results->course);
  results->course_count = 5;
  memcpy(results->course, course, sizeof course);
}

static void test_each_batch_stands_at_its_start(void **state) {
  struct made *made = *state;
  struct buf data = {0};
  measured(&made->results);
  HAS(made_report(made, LANG_EN), "plots/course.png");
  HAS(buf_text(&made->out), "Throughput of 3 batches over");
  const struct plot *plot = plot_find(&made->plots, "course");
  assert_string_equal(plot->x_label, "Time since the run started (min)");
  assert_int_equal(plot_data(plot, &data), STATUS_OK);
  HAS(buf_text(&data), "\n1 1.02 ");
  HAS(buf_text(&data), "\n20 0.5 ");
  HAS(buf_text(&data), "\n15 0.3 "); // the cold one, hollow
  HAS(buf_text(&data), "\n22 0.3 "); // the failed one, below all others
  assert_true(plot->marks->from == 15 && !plot->marks->next);
  HAS(buf_text(&made->out), "after a server restart");
  buf_free(&data);
}

static void test_restarts_of_several_runs_are_not_drawn(void **state) {
  struct made *made = *state;
  measured(&made->results);
  made->results.course[4].run = 1;
  LACKS(made_report(made, LANG_RU), "после перезапуска");
  assert_null(plot_find(&made->plots, "course")->marks);
}

static void test_nothing_is_drawn_of_cells_measured_once(void **state) {
  struct made *made = *state;
  measured(&made->results);
  for (size_t i = 0; i < 5; i++)
    made->results.course[i].ratio = NAN;
  LACKS(made_report(made, LANG_EN), "plots/course.png");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      MADE(test_each_batch_stands_at_its_start),
      MADE(test_restarts_of_several_runs_are_not_drawn),
      MADE(test_nothing_is_drawn_of_cells_measured_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
