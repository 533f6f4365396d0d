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

#include "analyze/results/summary_spend.h"

static void object_is(const void *at, const struct member *members, const char *expected) {
  struct buf out = {0};
  struct json_writer writer = JSON_WRITER(&out);
  struct results results = {0};
  value_write(&writer, &results, (struct value){.kind = VALUE_OBJECT, .at = at, .members = members});
  assert_string_equal(buf_text(&out), expected);
  buf_free(&out);
}

static void test_components_have_their_seconds_and_what_to_do(void **state) {
  (void)state;
  struct spend spend = {.groups = SPEND_RESTARTS,
                        .group = {0.02, 0.01, NAN},
                        .batch = {0.01, 0.005, 0.02},
                        .requests = {NAN, NAN, NAN},
                        .group_s = 30,
                        .batch_s = 12.5,
                        .on = SPEND_ON_GROUPS,
                        .times = 1};
  object_is(&spend, summary_spend_members,
            "{\"groups\":\"restarts\",\"group\":{\"estimate\":0.02,\"lo\":0.01,\"hi\":null},"
            "\"batch\":{\"estimate\":0.01,\"lo\":0.005,\"hi\":0.02},\"requests\":null,\"group_s\":30,"
            "\"batch_s\":12.5,\"spend_on\":\"groups\",\"times\":1}");
}

static void test_percentiles_that_need_more_time_have_it(void **state) {
  (void)state;
  struct load load = {.needs_s = {{0, 40, 600}, {0, 0, 90.5}}};
  object_is(&load, summary_needs_members,
            "{\"ttft_s\":{\"p50\":null,\"p95\":40,\"p99\":600},"
            "\"latency_s\":{\"p50\":null,\"p95\":null,\"p99\":90.5},"
            "\"tpot_s\":{\"p50\":null,\"p95\":null,\"p99\":null}}");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_components_have_their_seconds_and_what_to_do),
                                     cmocka_unit_test(test_percentiles_that_need_more_time_have_it)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
