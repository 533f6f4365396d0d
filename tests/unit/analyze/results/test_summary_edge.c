// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
// clang-format on

#include "analyze/results/summary_edge.h"
#include "tests/unit/analyze/scenario.h"

static struct load loads[] = {{.rate = 10}, {.rate = 20}};
static struct workers_row rows[] = {{.workers = 4}, {.workers = 8}};

static void edge_is(struct results *results, const char *expected) {
  struct buf out = {0};
  struct json_writer writer = JSON_WRITER(&out);
  value_write(
      &writer, results,
      (struct value){.kind = VALUE_OBJECT, .at = &results->slo_edge, .members = summary_edge_members});
  assert_string_equal(buf_text(&out), expected);
  buf_free(&out);
}

static void test_the_edge_has_its_unit_bounds_and_limit(void **state) {
  (void)state;
  struct results results = {.loads = loads,
                            .load_count = 2,
                            .workers = rows,
                            .workers_count = 2,
                            .limits = {{RESULTS_TTFT, 95, 0.5}},
                            .limit_count = 1,
                            .slo_edge = {.exists = true,
                                         .passes = 0,
                                         .fails = 1,
                                         .at = 12.5,
                                         .crossing = {12.5, 11, 13},
                                         .goodput_at = 10,
                                         .goodput = {9.5, 9, 10}}};
  edge_is(
      &results,
      "{\"unit\":\"requests/s\",\"passes\":10,\"fails\":20,\"estimate\":12.5,"
      "\"crossing\":{\"estimate\":12.5,\"lo\":11,\"hi\":13},\"binds\":\"ttft_p95\","
      "\"monotone\":true,\"goodput\":{\"at\":10,\"requests_per_s\":{\"estimate\":9.5,\"lo\":9,\"hi\":10}}}");
  results.load_count = 0; // a closed loop
  results.slo_edge = (struct slo_edge){.exists = true,
                                       .passes = 1,
                                       .fails = SIZE_MAX,
                                       .at = NAN,
                                       .crossing = {NAN, NAN, NAN},
                                       .limit = SIZE_MAX,
                                       .uneven = true,
                                       .goodput_at = NAN};
  edge_is(&results, "{\"unit\":\"workers\",\"passes\":8,\"fails\":null,\"estimate\":null,"
                    "\"crossing\":{\"estimate\":null,\"lo\":null,\"hi\":null},\"binds\":null,"
                    "\"monotone\":false,\"goodput\":null}");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_edge_has_its_unit_bounds_and_limit)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
