// SPDX-License-Identifier: GPL-3.0-or-later
//
// The batches in the order of time, and what each is compared with.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analyze/input/load_reader.h"
#include "analyze/judge/course.h"

static void add(struct load_data *data, int64_t workers, double start_s, double rate, size_t session) {
  size_t index;
  struct load_replicate *one;
  assert_int_equal(load_cell_of(data, workers, 8, &index), STATUS_OK);
  assert_int_equal(load_replicate_add(&data->cells[index], &one), STATUS_OK);
  *one = (struct load_replicate){.start_s = start_s, .total_s = 1, .tokens_per_s = rate, .session = session};
}

static void test_ratios_are_to_the_mean_of_the_cell_and_stand_in_time(void **state) {
  (void)state;
  struct load_data data = LOAD_DATA;
  struct results results = {0};
  struct run_facts *facts;
  struct error error;
  struct load_session sessions[] = {{.managed = true}, {.managed = false}};
  assert_int_equal(load_facts_add(&data, "made", "run", &facts), STATUS_OK);
  facts->start_unix_s = 1000;
  add(&data, 1, 1030, 400, 1);
  add(&data, 1, 1010, 100, 0);
  add(&data, 2, 1020, 300, 0); // alone in its cell
  add(&data, 2, 1040, 0, 0);   // failed
  add(&data, 2, NAN, 100, 0);  // of a table
  data.cells[1].replicates[2].cold = true;
  assert_int_equal(load_invalid_add(&data.cells[0], (struct load_invalid){.start_s = 1050}), STATUS_OK);
  data.sessions = sessions;
  data.session_count = 2;
  assert_int_equal(course_build(&data, &results, &error), STATUS_OK);
  const struct course_batch *course = results.course;
  assert_int_equal(results.course_count, 5);
  assert_true(course[0].at_s == 10 && fabs(course[0].ratio - 0.5) < 1e-12 && course[0].server_life == 1);
  assert_true(course[1].at_s == 20 && isnan(course[1].ratio) && !course[1].failed);
  assert_true(course[2].at_s == 30 && fabs(course[2].ratio - 2) < 1e-12 && course[2].server_life == 0);
  assert_true(course[3].at_s == 40 && course[3].failed && isnan(course[3].ratio));
  assert_true(course[4].at_s == 50 && course[4].left_out && isnan(course[4].ratio));
  data.sessions = NULL;
  data.session_count = 0;
  results_free(&results);
  load_free(&data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ratios_are_to_the_mean_of_the_cell_and_stand_in_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
