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

#include "analyze/results/summary.h"
#include "lib/json/json_scan.h"
#include "tests/unit/analyze/scenario.h"

#define HEADER "workers,batch,total_s,tokens,requests,failed\n"

static const char *const texts[] = {
    HEADER "1,1,1,100,1,0\n",                                                           // one cell
    HEADER "1,1,1,0,1,1\n",                                                             // all failed
    HEADER "1,1,1,100,1,0\n1,1,1,101,1,0\n2,2,1,150,2,0\n2,2,1,160,2,0\n4,4,1,0,4,4\n", // some of each
    SCENARIO_HEADER("1",
                    ",\"timing\":\"rate\"") "{\"type\":\"batch\",\"session\":0,\"workers\":null,\"batch\":"
                                            "null,\"rep\":0,\"start_s\":0,\"total_s\":10,"
                                            "\"requests\":50,\"failed\":50,\"output_tokens\":0,\"timing\":"
                                            "\"rate\"}\n" SCENARIO_END, // nothing but a failure
};

// The summary in `out`.
static struct json_slice summary_of(struct scenario *s, const char *text, struct buf *out) {
  struct error error = {0};
  struct json_slice json;
  scenario_run(s, text);
  assert_int_equal(summary_json(&s->results, out), STATUS_OK);
  if (json_scan_text(out->data, out->len, &json, &error))
    fail_msg("%s: %.*s", error.text, (int)out->len, out->data);
  return json;
}

static void test_json_is_valid_and_has_every_key_whatever_was_measured(void **state) {
  static const char *const keys[] = {"version", "confidence", "cells",      "workers",    "best",    "curve",
                                     "cliffs",  "loads",      "comparison", "assertions", "warnings"};
  (void)state;
  for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
    struct scenario s;
    struct buf out = {0};
    struct json_slice json = summary_of(&s, texts[t], &out);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
      if (json_scan_kind(json_scan_get(json, keys[i])) == JSON_NONE)
        fail_msg("text %zu: no key %s", t, keys[i]);
    }
    buf_free(&out);
    scenario_free(&s);
  }
}

static void test_a_cell_has_every_key_of_the_format(void **state) {
  static const char *const keys[] = {"workers",      "batch",       "reps",   "total_s", "mean_s",
                                     "tokens",       "failed",      "ttft_s", "tpot_s",  "itl_s",
                                     "tokens_per_s", "latency_s",   "flags",  "goodput", "errors",
                                     "in_best_set",  "input_tokens"};
  struct scenario s;
  struct buf out = {0};
  (void)state;
  struct json_slice json = summary_of(&s, texts[2], &out);
  struct json_slice cell = json_scan_at(json_scan_get(json, "cells"), 0);
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    if (json_scan_kind(json_scan_get(cell, keys[i])) == JSON_NONE) fail_msg("no key %s", keys[i]);
  }
  assert_true(json_slice_is(json_scan_get(cell, "reps"), "2"));
  buf_free(&out);
  scenario_free(&s);
}

static void test_a_failed_cell_has_estimate_0_and_no_ends(void **state) {
  struct scenario s;
  struct buf out = {0};
  (void)state;
  struct json_slice json = summary_of(&s, texts[1], &out);
  struct json_slice cell = json_scan_at(json_scan_get(json, "cells"), 0);
  struct json_slice throughput = json_scan_get(cell, "tokens_per_s");
  assert_true(json_slice_is(json_scan_get(throughput, "estimate"), "0"));
  assert_int_equal(json_scan_kind(json_scan_get(throughput, "lo")), JSON_NULL);
  assert_int_equal(json_scan_kind(json_scan_get(throughput, "hi")), JSON_NULL);
  assert_int_equal(json_scan_kind(json_scan_get(json, "best")), JSON_NULL);
  assert_int_equal(json_scan_kind(json_scan_get(json, "curve")), JSON_NULL);
  buf_free(&out);
  scenario_free(&s);
}

static void test_cells_csv_read_again_gives_the_same_cells(void **state) {
  struct scenario first, again;
  struct buf csv = {0};
  (void)state;
  scenario_run(&first, HEADER "1,1,1.25,100,1,0\n2,4,3.7,1234,8,0\n2,8,1,0,8,8\n24,48,20.977,8121,48,1\n");
  assert_int_equal(summary_csv(&first.results, &csv), STATUS_OK);
  assert_null(strstr(buf_text(&csv), "nan"));
  scenario_run(&again, buf_text(&csv));
  assert_int_equal(again.results.cell_count, first.results.cell_count);
  for (size_t i = 0; i < first.results.cell_count; i++) {
    const struct cell *a = &first.results.cells[i], *b = &again.results.cells[i];
    assert_int_equal(a->workers, b->workers);
    assert_int_equal(a->batch, b->batch);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->requests, b->requests);
    scenario_near("tokens/s", b->tokens_per_s.estimate, a->tokens_per_s.estimate, 0);
    scenario_near("total_s", b->total_s, a->total_s, 0);
  }
  scenario_free(&first);
  scenario_free(&again);
  buf_free(&csv);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_json_is_valid_and_has_every_key_whatever_was_measured),
      cmocka_unit_test(test_a_cell_has_every_key_of_the_format),
      cmocka_unit_test(test_a_failed_cell_has_estimate_0_and_no_ends),
      cmocka_unit_test(test_cells_csv_read_again_gives_the_same_cells),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
