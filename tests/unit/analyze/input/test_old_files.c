// SPDX-License-Identifier: GPL-3.0-or-later
//
// The same run, as earlier versions of replay wrote it and as this one does.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <string.h>

#include "analyze/input/load.h"
#include "tests/unit/analyze/scenario.h"

static struct load_data read_file(const char *path) {
  struct load_data data = {0};
  struct error error = {0};
  if (load_file(&data, path, &error) || load_finish(&data, &error)) fail_msg("%s", error.text);
  return data;
}

static void test_both_forms_of_a_run_are_the_same_data(void **state) {
  (void)state;
  struct load_data forms[2] = {read_file("tests/data/run/old.run.jsonl"),
                               read_file("tests/data/run/new.run.jsonl")};
  for (int i = 0; i < 2; i++) {
    const struct load_data *data = &forms[i];
    assert_int_equal(data->client_reason.kind, RUN_REASON_LAG);
    scenario_near("lag", data->client_reason.seen, 0.0061, 1e-12);
    scenario_near("allowed", data->client_reason.allowed, 0.005, 1e-12);
    assert_int_equal(data->fact_count, 2);
    assert_int_equal(data->facts[0].max_tokens, 1000);
    assert_int_equal(data->facts[1].max_tokens, 1000);
    assert_int_equal(data->cell_count, 1);
    assert_int_equal(data->cells[0].count, 3);
    assert_int_equal(data->cells[0].invalid_count, 3);
    assert_int_equal(data->open_count, 1);
    load_free(&forms[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_both_forms_of_a_run_are_the_same_data)};
  return cmocka_run_group_tests_name("old files", tests, NULL, NULL);
}
