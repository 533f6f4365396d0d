// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/plan/random.h"
#include "replay/record/audit.h"

#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)

struct scene {
  const char *name;
  int64_t lag_ns, latency_ns; // of all requests
  int64_t late_requests;      // of 1000, by 50 ms
  int64_t stall_ns;
  int64_t cpu_ns; // of 1 s
  bool valid;
  const char *reason;
};

static void test_the_client_is_judged_by_lag_stall_and_cpu(void **state) {
  (void)state;
  static const struct scene scenes[] = {
      {"healthy", MS / 10, 500 * MS, 0, 1 * MS, SECOND / 10, true, ""},
      {"lag of 4.9 ms is allowed", 49 * MS / 10, 100 * MS, 0, 0, 0, true, ""},
      {"lag of 6 ms is not", 6 * MS, 100 * MS, 0, 0, 0, false, "lag p99"},
      {"6 ms is under 1 % of 1 s", 6 * MS, 1000 * MS, 0, 0, 0, true, ""},
      {"1 in 1000 late leaves p99 alone", 0, 100 * MS, 1, 0, 0, true, ""},
      {"2 in 100 late do not", 0, 100 * MS, 20, 0, 0, false, "lag p99"},
      {"stall of 19 ms is under 2 % of the batch's second", 0, 100 * MS, 0, 19 * MS, 0, true, ""},
      {"stall of 21 ms is not", 0, 100 * MS, 0, 21 * MS, 0, false, "stall 21 ms, allowed 20 ms"},
      {"all failed: the server's fault, not the client's", 6 * MS, -1, 0, 60 * MS, 0, true, ""},
      {"nearly a core", 0, 100 * MS, 0, 0, 95 * SECOND / 100, false, "0.95 cores"},
      {"most of a core", 0, 100 * MS, 0, 0, 85 * SECOND / 100, true, ""},
  };
  struct audit audit = {0};
  assert_int_equal(audit_open(&audit, NULL), STATUS_OK);
  for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
    const struct scene *scene = &scenes[i];
    struct audit_verdict verdict;
    audit_start(&audit, 5 * SECOND);
    for (int64_t n = 0; n < 1000; n++)
      audit_request(&audit, n < scene->late_requests ? 50 * MS : scene->lag_ns, scene->latency_ns);
    audit_finish(&audit, 6 * SECOND, scene->cpu_ns, scene->stall_ns, &verdict);
    if (verdict.valid != scene->valid) fail_msg("%s: valid is %d", scene->name, verdict.valid);
    assert_true(scene->valid == (verdict.reason.kind == RUN_REASON_NONE));
    char reason[AUDIT_REASON_BYTES] = "";
    if (!verdict.valid) audit_print_reason(&verdict, reason);
    assert_non_null(strstr(reason, scene->reason));
    assert_true(verdict.cpu == (double)scene->cpu_ns / (double)SECOND);
    assert_int_equal(verdict.stall_max_ns, scene->stall_ns);
  }
  audit_close(&audit);
}

// 990 punctual requests on one thread and 20 late ones on another: 2 % of all are late.
static void test_what_two_threads_saw_is_judged_as_one(void **state) {
  (void)state;
  struct audit audits[2] = {{0}}, all = {0};
  struct audit_verdict verdict;
  assert_int_equal(audit_open(&all, NULL), STATUS_OK);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(audit_open(&audits[i], NULL), STATUS_OK);
    audit_start(&audits[i], 5 * SECOND);
  }
  for (int n = 0; n < 990; n++)
    audit_request(&audits[0], MS / 10, 100 * MS);
  for (int n = 0; n < 20; n++)
    audit_request(&audits[1], 50 * MS, 100 * MS);
  audit_finish(&audits[0], 6 * SECOND, 0, 0, &verdict);
  assert_true(verdict.valid);
  audit_start(&all, 5 * SECOND);
  audit_merge(&all, &audits[0]);
  audit_merge(&all, &audits[1]);
  audit_finish(&all, 6 * SECOND, 0, 0, &verdict);
  assert_false(verdict.valid);
  assert_int_equal(verdict.lag_max_ns, 50 * MS);
  assert_in_range(verdict.lag_p50_ns, 99 * MS / 1000, 101 * MS / 1000);
  assert_int_equal(all.latency->count, 1010);
  audit_close(&audits[0]);
  audit_close(&audits[1]);
  audit_close(&all);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_client_is_judged_by_lag_stall_and_cpu),
      cmocka_unit_test(test_what_two_threads_saw_is_judged_as_one),
  };
  return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
